import type { Attempt } from '../../shared/model/link.ts';
import { operationHash, type Operation } from '../../shared/plan/operation.ts';
import type { ObjectRecord } from '../../shared/state/object-record.ts';
import type { AppliedPlan } from '../../shared/state/applied-plan.ts';
import { withLeaving } from '../../shared/plan/with-leaving.ts';
import { guardOperations, type GuardAnswer } from './guard-operations.ts';
import type { HeldOperation } from './guard-question.ts';
import { moveIndex, parkIndex, removeIndex } from './index-plan.ts';
import { withRecent, writeJournal, type JournalLine } from './journal.ts';
import { settleHeldRemovals } from './held-removals.ts';
import { limitOperations, unbound } from './limit-operations.ts';
import { managedBy } from './managed-count.ts';
import { noteHold } from './note-hold.ts';
import { storeIndexed, type Loaded, type Place } from './object-rows.ts';
import type { Pipeline } from './pipeline.ts';
import type { PreparedPlan } from './prepared.ts';
import { clearQuarantine, quarantine } from './quarantine.ts';

/** One index row that is due: the object and the rank it is due with. */
export interface DueObject {
  readonly key: string;
  readonly rank: string;
  readonly rowKey: string;
}

/** An object with a plan, in the turn that has looked at it. */
interface Planned {
  readonly due: DueObject;
  readonly loaded: Loaded<ObjectRecord>;
  readonly prepared: PreparedPlan;
  readonly owner: string;
  /** The plan that binds what rules come to. */
  readonly apply: AppliedPlan | null;
}

/** Something of the plan may be written now. */
export interface Acting extends Planned {
  readonly guard: GuardAnswer;
}

/** Asks mode and guard what of a plan may be carried out; null: nothing, and the object is out of the way. */
export async function guardPlan(pipeline: Pipeline, place: Place, planned: Planned): Promise<Acting | null> {
  const { due } = planned;
  const { sync, record, plan } = planned.prepared;
  let { loaded } = planned;
  await quarantineProblems(pipeline, place, due.key, plan.problems);
  const limited = await limitOperations(pipeline, place, planned.prepared, planned.apply);
  const { operations, left, isUnnamed } = limited;
  const { announced, lines } = await announce(pipeline, place, planned, left);
  const removals = await settleHeldRemovals(pipeline, {
    place,
    record,
    mayRemove: pipeline.mode === 'full' && plan.leaving === null && record.link?.state === 'live',
    isLeaving: plan.leaving !== null,
  });
  const newHolds: string[] = [];
  const guard = await guardOperations(pipeline, {
    place,
    sync,
    record,
    operations,
    isUnnamed,
    // What the mode leaves is neither held nor not planned any more.
    kept: left,
    announced,
    caution: planned.prepared.caution,
    doubtfulMembers: planned.prepared.doubtfulMembers,
    managed: (budget) => managedBy(pipeline, { connector: place.connector, sync: sync.name, budget }),
    // First the line, then the mark on the object, then the hold: a crash in between leaves none of them out.
    note: async (held, hash) => {
      const isOfMembers = held.some(({ operation }) => operation.kind === 'remove-member');
      lines.push(...(await journalHeld(pipeline, place, planned, held)));
      const noted = await noteHold(pipeline, place, loaded, hash, isOfMembers ? 'memberHolds' : 'holds');
      loaded = noted ?? loaded;
      if (isOfMembers && noted !== null) newHolds.push(hash);
      return noted !== null;
    },
  });
  lines.push(...(await journalRejected(pipeline, place, planned, guard)));
  const memberHolds = [...removals.memberHolds.filter((hash) => !newHolds.includes(hash)), ...newHolds];
  const prepared: PreparedPlan = {
    ...planned.prepared,
    record: withMemberHolds(withRecent({ ...record, holds: loaded.value.holds }, lines), memberHolds),
    hasMoreMembers: planned.prepared.hasMoreMembers || removals.hasMore,
  };
  const acting: Acting = {
    ...planned,
    loaded,
    prepared,
    guard: {
      ...guard,
      isShort: [...left, ...guard.heldOperations.map(({ operation }) => operation)].some(isUnnamed),
      allowed: [...removals.operations, ...guard.allowed],
      permits: [...removals.permits, ...guard.permits],
    },
  };
  if (acting.guard.allowed.length > 0) return acting;
  await setAside(pipeline, place, acting, acting.guard);
  return null;
}

async function quarantineProblems(
  pipeline: Pipeline,
  place: Place,
  key: string,
  problems: PreparedPlan['plan']['problems'],
): Promise<void> {
  for (const { message, target } of problems)
    await quarantine(pipeline, place, key, { code: 'RULE_VALUE', message, targets: [target] });
}

function withMemberHolds(record: ObjectRecord, memberHolds: readonly string[]): ObjectRecord {
  const { memberHolds: before, ...rest } = record;
  return before === undefined && memberHolds.length === 0 ? rest : { ...rest, memberHolds };
}

/** What a person has rejected is not put into table Holds anew, and so not noted. */
async function journalRejected(
  pipeline: Pipeline,
  place: Place,
  planned: Planned,
  { heldOperations }: GuardAnswer,
): Promise<readonly string[]> {
  const { holds } = planned.prepared.record;
  const rejected = heldOperations.filter((one) => one.isRejected);
  const news = rejected.filter(({ operation }) => !holds.includes(operationHash(operation)));
  return news.length === 0 ? [] : journalHeld(pipeline, place, planned, news);
}

/** @returns RowKeys of the lines, as do the others that write some. */
async function journalHeld(
  pipeline: Pipeline,
  place: Place,
  planned: Planned,
  held: readonly HeldOperation[],
): Promise<readonly string[]> {
  const at = pipeline.clock.now();
  const refs = await writeJournal(
    pipeline,
    place,
    planned.owner,
    held.map(({ operation, code, message }) => ({ ...line(operation, planned, 'held', at), code, message })),
  );
  return [...refs.values()].flat();
}

/** Nothing can be written now: it comes back when time or a person has something to say. */
async function setAside(
  pipeline: Pipeline,
  place: Place,
  { due, loaded, prepared }: Planned,
  guard: GuardAnswer,
): Promise<void> {
  const { record, plan, naming } = prepared;
  if (plan.problems.length === 0 && record.failure !== null) await clearQuarantine(pipeline, place, due.key);
  // Where the mode keeps an object from being disabled, its time of grace has not begun.
  const isLeavingLater = guard.announced !== null && plan.leaving !== null;
  const reviewAt = isLeavingLater ? null : plan.reviewAt;
  const { uncertainMembers } = prepared;
  const keepsAttempt =
    isLeavingLater ||
    parkCauseOf(guard) !== null ||
    plan.leaving !== null ||
    naming.isWaiting ||
    uncertainMembers.length > 0;
  const isStillLimited =
    guard.isShort || pipeline.mode === 'plan' || prepared.hasMoreMembers || naming.isWaiting;
  const next: ObjectRecord = {
    ...(isStillLimited ? record : unbound(record)),
    holds: [...guard.held],
    announced: guard.announced,
    link: isLeavingLater ? record.link : withLeaving(record.link, plan),
    // What an earlier attempt left uncertain is made certain when the object is written as a whole.
    attempt: keepsAttempt && record.attempt !== null ? withMembers(record.attempt, uncertainMembers) : null,
    failure: plan.problems.length > 0 ? record.failure : null,
  };
  const store = (indexed: Parameters<typeof storeIndexed>[3]) =>
    storeIndexed(pipeline, place, loaded, indexed);
  const cause = parkCauseOf(guard);
  if (reviewAt !== null)
    await store(moveIndex({ ...next, parked: cause }, { rank: due.rank, due: reviewAt }));
  else if (prepared.hasMoreMembers && guard.announced === null)
    await store(moveIndex(next, { rank: due.rank, due: pipeline.clock.now() }));
  else await store(cause === null ? removeIndex(next) : parkIndex(next, cause));
}

function withMembers({ members: _before, ...attempt }: Attempt, members: readonly string[]): Attempt {
  return members.length === 0 ? attempt : { ...attempt, members };
}

/** What an object waits for that is not written though it is planned; another mode is first to change that. */
export function parkCauseOf(guard: GuardAnswer): 'mode' | 'rejected' | 'held' | null {
  if (guard.announced !== null) return 'mode';
  if (guard.held.length === 0) return null;
  return guard.hasRejected ? 'rejected' : 'held';
}

/** Journals once what the mode leaves; `announced` is null when the mode leaves nothing. */
async function announce(
  pipeline: Pipeline,
  place: Place,
  planned: Planned,
  left: readonly Operation[],
): Promise<{ readonly announced: string | null; readonly lines: string[] }> {
  if (left.length === 0) return { announced: null, lines: [] };
  const announced = left.map(operationHash).join(' ');
  if (announced === planned.loaded.value.announced) return { announced, lines: [] };
  const refs = await writeJournal(
    pipeline,
    place,
    planned.owner,
    left.map((operation) => line(operation, planned, 'planned', pipeline.clock.now())),
  );
  return { announced, lines: [...refs.values()].flat() };
}

function line(
  operation: Operation,
  { prepared }: Planned,
  outcome: JournalLine['outcome'],
  at: number,
): JournalLine {
  return {
    at,
    cloudId: prepared.record.link?.cloudId ?? null,
    operation,
    outcome,
    code: null,
    message: null,
    requestId: null,
    revision: prepared.record.revision ?? 0,
    durationMs: null,
  };
}
