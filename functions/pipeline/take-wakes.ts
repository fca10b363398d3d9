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
  transactGroups,
  untilSettled,
  writeMember,
  writeObject,
  type Place,
} from './object-rows.ts';
import type { Pipeline } from './pipeline.ts';

/** Four rows a target at most, and three for the referrer, stay below the hundred of a transaction. */
const wakesAtOnce = 24;
/** Referrers whose rows are read and written together: mostly one target each. */
const referrersAtOnce = 16;

/** An index row of kind `woken`: its id is referrer, attribute and target. */
export interface WokenRow {
  readonly id: string;
  readonly rank: string;
  readonly rowKey: string;
}

/** Marks the referrers of targets that have been linked, each once for all of its targets; several in one go. */
export async function takeWakes(pipeline: Pipeline, place: Place, rows: readonly WokenRow[]): Promise<void> {
  const byReferrer = [...Map.groupBy(rows, ({ id }) => id.split('|')[0] ?? '')].map(([referrer, some]) =>
    inSlices(some, wakesAtOnce).map((slice) => wokenOf(referrer, slice)),
  );
  // Slices of one referrer write its row one after another.
  const rounds = Math.max(0, ...byReferrer.map((slices) => slices.length));
  for (let round = 0; round < rounds; round += 1) {
    const woken = byReferrer.flatMap((slices) => slices[round] ?? []);
    for (const some of inSlices(woken, referrersAtOnce))
      await untilSettled(() => wakeSome(pipeline, place, some), pipeline);
  }
}

interface Woken {
  readonly referrer: string;
  readonly rows: readonly WokenRow[];
  readonly members: readonly string[];
  /** By something else than a member. */
  readonly isOtherwise: boolean;
}

function wokenOf(referrer: string, rows: readonly WokenRow[]): Woken {
  const wakes = rows.map((row) => {
    const [, attribute = '', target = ''] = row.id.split('|');
    return { attribute, target };
  });
  const members = wakes.flatMap((one) => (one.attribute === 'member' ? [one.target] : []));
  const isOtherwise = wakes.some((one) => one.attribute !== 'member');
  return { referrer, rows, members: [...new Set(members)], isOtherwise };
}

async function wakeSome(pipeline: Pipeline, place: Place, woken: readonly Woken[]): Promise<void> {
  const found = await pipeline.tables.getMany(
    'Objects',
    partitionKeyOf(place),
    woken.flatMap(({ referrer, members }) => [
      objectRowKey(referrer),
      ...members.map((member) => memberRowKey(referrer, member)),
    ]),
  );
  const now = pipeline.clock.now();
  const groups = woken.map(({ referrer, rows, members, isOtherwise }) => {
    const done = rows.map(({ rowKey }): RowWrite => ({ kind: 'delete', rowKey }));
    const loaded = readRow<ObjectRecord>(found.get(objectRowKey(referrer)));
    const ready = members.flatMap((member) =>
      readyWrites(referrer, member, found.get(memberRowKey(referrer, member)), now),
    );
    if (loaded === null || (!isOtherwise && ready.length === 0)) return done;
    const marked = markDirty(loaded.value, rankFor(rows, loaded.value), now, now);
    return [...done, ...ready, writeObject(marked.record, loaded.etag), ...marked.writes];
  });
  await transactGroups(pipeline, place, groups);
}

function inSlices<T>(items: readonly T[], size: number): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}

/**
 * A value that is ready already has its index row, and its group is marked; a removal that is held waits for a person.
 */
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
