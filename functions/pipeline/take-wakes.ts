import type { RowWrite } from '../../shared/ports/table-store.ts';
import {
  isHeldState,
  memberRowKey,
  objectRowKey,
  pendingRowKey,
  priorityOf,
  rankOf,
} from '../../shared/state/keys.ts';
import type { MemberRecord, ObjectRecord } from '../../shared/state/object-record.ts';
import { markDirty } from './index-plan.ts';
import {
  partitionKeyOf,
  readRow,
  untilSettled,
  writeMember,
  writeObject,
  type Place,
} from './object-rows.ts';
import type { Pipeline } from './pipeline.ts';

/** Four rows each, and three for the referrer, stay below the hundred of a transaction. */
const wakesAtOnce = 24;

/** An index row of kind `woken`: its id is referrer, attribute and target. */
export interface WokenRow {
  readonly id: string;
  readonly rank: string;
  readonly rowKey: string;
}

/** Marks the referrers of targets that have been linked, each once for all of its targets. */
export async function takeWakes(pipeline: Pipeline, place: Place, rows: readonly WokenRow[]): Promise<void> {
  const byReferrer = Map.groupBy(rows, ({ id }) => id.split('|')[0] ?? '');
  await Promise.all(
    [...byReferrer].map(async ([referrer, some]) => {
      for (let at = 0; at < some.length; at += wakesAtOnce)
        await wakeReferrer(pipeline, place, referrer, some.slice(at, at + wakesAtOnce));
    }),
  );
}

async function wakeReferrer(
  pipeline: Pipeline,
  place: Place,
  referrer: string,
  rows: readonly WokenRow[],
): Promise<void> {
  const wakes = rows.map((row) => {
    const [, attribute = '', target = ''] = row.id.split('|');
    return { attribute, target };
  });
  const members = [...new Set(wakes.flatMap((one) => (one.attribute === 'member' ? [one.target] : [])))];
  const isOtherwise = wakes.some((one) => one.attribute !== 'member');
  const done = rows.map(({ rowKey }): RowWrite => ({ kind: 'delete', rowKey }));
  await untilSettled(async () => {
    const found = await pipeline.tables.getMany('Objects', partitionKeyOf(place), [
      objectRowKey(referrer),
      ...members.map((member) => memberRowKey(referrer, member)),
    ]);
    const loaded = readRow<ObjectRecord>(found.get(objectRowKey(referrer)));
    const now = pipeline.clock.now();
    const ready = members.flatMap((member) =>
      readyWrites(referrer, member, found.get(memberRowKey(referrer, member)), now),
    );
    const isNews = loaded !== null && (isOtherwise || ready.length > 0);
    const marked = isNews ? markDirty(loaded.value, rankFor(rows, loaded.value), now, now) : null;
    await pipeline.tables.transact('Objects', partitionKeyOf(place), [
      ...done,
      ...(marked === null || loaded === null
        ? []
        : [...ready, writeObject(marked.record, loaded.etag), ...marked.writes]),
    ]);
  }, pipeline);
}

/** A value that is ready already has its index row, and its group is marked; a removal that is held waits for a person. */
function readyWrites(
  group: string,
  member: string,
  row: Parameters<typeof readRow<MemberRecord>>[0],
  now: number,
): RowWrite[] {
  const loaded = readRow<MemberRecord>(row);
  if (loaded === null || loaded.value.pending === 'ready' || isHeldState(loaded.value.pending)) return [];
  const writes: RowWrite[] = [
    writeMember(group, member, { ...loaded.value, pending: 'ready' }, loaded.etag),
    { kind: 'upsert', rowKey: pendingRowKey(group, 'ready', member), content: { data: { since: now } } },
  ];
  if (loaded.value.pending === 'waiting')
    writes.push({ kind: 'delete', rowKey: pendingRowKey(group, 'waiting', member) });
  return writes;
}

/** As urgent as its most urgent target; in an import users still go before the groups they are in. */
function rankFor(rows: readonly WokenRow[], { staged }: ObjectRecord): string {
  const first = rows.map(({ rank }) => rank).sort()[0] ?? '1';
  return priorityOf(first) === 'bulk' ? rankOf('bulk', staged.class?.name ?? null) : first;
}
