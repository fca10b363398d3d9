import type { Row } from '../../shared/ports/table-store.ts';
import {
  activeRanks,
  parseIndexRowKey,
  priorityOf,
  rankRange,
  type IndexKey,
} from '../../shared/state/keys.ts';
import type { ObjectRecord, WorkRecord } from '../../shared/state/object-record.ts';
import { countImport, countList } from './count-readings.ts';
import type { DueObject } from './guard-plan.ts';
import type { StuckObjects } from './isolated.ts';
import { ifUnchanged, partitionKeyOf, untilSettled, type Loaded, type Place } from './object-rows.ts';
import type { Pipeline } from './pipeline.ts';
import { sendCommand } from './send-command.ts';
import { takeWakes } from './take-wakes.ts';
import { wakeNameWaiters } from './wake-name-waiters.ts';
import { wakeReferrers } from './wake-referrers.ts';
import { isUnseen, walkStep } from './walk-revision.ts';
import { ensureWork, loadWork, renameWork, repeatedWork, workMessage, writeWork } from './work.ts';
import { writeObjects, type Turn } from './write-objects.ts';

/** Objects written in one go: as many as a block of write tokens serves. */
const objectsAtOnce = 20;
/** A turn ends after so long, so that others on the session are folded; the rest is taken in the next turn. */
const sliceMs = 10_000;
/** One of bulk ends sooner: somebody who leaves stands behind it on the session. A batch is mostly all the quota has for it. */
const bulkSliceMs = 1_000;
/** What fails and cannot even be put off is left alone for so long. */
const stuckMs = 60_000;
/** What is due within this time gets a scheduled turn; what is due later is found by the sweep. */
const scheduleMs = 300_000;

export interface DueRow extends IndexKey {
  readonly rowKey: string;
}

/**
 * One turn of a partition: takes what is due by priority until nothing is left or time is up. Only the work that the
 * `w` row names may run; any other is an old copy and ends at once.
 */
export async function runSlice(pipeline: Pipeline, place: Place, workId: string): Promise<void> {
  const startedAt = pipeline.clock.now();
  const stuck: StuckObjects = new Set();
  let known: Loaded<WorkRecord> | null = null;
  for (;;) {
    // Read once a turn, and again where it was written: a name given meanwhile is met by the ETag at the turn's end.
    const [work, { due, nextAt }]: readonly [Loaded<WorkRecord> | null, LookAhead] = await Promise.all([
      known ?? loadWork(pipeline, place),
      lookAhead(pipeline, place, stuck),
    ]);
    if (work?.value.work !== workId) return goOnAgain(pipeline, place, work, workId);
    known = work;
    const inForce = await pipeline.rules.inForce(work.value.generation);
    const isBulk = priorityOf(due[0]?.rank ?? '1') === 'bulk';
    const endAt = startedAt + (isBulk ? bulkSliceMs : sliceMs);
    if (due.length > 0 && pipeline.clock.now() >= endAt)
      return goOn(pipeline, place, work, pipeline.clock.now(), due[0]?.rank ?? '1');
    const now = pipeline.clock.now();
    const readyAt = readyAtOf(pipeline, due, now);
    // Without tokens the rows stay untouched: looking at each of thousands only to put it off would cost more than it brings.
    if (readyAt > now) return goOn(pipeline, place, work, readyAt, due[0]?.rank ?? '1');
    if (due.length > 0) {
      const unseen = (record: ObjectRecord): boolean => isUnseen(work.value, inForce, record);
      await takeInTurn(pipeline, place, due, { inForce, workId, stuck, isUnseen: unseen });
      continue;
    }
    known = null;
    if (await walkStep(pipeline, place, work, inForce)) {
      if (pipeline.clock.now() >= startedAt + bulkSliceMs)
        return goOn(pipeline, place, work, pipeline.clock.now(), '2');
    } else if (await isFinished(pipeline, place, work, nextAt)) return;
  }
}

/** Epoch ms from which the rows may be taken, `now` or before when at once: their lane has tokens, and it is their turn. */
function readyAtOf({ tokens }: Pipeline, due: readonly DueRow[], now: number): number {
  const [first] = due;
  if (first === undefined) return 0;
  const priority = priorityOf(first.rank);
  const readyAt = tokens.readyAt(priority);
  const objects = objectsIn(due);
  return readyAt > now || objects === 0 ? readyAt : tokens.admit(objects, priority, now);
}

const objectsIn = (rows: readonly DueRow[]): number => rows.filter(({ kind }) => kind === 'object').length;

/** Bulk lets pass what is more urgent, in whatever partition. */
async function takeInTurn(
  pipeline: Pipeline,
  place: Place,
  rows: readonly DueRow[],
  turn: Turn,
): Promise<void> {
  const { way, tables } = pipeline;
  if (priorityOf(rows[0]?.rank ?? '1') === 'bulk')
    await takeAdmitted({ ...pipeline, tables: way.givingWay(tables) }, place, rows, turn);
  else await way.live(() => takeAdmitted(pipeline, place, rows, turn));
}

/** The place that was given in readyAtOf is free again whatever comes of it. */
async function takeAdmitted(
  pipeline: Pipeline,
  place: Place,
  rows: readonly DueRow[],
  turn: Turn,
): Promise<void> {
  const startedAt = pipeline.clock.now();
  try {
    await takeRows(pipeline, place, rows, turn);
  } finally {
    const objects = objectsIn(rows);
    const tookMs = pipeline.clock.now() - startedAt;
    if (objects > 0) pipeline.tokens.leave(objects, priorityOf(rows[0]?.rank ?? '1'), tookMs);
  }
}

interface LookAhead {
  readonly due: readonly DueRow[];
  readonly nextAt: number | null;
}

/** Due rows of the most urgent ranks, and when the next one after them will be due. */
export async function lookAhead(
  pipeline: Pipeline,
  place: Place,
  stuck: ReadonlySet<string> = new Set(),
): Promise<LookAhead> {
  const now = pipeline.clock.now();
  const limit = 100;
  // One query usually shows all; only when it is full may a rank hide those behind it.
  const first = await pipeline.tables.range('Objects', partitionKeyOf(place), {
    from: 'i|0|',
    to: 'i|9|',
    limit,
    keysOnly: true,
  });
  const rows = first.length < limit ? first : await eachRank(pipeline, place, limit);
  const keys = rows.flatMap((row) => {
    const key = parseIndexRowKey(row.rowKey);
    return key === null ? [] : [{ ...key, rowKey: row.rowKey }];
  });
  const due = keys.filter((key) => key.due <= now && !stuck.has(key.id));
  const later = keys.flatMap((key) => {
    if (key.due > now) return [key.due];
    return stuck.has(key.id) ? [now + stuckMs] : [];
  });
  return {
    due: atOnce(sameRank(due)),
    nextAt: later.length === 0 ? null : Math.min(...later),
  };
}

/** Objects are written, which takes tokens; other rows cost only tables. */
function atOnce(due: readonly DueRow[]): readonly DueRow[] {
  const objects = due.filter(({ kind }) => kind === 'object').slice(0, objectsAtOnce);
  return due.filter((row) => row.kind !== 'object' || objects.includes(row));
}

async function eachRank(pipeline: Pipeline, place: Place, limit: number): Promise<readonly Row[]> {
  const ranks = await Promise.all(
    activeRanks.map((rank) =>
      pipeline.tables.range('Objects', partitionKeyOf(place), {
        ...rankRange(rank),
        limit,
        keysOnly: true,
      }),
    ),
  );
  return ranks.flat();
}

/** Bulk never shares a batch with something more urgent: it would wait for its tokens. */
function sameRank(due: readonly DueRow[]): readonly DueRow[] {
  const [first] = due;
  return due.filter((row) => row.rank === first?.rank);
}

async function takeRows(
  pipeline: Pipeline,
  place: Place,
  rows: readonly DueRow[],
  turn: Turn,
): Promise<void> {
  const of = (kind: IndexKey['kind']) => rows.filter((row) => row.kind === kind);
  const owed = of('wake').map(({ id, rank, rowKey }) => ({ target: id, rank, rowKey }));
  await wakeReferrers(pipeline, place, owed, turn.workId);
  const freed = of('freed').map(({ id, rank, rowKey }) => ({ holder: id, rank, rowKey }));
  await wakeNameWaiters(pipeline, place, freed, turn.workId);
  await takeWakes(pipeline, place, of('woken'));
  for (const row of of('import')) await countImport(pipeline, place, row.rowKey);
  for (const row of of('list')) await countList(pipeline, place, row.rowKey, row.id);
  const objects = of('object').map(({ id, rank, rowKey }): DueObject => ({ key: id, rank, rowKey }));
  if (objects.length === 0) return;
  const refreshes = await writeObjects(pipeline, place, objects, turn);
  if (refreshes.length > 0) await sendCommand(pipeline, place.connector, 'refresh', { requests: refreshes });
}

/** Clears `w` before the last look: what is folded after the clearing names a work of its own. */
async function isFinished(
  pipeline: Pipeline,
  place: Place,
  work: Loaded<WorkRecord>,
  nextAt: number | null,
): Promise<boolean> {
  const now = pipeline.clock.now();
  if (nextAt !== null && nextAt < now + scheduleMs) {
    const at = Math.max(nextAt, now);
    await goOn(pipeline, place, work, at, '1');
    await lastLook(pipeline, place, work.value.work ?? '', at);
    return true;
  }
  const by = work.value.work;
  const isCleared = await ifUnchanged(() =>
    pipeline.tables.transact('Objects', partitionKeyOf(place), [
      writeWork({ ...work.value, work: null, by }, work.etag),
    ]),
  );
  if (!isCleared) return false;
  await lastLook(pipeline, place, by ?? '', now + scheduleMs);
  return true;
}

/** What was folded on the bulk lane or woken before the next turn was named is due before it. */
async function lastLook(pipeline: Pipeline, place: Place, workId: string, nextAt: number): Promise<void> {
  const { due, nextAt: later } = await lookAhead(pipeline, place);
  const at = due.length > 0 ? pipeline.clock.now() : later;
  if (at !== null && at < nextAt)
    await ensureWork(pipeline, place, { at, rank: due[0]?.rank ?? '1', by: workId });
}

/** A turn that has ended comes again: what it announced may not have been sent, or not even been looked for. */
async function goOnAgain(
  pipeline: Pipeline,
  place: Place,
  work: Loaded<WorkRecord> | null,
  workId: string,
): Promise<void> {
  if (work?.value.by !== workId) return;
  if (work.value.work === null) return lastLook(pipeline, place, workId, pipeline.clock.now() + scheduleMs);
  await pipeline.sender.send([workMessage(pipeline, place, work.value)]);
}

/** Names the next turn. The row is written first: a message whose work is not named would end at once. */
async function goOn(
  pipeline: Pipeline,
  place: Place,
  work: Loaded<WorkRecord>,
  at: number,
  rank: string,
): Promise<void> {
  const by = work.value.work ?? '';
  let known: Loaded<WorkRecord> | null = work;
  const message = await untilSettled(async () => {
    const loaded: Loaded<WorkRecord> | null = known ?? (await loadWork(pipeline, place));
    known = null;
    // Named already: the answer to the writing was lost, and the table's client has written it twice.
    if (loaded?.value.work !== by) return repeatedWork(pipeline, place, loaded, by);
    const named = renameWork(pipeline, place, loaded, { at, rank, by });
    await pipeline.tables.transact('Objects', partitionKeyOf(place), [named.write]);
    return named.message;
  }, pipeline);
  if (message !== null) await pipeline.sender.send([message]);
}
