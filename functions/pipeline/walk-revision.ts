import { objectRange } from '../../shared/state/keys.ts';
import type { ObjectRecord, WorkRecord } from '../../shared/state/object-record.ts';
import type { RowWrite } from '../../shared/ports/table-store.ts';
import { rankOf } from '../../shared/state/keys.ts';
import { markDirty } from './index-plan.ts';
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

const objectsAtOnce = 30;

/**
 * One step of the walk over a partition after new rules or another mode: marks what was evaluated under the old ones,
 * then remembers how far it came. Returns false when the partition is up to date.
 */
export async function walkStep(
  pipeline: Pipeline,
  place: Place,
  work: Loaded<WorkRecord>,
  inForce: RulesInForce | null,
  limit = objectsAtOnce,
): Promise<boolean> {
  const { value } = work;
  const revision = inForce?.revision ?? 0;
  const generation = inForce?.generation ?? 0;
  const isModeNew = value.mode !== pipeline.mode;
  if (value.observed >= generation && !isModeNew && value.walk === null) return false;
  const isUnderWay = value.walk?.generation === generation && !isModeNew;
  const after = isUnderWay ? value.walk.after : null;
  const rows = await pipeline.tables.range('Objects', partitionKeyOf(place), {
    ...objectRange(after),
    limit,
  });
  const now = pipeline.clock.now();
  const writes: RowWrite[] = [];
  for (const row of rows) {
    const record = row.data as ObjectRecord;
    const isStale = (record.revision ?? 0) < revision || record.parked === 'mode';
    if (!isStale) continue;
    const marked = markDirty(record, rankOf('bulk', record.staged.class?.name ?? null), now, now);
    // One that is being written right now keeps its index row, but has to be looked at again.
    const isNews = marked.writes.length > 0 || marked.record.isDirty !== record.isDirty;
    if (isNews) writes.push(writeObject(marked.record, row.etag), ...marked.writes);
  }
  const last = rows.at(-1);
  const isEnd = rows.length < limit || last === undefined;
  const walk = isEnd ? null : { generation, after: last.rowKey.slice(2) };
  const next: WorkRecord = {
    ...value,
    walk,
    generation: Math.max(value.generation, generation),
    observed: isEnd ? generation : value.observed,
    mode: pipeline.mode,
  };
  writes.push(writeWork(next, work.etag));
  // A conflict means that somebody folded meanwhile: the same step is simply taken again.
  const written = await unlessTooLarge(limit === 1, () =>
    ifUnchanged(() => pipeline.tables.transact('Objects', partitionKeyOf(place), writes)),
  );
  if (written === null) return walkStep(pipeline, place, work, inForce, Math.ceil(limit / 2));
  return true;
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
