import { settleMs } from '../../shared/model/link.ts';
import { partitionOf } from '../../shared/model/partition.ts';
import type { RowWrite } from '../../shared/ports/table-store.ts';
import { indexRowKey, priorityOf, referenceRange } from '../../shared/state/keys.ts';
import { eachPage } from './each-page.ts';
import { gather } from './gather.ts';
import { inChunks, partitionKeyOf, type Place } from './object-rows.ts';
import type { Pipeline } from './pipeline.ts';
import { ensureWork } from './work.ts';

const targetsAtOnce = 8;
const referencesAtOnce = 200;
const rowsMax = 100;
/** In an import, wake-ups of one second come due together, so that a group is looked at once for all of them. */
const bulkStepMs = 1_000;

/** A target that was linked, with the index row that stands for the wake-up. */
export interface OwedWake {
  readonly target: string;
  readonly rank: string;
  readonly rowKey: string;
}

interface Wake {
  readonly rowKey: string;
  readonly due: number;
  readonly rank: string;
  readonly by: string;
}

/**
 * Tells everyone who refers to targets of one partition that these have a link now, then forgets that this was owed.
 * Writes one new row a reference, without reading: dozens of members linked at once would take the group's row from each
 * other. The referrer's own partition takes them together, see take-wakes. `by` is the work that does it: when it comes
 * again, works are sent again.
 */
export async function wakeReferrers(
  pipeline: Pipeline,
  place: Place,
  owed: readonly OwedWake[],
  by: string,
): Promise<void> {
  for (let at = 0; at < owed.length; at += targetsAtOnce) {
    const some = owed.slice(at, at + targetsAtOnce);
    await Promise.all(some.map((one) => wakeAll(pipeline, place, one, by)));
    await pipeline.tables.transact(
      'Objects',
      partitionKeyOf(place),
      some.map(({ rowKey }): RowWrite => ({ kind: 'delete', rowKey })),
    );
  }
}

/** Page by page: a manager may have thousands of reports. */
async function wakeAll(pipeline: Pipeline, place: Place, owed: OwedWake, by: string): Promise<void> {
  const range = {
    table: 'References',
    ...referenceRange(owed.target),
    limit: referencesAtOnce,
    keysOnly: true,
  } as const;
  await eachPage(pipeline, place, range, async (rows) => {
    const due = dueOf(pipeline.clock.now(), owed.rank);
    const references = rows.map(({ rowKey }) => {
      const [, referrer = '', attribute = ''] = rowKey.split('|');
      const id = `${referrer}|${attribute}|${owed.target}`;
      const wake = {
        rowKey: indexRowKey({ rank: owed.rank, due, kind: 'woken', id }),
        due,
        rank: owed.rank,
        by,
      };
      return { partition: partitionOf(place.connector, referrer), wake };
    });
    await Promise.all(
      [...Map.groupBy(references, ({ partition }) => partition)].map(async ([partition, some]) => {
        const there = { connector: place.connector, partition };
        const wakes = some.map(({ wake }) => wake);
        await gather<Wake>(pipeline.tables, `wakes ${partitionKeyOf(there)}`, wakes, (all) =>
          putWakes(pipeline, there, all),
        );
      }),
    );
  });
}

/** What was linked just now may be referred to when Graph's replicas know it; in an import others join it until then. */
function dueOf(now: number, rank: string): number {
  const due = now + settleMs;
  return priorityOf(rank) === 'bulk' ? Math.ceil(due / bulkStepMs) * bulkStepMs : due;
}

async function putWakes(pipeline: Pipeline, place: Place, wakes: readonly Wake[]): Promise<void> {
  const rows = [...new Set(wakes.map(({ rowKey }) => rowKey))].map((rowKey): RowWrite[] => [
    { kind: 'upsert', rowKey, content: {} },
  ]);
  for (const chunk of inChunks(rows, rowsMax))
    await pipeline.tables.transact('Objects', partitionKeyOf(place), chunk);
  const at = Math.min(...wakes.map(({ due }) => due));
  const rank = wakes.map((one) => one.rank).sort()[0] ?? '1';
  const names = [...new Set(wakes.map(({ by }) => by))];
  // Looked for after the rows are there: a turn that ends meanwhile finds them, or this finds that it has ended.
  await ensureWork(pipeline, place, { at, rank, by: names[0] ?? null }, names);
}
