import { settleMs } from '../../shared/model/link.ts';
import { partitionOf } from '../../shared/model/partition.ts';
import type { RowWrite } from '../../shared/ports/table-store.ts';
import { indexRowKey, objectsPartition } from '../../shared/state/keys.ts';
import { nameWaiterRange, parseNameWaiter, type SourceId } from '../../shared/state/name-claim.ts';
import { ifUnchanged, partitionKeyOf, type Place } from './object-rows.ts';
import type { Pipeline } from './pipeline.ts';
import { ensureWork } from './work.ts';

/** Only one of them gets the name; the others have been looked at after their pause anyway. */
const waitersMax = 100;

/** An object that gave up names, with the index row that stands for what it owes to who waits for them. */
export interface FreedNames {
  readonly holder: string;
  readonly rank: string;
  readonly rowKey: string;
}

/** Tells those who wait for names of objects of one partition that these were freed, then forgets that this was owed. */
export async function wakeNameWaiters(
  pipeline: Pipeline,
  place: Place,
  freed: readonly FreedNames[],
  by: string,
): Promise<void> {
  for (const one of freed) {
    const partitionKey = partitionKeyOf(place);
    const range = { ...nameWaiterRange(one.holder), limit: waitersMax, keysOnly: true };
    const rows = await pipeline.tables.range('References', partitionKey, range);
    const waiters = rows.map(({ rowKey }) => parseNameWaiter(rowKey));
    await wakeWaiters(pipeline, waiters, { of: one.holder, rank: one.rank, by });
    // Whoever has written itself down again meanwhile waits for what the object holds now.
    const forget = rows.map(({ rowKey, etag }): RowWrite => ({ kind: 'delete', rowKey, etag }));
    if (forget.length > 0)
      await ifUnchanged(() => pipeline.tables.transact('References', partitionKey, forget));
  }
  if (freed.length > 0)
    await pipeline.tables.transact(
      'Objects',
      partitionKeyOf(place),
      freed.map(({ rowKey }): RowWrite => ({ kind: 'delete', rowKey })),
    );
}

/** `of`: the object whose names they want; two wakes of one waiter stay apart by it. */
export async function wakeWaiters(
  pipeline: Pipeline,
  waiters: readonly SourceId[],
  { of, rank, by }: { readonly of: string; readonly rank: string; readonly by: string | null },
): Promise<void> {
  const places = Map.groupBy(waiters, ({ connector, key }) =>
    objectsPartition(connector, partitionOf(connector, key)),
  );
  // Graph may take a moment until it lets another have what was given up.
  const due = pipeline.clock.now() + settleMs;
  await Promise.all(
    [...places].map(async ([partitionKey, some]) => {
      const [{ connector, key } = { connector: '', key: '' }] = some;
      const rows = some.map((one): RowWrite => {
        const id = `${one.key}|name|${of}`;
        return { kind: 'upsert', rowKey: indexRowKey({ rank, due, kind: 'woken', id }), content: {} };
      });
      await pipeline.tables.transact('Objects', partitionKey, rows);
      const place = { connector, partition: partitionOf(connector, key) };
      await ensureWork(pipeline, place, { at: due, rank, by });
    }),
  );
}
