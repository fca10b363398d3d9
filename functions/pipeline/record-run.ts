import type { ErrorCode } from '../../shared/errors/error-codes.ts';
import { settleMs, type Attempt, type Link } from '../../shared/model/link.ts';
import { withLeaving } from '../../shared/plan/with-leaving.ts';
import type { RowWrite } from '../../shared/ports/table-store.ts';
import { countRowKey, indexRowKey, objectRowKey } from '../../shared/state/keys.ts';
import type { CountRecord, ObjectRecord } from '../../shared/state/object-record.ts';
import { namesOf } from '../../shared/state/name-claim.ts';
import { putRow } from '../../shared/state/put-row.ts';
import type { GuardAnswer } from './guard-operations.ts';
import { parkCauseOf } from './guard-plan.ts';
import { moveIndex, parkIndex, removeIndex, type Indexed } from './index-plan.ts';
import {
  partitionKeyOf,
  readRow,
  unlessTooLarge,
  untilSettled,
  writeObject,
  type Loaded,
  type Place,
} from './object-rows.ts';
import { unbound } from './limit-operations.ts';
import { withRecent, type JournalRefs } from './journal.ts';
import { forgetMembers, recordMembers } from './pending-members.ts';
import { passOver, withoutPassed } from './passed-over.ts';
import type { Pipeline } from './pipeline.ts';
import { clearQuarantine, quarantine, quarantinePauseMs } from './quarantine.ts';
import { forgetCloudId } from './cloud-id-claims.ts';
import type { Run } from './run.ts';
import type { FreedNames } from './wake-name-waiters.ts';
import type { OwedWake } from './wake-referrers.ts';

const retryPauseMaxMs = 60_000;
const lagPauseMaxMs = 5_000;
const replansAtOnce = 3;

export interface RecordContext {
  /** Owner of the attempts. */
  readonly owner: string;
  readonly guards: ReadonlyMap<Run, GuardAnswer>;
  readonly journaled: JournalRefs;
}

/**
 * Records what runs of one partition did, in one transaction. Only the holder of an attempt may; a fold that came
 * meanwhile keeps its newer staged copy and leaves the object dirty, so nothing newer is ever taken for done (SPEC I5).
 * Returns the wake-ups that are owed to those who refer to what was linked, and to those who wait for freed names.
 */
export async function recordRuns(
  pipeline: Pipeline,
  place: Place,
  runs: readonly Run[],
  context: RecordContext,
): Promise<{ readonly linked: readonly OwedWake[]; readonly freed: readonly FreedNames[] }> {
  await Promise.all(runs.map((run) => recordMembersOf(pipeline, place, run, context.owner)));
  const recorded = await recordHalved(pipeline, place, runs, context);
  await Promise.all(recorded.map((run) => settleQuarantine(pipeline, place, run)));
  return {
    linked: recorded.filter(owesWake).map((run) => {
      const { key } = run.prepared.record.staged;
      return { target: key, rank: run.rank, rowKey: owedRowKey(run, 'wake') };
    }),
    freed: recorded
      .filter((run) => freesNames(run, context))
      .map((run) => {
        const { key } = run.prepared.record.staged;
        return { holder: key, rank: run.rank, rowKey: owedRowKey(run, 'freed') };
      }),
  };
}

/** A value that changed while it was written marks no group dirty: the group is to be looked at again. */
async function recordMembersOf(pipeline: Pipeline, place: Place, run: Run, owner: string): Promise<void> {
  const { record, sync } = run.prepared;
  const isAnother = record.link !== null && record.link.cloudId !== run.link?.cloudId;
  if (isAnother && sync.targetClass === 'group') await forgetMembers(pipeline, place, record.staged, owner);
  const isAnyLeft = await recordMembers(pipeline, place, record.staged, run.members, owner);
  run.isReplanned ||= isAnyLeft;
}

/** Rows that folds have made large meanwhile may not fit one transaction. */
async function recordHalved(
  pipeline: Pipeline,
  place: Place,
  runs: readonly Run[],
  context: RecordContext,
): Promise<readonly Run[]> {
  // Kept over repetitions: tried before and not ours any more means that the table took the record and its answer was lost.
  const recorded = new Set<Run>();
  const isRecorded = await unlessTooLarge(runs.length === 1, async () => {
    await untilSettled(() => recordOnce(pipeline, place, runs, context, recorded), pipeline);
    return true;
  });
  if (isRecorded !== null) return [...recorded];
  const middle = Math.ceil(runs.length / 2);
  return [
    ...(await recordHalved(pipeline, place, runs.slice(0, middle), context)),
    ...(await recordHalved(pipeline, place, runs.slice(middle), context)),
  ];
}

async function recordOnce(
  pipeline: Pipeline,
  place: Place,
  runs: readonly Run[],
  context: RecordContext,
  recorded: Set<Run>,
): Promise<void> {
  const rowKeys = runs.map((run) => objectRowKey(run.prepared.record.staged.key));
  if (runs.some((run) => differenceOf(run) !== 0)) rowKeys.push(countRowKey);
  const rows = await pipeline.tables.getMany('Objects', partitionKeyOf(place), rowKeys);
  const writes: RowWrite[] = [];
  const counts: Record<string, number> = {};
  for (const run of runs) {
    const loaded = readRow<ObjectRecord>(rows.get(objectRowKey(run.prepared.record.staged.key)));
    if (loaded?.value.attempt?.owner !== context.owner) continue;
    const current = withRecent(loaded.value, context.journaled.get(loaded.value.staged.key) ?? []);
    const next = nextRecord(pipeline, current, run, context.guards.get(run) ?? noGuard);
    writes.push(writeObject(next.record, loaded.etag), ...next.writes);
    if (owesWake(run)) writes.push({ kind: 'upsert', rowKey: owedRowKey(run, 'wake'), content: {} });
    if (freesNames(run, context))
      writes.push({ kind: 'upsert', rowKey: owedRowKey(run, 'freed'), content: {} });
    const { name } = run.prepared.sync;
    const difference = differenceOf(run);
    if (difference !== 0) counts[name] = (counts[name] ?? 0) + difference;
    recorded.add(run);
  }
  if (Object.keys(counts).length > 0)
    writes.push(countWrite(readRow<CountRecord>(rows.get(countRowKey)), counts));
  if (writes.length > 0) await pipeline.tables.transact('Objects', partitionKeyOf(place), writes);
}

const noGuard: GuardAnswer = {
  allowed: [],
  held: [],
  heldOperations: [],
  hasRejected: false,
  permits: [],
  announced: null,
  isShort: false,
};

const isLive = (link: Link | null): boolean => link?.state === 'live';

/** By how many the run changes the number of linked objects. */
const differenceOf = (run: Run): number =>
  Number(isLive(run.link)) - Number(isLive(run.prepared.record.link));

/** Whoever refers to it must be told when it is linked, linked to another cloud object, or restored. */
function owesWake(run: Run): boolean {
  const before = run.prepared.record.link;
  return run.link?.state === 'live' && (before?.state !== 'live' || before.cloudId !== run.link.cloudId);
}

async function settleQuarantine(pipeline: Pipeline, place: Place, run: Run): Promise<void> {
  const { record, plan } = run.prepared;
  const { key } = record.staged;
  if (run.refused !== null) await quarantine(pipeline, place, key, withHolder(run.refused, run));
  else if (record.failure !== null && run.later === null && plan.problems.length === 0)
    await clearQuarantine(pipeline, place, key);
  if (record.link !== null && run.link === null) await forgetCloudId(pipeline, record.link.cloudId);
}

/** Graph says that a name is taken; we may know by whom. */
function withHolder(refused: NonNullable<Run['refused']>, { prepared }: Run): NonNullable<Run['refused']> {
  if (refused.code !== 'GRAPH_CONFLICT') return refused;
  const holders = Object.entries(prepared.naming.holders).filter(
    ([property]) => refused.targets.length === 0 || refused.targets.includes(property),
  );
  const message = [refused.message, ...holders.map(([property, holder]) => `${property} is ${holder}`)];
  return { ...refused, message: message.join('; ') };
}

function owedRowKey(run: Run, kind: 'wake' | 'freed'): string {
  return indexRowKey({ rank: run.rank, due: 0, kind, id: run.prepared.record.staged.key });
}

/**
 * It had a name, or was about to have one, that it does not have now for certain. What was only put off needs no wake-up:
 * who waits for a write under way looks again by itself.
 */
function freesNames(run: Run, { guards }: RecordContext): boolean {
  const { record, naming } = run.prepared;
  const had = namesOf(record.link);
  if (!isStillUnknown(run, guards.get(run) ?? noGuard)) had.push(...(record.attempt?.names ?? []));
  if (run.refused !== null) had.push(...naming.claimed);
  const has = namesOf(run.link);
  return had.some((name) => !has.includes(name));
}

function countWrite(
  loaded: Loaded<CountRecord> | null,
  differences: Readonly<Record<string, number>>,
): RowWrite {
  const data: Record<string, number> = { ...loaded?.value };
  for (const [sync, by] of Object.entries(differences)) data[sync] = Math.max(0, (data[sync] ?? 0) + by);
  const content = { data };
  return putRow(countRowKey, content, loaded?.etag ?? null);
}

function nextRecord(pipeline: Pipeline, current: ObjectRecord, run: Run, guard: GuardAnswer): Indexed {
  const now = pipeline.clock.now();
  const { prepared } = run;
  // Wherever a fold came in between, what was written may be outdated already.
  const isNewer =
    current.isDirty || JSON.stringify(current.staged) !== JSON.stringify(prepared.record.staged);
  const failure = failureOf(current, run, now);
  const { waitsSince: _before, ...others } = current;
  const known = isLive(run.link) ? withoutPassed(others) : passOver(others, run.passedOver);
  const { waitsSince } = prepared.record;
  const isWaiting = prepared.naming.isWaiting || run.refused !== null;
  const record: ObjectRecord = {
    ...known,
    ...(prepared.record.limitedBy === undefined ? {} : { limitedBy: prepared.record.limitedBy }),
    ...(isWaiting && waitsSince !== undefined ? { waitsSince } : {}),
    link: withLeaving(run.link, prepared.plan),
    // What may have been applied stays marked by its attempt, run out: the next turn writes the whole projection. What
    // may still be applied keeps it in force.
    attempt:
      isStillUnknown(run, guard) && current.attempt !== null
        ? runOut(current.attempt, run, Math.max(now, run.aliveUntil))
        : null,
    revision: prepared.record.revision,
    references: prepared.record.references,
    holds: [...guard.held],
    failure,
    announced: guard.announced,
    isDirty: false,
    replans: run.isReplanned ? (current.replans ?? 0) + 1 : 0,
  };
  if (isNewer) return moveIndex({ ...record, parked: null }, { rank: run.rank, due: now });
  const due = dueOf(record, run, now);
  const cause = parkCauseOf(guard);
  const isOver =
    !guard.isShort && pipeline.mode !== 'plan' && (due === null || due === prepared.plan.reviewAt);
  const settled = isOver ? unbound(record) : record;
  if (due !== null) return moveIndex({ ...settled, parked: cause }, { rank: run.rank, due });
  return cause === null ? removeIndex(settled) : parkIndex(settled, cause);
}

/** What is deleted has no names, whatever was written before; members that were written for certain are not uncertain any more. */
function runOut({ names, members = [], ...attempt }: Attempt, run: Run, until: number): Attempt {
  const keepsNames = names !== undefined && run.link?.state !== 'deleted';
  const uncertain = uncertainLeft(members, run);
  return {
    ...attempt,
    ...(keepsNames ? { names } : {}),
    ...(uncertain.length > 0 ? { members: uncertain } : {}),
    until,
  };
}

const uncertainLeft = (members: readonly string[], run: Run): readonly string[] =>
  members.filter((member) => !run.members.has(member));

/**
 * An answer was lost, or the outcome of an earlier attempt was to be made certain and that was not carried through:
 * Graph asked to wait, a value was refused, or the object left and only its account was written.
 */
function isStillUnknown(run: Run, guard: GuardAnswer): boolean {
  if (run.isAmbiguous) return true;
  const { record, plan, naming } = run.prepared;
  if (record.attempt === null) return false;
  const isCutShort =
    naming.isWaiting ||
    isRestored(run) ||
    run.isReplanned ||
    run.waitUntil !== null ||
    run.later !== null ||
    run.refused !== null ||
    uncertainLeft(run.prepared.uncertainMembers, run).length > 0;
  return isCutShort || guard.announced !== null || guard.held.length > 0 || plan.leaving !== null;
}

/** When it is to be looked at again; null: not before something changes. */
function dueOf(record: ObjectRecord, run: Run, now: number): number | null {
  const { prepared } = run;
  if (run.isReplanned) return now + replanPause(record.replans ?? 0);
  if (run.waitUntil !== null) return run.waitUntil;
  if (run.later !== null)
    return now + (run.later.waitMs ?? retryPause(run.later.code, record.failure?.count ?? 1));
  if (run.refused !== null) return now + quarantinePauseMs(record.failure?.count ?? 1);
  if (isRestored(run)) return now + settleMs;
  const isNew = prepared.record.link?.state !== 'live' && run.link?.state === 'live';
  if (prepared.hasMoreMembers) return now;
  if (isNew && (prepared.owesReferences || prepared.sync.targetClass === 'group')) return now + settleMs;
  return prepared.plan.reviewAt;
}

/** Its values are written in the next turn. */
const isRestored = ({ prepared, link }: Run): boolean =>
  prepared.record.link?.state === 'deleted' && isLive(link);

/** What was learnt changes a plan once or twice; a plan that never comes to an end must not keep its partition busy. */
function replanPause(count: number): number {
  return count <= replansAtOnce
    ? 0
    : Math.min(retryPauseMaxMs, 1_000 * 2 ** Math.min(count - replansAtOnce, 6));
}

/** What is not there yet is there within seconds; an outage is asked after more and more rarely. */
function retryPause(code: ErrorCode, count: number): number {
  const longest = code === 'GRAPH_NOT_FOUND' ? lagPauseMaxMs : retryPauseMaxMs;
  return Math.min(longest, 1_000 * 2 ** Math.min(count - 1, 6));
}

function failureOf(current: ObjectRecord, run: Run, now: number): ObjectRecord['failure'] {
  const count = (current.failure?.count ?? 0) + 1;
  if (run.refused !== null) return { count, code: run.refused.code, at: now };
  if (run.later !== null && run.later.code !== 'GRAPH_THROTTLED')
    return { count, code: run.later.code, at: now };
  if (run.later !== null || run.waitUntil !== null) return current.failure;
  return run.prepared.plan.problems.length > 0 ? { count: 1, code: 'RULE_VALUE', at: now } : null;
}
