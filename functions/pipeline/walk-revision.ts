import { awaitsContainers, isSameOutcome } from '../../shared/plan/same-outcome.ts';
import { objectRange } from '../../shared/state/keys.ts';
import type { ObjectRecord, WorkRecord } from '../../shared/state/object-record.ts';
import type { Row, RowWrite } from '../../shared/ports/table-store.ts';
import { rankOf } from '../../shared/state/keys.ts';
import { markDirty } from './index-plan.ts';
import { bindingPlan, bindTo } from './limit-operations.ts';
import {
  ifUnchanged,
  partitionKeyOf,
  unlessTooLarge,
  untilSettled,
  writeObject,
  type Loaded,
  type Place,
} from './object-rows.ts';
import type { Pipeline } from './pipeline.ts';
import type { RulesInForce } from './rules-source.ts';
import { loadWork, renameWork, repeatedWork, writeWork } from './work.ts';

/** Objects that are marked in one transaction, with their old and new index rows. */
const objectsAtOnce = 30;
/** Objects that are looked at in one step. */
const looksAtOnce = 500;

/**
 * One step of the walk over a partition after new rules or another mode: marks what was evaluated under others and is not
 * the same under these, then remembers how far it came. Returns false when the partition is up to date. What stays the
 * same is not written, so its row goes on naming the revision it was planned with.
 */
export async function walkStep(
  pipeline: Pipeline,
  place: Place,
  work: Loaded<WorkRecord>,
  inForce: RulesInForce | null,
): Promise<boolean> {
  const { value } = work;
  const generation = inForce?.generation ?? 0;
  const isModeNew = value.mode !== pipeline.mode;
  if (value.observed >= generation && !isModeNew && value.walk === null) return false;
  const isUnderWay = value.walk?.generation === generation && !isModeNew;
  const after = isUnderWay ? value.walk.after : null;
  const rows = await pipeline.tables.range('Objects', partitionKeyOf(place), {
    ...objectRange(after),
    limit: looksAtOnce,
  });
  const looked = await markTouched(pipeline, place, rows, inForce);
  const last = rows[looked - 1];
  // Somebody folded in between: the rest is read again.
  if (last === undefined && rows.length > 0) return true;
  const isEnd = looked === rows.length && rows.length < looksAtOnce;
  const next: WorkRecord = {
    ...value,
    walk: isEnd || last === undefined ? null : { generation, after: last.rowKey.slice(2) },
    generation: Math.max(value.generation, generation),
    observed: isEnd ? generation : value.observed,
    mode: pipeline.mode,
  };
  // A conflict means that a turn was named meanwhile: the same step is simply taken again.
  await ifUnchanged(() =>
    pipeline.tables.transact('Objects', partitionKeyOf(place), [writeWork(next, work.etag)]),
  );
  return true;
}

/** Marks those that have to be planned anew. @returns how many rows, from the first, need no further look. */
async function markTouched(
  pipeline: Pipeline,
  place: Place,
  rows: readonly Row[],
  inForce: RulesInForce | null,
): Promise<number> {
  let looked = 0;
  let max = objectsAtOnce;
  while (looked < rows.length) {
    const marks = await nextMarks(pipeline, place, rows.slice(looked), { inForce, max });
    if (marks.count > 0) {
      const isWritten = await unlessTooLarge(marks.count === 1, () =>
        ifUnchanged(() => pipeline.tables.transact('Objects', partitionKeyOf(place), marks.writes)),
      );
      if (isWritten === false) return looked;
      if (isWritten === null) {
        max = Math.ceil(marks.count / 2);
        continue;
      }
    }
    looked += marks.looked;
  }
  return looked;
}

/** At most so many marks, and how many rows were looked at for them. */
async function nextMarks(
  pipeline: Pipeline,
  place: Place,
  rows: readonly Row[],
  { inForce, max }: { readonly inForce: RulesInForce | null; readonly max: number },
): Promise<{ readonly writes: readonly RowWrite[]; readonly count: number; readonly looked: number }> {
  const now = pipeline.clock.now();
  const writes: RowWrite[] = [];
  let count = 0;
  let looked = 0;
  for (const row of rows) {
    if (count >= max) break;
    looked += 1;
    const record = row.data as ObjectRecord;
    if (!(await isTouched(pipeline, place, record, inForce))) continue;
    const bound = bindTo(record, bindingPlan(inForce, pipeline.mode));
    const marked = markDirty(bound, rankOf('bulk', record.staged.class?.name ?? null), now, now);
    // One that is being written right now keeps its index row, but has to be looked at again.
    const isNews =
      marked.writes.length > 0 ||
      marked.record.isDirty !== record.isDirty ||
      bound.limitedBy?.plan !== record.limitedBy?.plan;
    if (!isNews) continue;
    count += 1;
    writes.push(writeObject(marked.record, row.etag), ...marked.writes);
  }
  return { writes, count, looked };
}

/** Whether the object may come to something else under these rules or in this mode. */
async function isTouched(
  { rules, clock, mode }: Pipeline,
  { connector }: Place,
  record: ObjectRecord,
  inForce: RulesInForce | null,
): Promise<boolean> {
  if (record.parked === 'mode') return true;
  if (record.limitedBy !== undefined && record.limitedBy.plan !== bindingPlan(inForce, mode)?.id) return true;
  if (inForce === null || (record.revision ?? 0) >= inForce.revision) return false;
  if (record.revision === null || !isAllDone(record)) return true;
  if (awaitsContainers(inForce, connector, record)) return false;
  const before = await rules.earlier(record.revision);
  return before === null || !isSameOutcome(before, inForce, { connector, now: clock.now() }, record);
}

/** Whether the walk under way has yet to come to the object, planned as it was with earlier rules. */
export function isUnseen(
  { observed, walk }: WorkRecord,
  inForce: RulesInForce | null,
  record: ObjectRecord,
): boolean {
  if (inForce === null || observed >= inForce.generation) return false;
  const isPassed =
    walk?.generation === inForce.generation && walk.after !== null && record.staged.key <= walk.after;
  return !isPassed && (record.revision ?? 0) < inForce.revision;
}

/** Nothing of it is held, failed, put off or under way, which may hang on more than what the rules make of it. */
function isAllDone(record: ObjectRecord): boolean {
  const { parked, attempt, failure, holds, memberHolds = [], announced, link } = record;
  const isLeaving = link?.leaving != null;
  const isHeld = holds.length > 0 || memberHolds.length > 0;
  const isOpen = parked !== null || attempt !== null || failure !== null || announced !== null;
  return !isOpen && !isHeld && !isLeaving && record.waitsSince === undefined;
}

/**
 * Gives a partition a turn in which it looks again at what it could not evaluate: rules of that generation have come, or
 * containers of scopes are known now. Whoever takes that turn has to know them, whatever its process still remembers.
 * Whoever comes again by the same `by` while its work is outstanding only sends that again.
 */
export async function walkTo(
  pipeline: Pipeline,
  place: Place,
  { generation, by }: { readonly generation: number; readonly by: string },
): Promise<void> {
  const message = await untilSettled(async () => {
    const loaded = await loadWork(pipeline, place);
    const repeated = repeatedWork(pipeline, place, loaded, by);
    if (repeated !== null) return repeated;
    const named = renameWork(pipeline, place, loaded, {
      at: pipeline.clock.now(),
      rank: '2',
      by,
      generation,
    });
    await pipeline.tables.transact('Objects', partitionKeyOf(place), [named.write]);
    return named.message;
  }, pipeline);
  await pipeline.sender.send([message]);
}
