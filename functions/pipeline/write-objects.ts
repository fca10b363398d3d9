import { operationHash, type Operation } from '../../shared/plan/operation.ts';
import { stepsOf, type Step } from '../../shared/plan/step.ts';
import type { RowWrite } from '../../shared/ports/table-store.ts';
import { indexRowKey } from '../../shared/state/keys.ts';
import type { ObjectRecord } from '../../shared/state/object-record.ts';
import { carryOut } from './carry-out.ts';
import { guardOperations, spendPermit, type GuardAnswer } from './guard-operations.ts';
import { moveIndex, parkIndex, removeIndex, type Indexed } from './index-plan.ts';
import { writeJournal, type JournalLine } from './journal.ts';
import { managedCount } from './managed-count.ts';
import {
  ifUnchanged,
  loadObjects,
  partitionKeyOf,
  writeObject,
  type Loaded,
  type Place,
} from './object-rows.ts';
import type { Pipeline } from './pipeline.ts';
import {
  isUnknown,
  prepareObject,
  type Prepared,
  type PreparedPlan,
  type Refresh,
} from './prepare-object.ts';
import { clearQuarantine, quarantine, quarantinePauseMs } from './quarantine.ts';
import { recordRuns } from './record-run.ts';
import type { RulesInForce } from './rules-source.ts';
import { newRun, type Run } from './run.ts';
import { wakeReferrers } from './wake-referrers.ts';

/** An attempt blocks its object so long when its process dies. */
const attemptMs = 60_000;
/** Every request ends so long before the attempt does. */
const marginMs = 10_000;

/** One index row that is due: the object and the rank it is due with. */
export interface DueObject {
  readonly key: string;
  readonly rank: string;
  readonly rowKey: string;
}

interface Acting {
  readonly due: DueObject;
  readonly loaded: Loaded<ObjectRecord>;
  readonly prepared: PreparedPlan;
  readonly guard: GuardAnswer;
}

/**
 * Looks at objects of one partition: evaluates, plans, guards, writes and records them. Leaves none of them due now
 * unless there is more to do at once. Returns what should be read again at the source.
 */
export async function writeObjects(
  pipeline: Pipeline,
  place: Place,
  due: readonly DueObject[],
  inForce: RulesInForce | null,
): Promise<readonly Refresh[]> {
  const loaded = await loadObjects(
    pipeline.tables,
    place,
    due.map((one) => one.key),
  );
  const refreshes: Refresh[] = [];
  const owner = pipeline.random.id('t');
  const acting = await Promise.all(
    due.map(async (one): Promise<Acting | null> => {
      const object = loaded.get(one.key);
      if (object === undefined || object.value.index !== one.rowKey)
        return dropStray(pipeline, place, one.rowKey);
      const { attempt } = object.value;
      if (attempt !== null && attempt.until > pipeline.clock.now())
        return store(
          pipeline,
          place,
          object,
          moveIndex(object.value, { rank: one.rank, due: attempt.until }),
        );
      const prepared = await prepareObject(pipeline, place, object.value, inForce, one.rank);
      if (prepared.kind === 'rest' && prepared.refresh !== null) refreshes.push(prepared.refresh);
      if (prepared.kind !== 'plan') return settle(pipeline, place, object, one, prepared);
      return guardPlan(pipeline, place, object, one, prepared, owner);
    }),
  );
  const runs = await beginAttempts(
    pipeline,
    place,
    acting.filter((one) => one !== null),
    owner,
  );
  if (runs.size > 0) await finishRuns(pipeline, place, runs, owner, inForce?.revision ?? 0);
  return refreshes;
}

/** An index row that its object does not name any more: left by a crash between two transactions. */
async function dropStray(pipeline: Pipeline, place: Place, rowKey: string): Promise<null> {
  await pipeline.tables.transact('Objects', partitionKeyOf(place), [{ kind: 'delete', rowKey }]);
  return null;
}

async function settle(
  pipeline: Pipeline,
  place: Place,
  loaded: Loaded<ObjectRecord>,
  due: DueObject,
  prepared: Exclude<Prepared, PreparedPlan>,
): Promise<null> {
  if (prepared.kind === 'refused') {
    await quarantine(pipeline, place, due.key, prepared);
    const now = pipeline.clock.now();
    const failure = { count: (loaded.value.failure?.count ?? 0) + 1, code: prepared.code, at: now };
    return store(
      pipeline,
      place,
      loaded,
      moveIndex(
        { ...prepared.record, failure },
        { rank: due.rank, due: now + quarantinePauseMs(failure.count) },
      ),
    );
  }
  if (prepared.park !== null)
    return store(pipeline, place, loaded, parkIndex(prepared.record, prepared.park));
  if (prepared.dueAt !== null)
    return store(
      pipeline,
      place,
      loaded,
      moveIndex(prepared.record, { rank: due.rank, due: prepared.dueAt }),
    );
  return store(pipeline, place, loaded, removeIndex(prepared.record));
}

/** A fold that came in between wins: the object stays due and is looked at again. */
async function store(
  pipeline: Pipeline,
  place: Place,
  loaded: Loaded<ObjectRecord>,
  indexed: Indexed,
): Promise<null> {
  await ifUnchanged(() =>
    pipeline.tables.transact('Objects', partitionKeyOf(place), [
      writeObject(indexed.record, loaded.etag),
      ...indexed.writes,
    ]),
  );
  return null;
}

async function guardPlan(
  pipeline: Pipeline,
  place: Place,
  loaded: Loaded<ObjectRecord>,
  due: DueObject,
  prepared: PreparedPlan,
  owner: string,
): Promise<Acting | null> {
  const now = pipeline.clock.now();
  const { sync, record, plan } = prepared;
  for (const problem of plan.problems)
    await quarantine(pipeline, place, due.key, {
      code: 'RULE_VALUE',
      message: problem.message,
      targets: [problem.target],
    });
  if (pipeline.mode !== 'full') {
    const parked = await withMode(pipeline, place, loaded, prepared, owner);
    if (parked !== 'act') return null;
  }
  const operations =
    pipeline.mode === 'upsert-only'
      ? prepared.operations.filter((one) => !isDestructive(one))
      : prepared.operations;
  const managed = () => managedCount(pipeline, place.connector, sync.name);
  const guard = await guardOperations(pipeline, {
    place,
    sync,
    record,
    operations,
    caution: prepared.caution,
    managed,
  });
  const isNewlyHeld = guard.held.some((hash) => !record.holds.includes(hash));
  if (isNewlyHeld)
    await writeJournal(
      pipeline,
      place,
      owner,
      guard.heldOperations.map((operation) => line(operation, prepared, 'held', now)),
    );
  if (guard.allowed.length > 0) return { due, loaded, prepared, guard };
  if (plan.problems.length === 0 && record.failure !== null) await clearQuarantine(pipeline, place, due.key);
  const next: ObjectRecord = {
    ...record,
    holds: [...guard.held],
    link: record.link === null ? null : { ...record.link, leaving: plan.leaving },
    attempt: null,
    failure: plan.problems.length > 0 ? record.failure : null,
  };
  if (plan.reviewAt !== null)
    return store(pipeline, place, loaded, moveIndex(next, { rank: due.rank, due: plan.reviewAt }));
  if (prepared.hasMoreMembers)
    return store(pipeline, place, loaded, moveIndex(next, { rank: due.rank, due: now }));
  if (guard.held.length > 0)
    return store(pipeline, place, loaded, parkIndex(next, guard.hasRejected ? 'rejected' : 'held'));
  return store(pipeline, place, loaded, removeIndex(next));
}

/** Plan mode writes nothing and says once what it would do; upsert-only leaves what takes away. */
async function withMode(
  pipeline: Pipeline,
  place: Place,
  loaded: Loaded<ObjectRecord>,
  prepared: PreparedPlan,
  owner: string,
): Promise<'act' | 'parked'> {
  const blocked = pipeline.mode === 'plan' ? prepared.operations : prepared.operations.filter(isDestructive);
  if (blocked.length === 0) return 'act';
  const announced = blocked.map(operationHash).join(' ');
  if (announced !== loaded.value.announced) {
    const now = pipeline.clock.now();
    await writeJournal(
      pipeline,
      place,
      owner,
      blocked.map((operation) => line(operation, prepared, 'planned', now)),
    );
  }
  if (blocked.length < prepared.operations.length) return 'act';
  await store(pipeline, place, loaded, parkIndex({ ...prepared.record, announced }, 'mode'));
  return 'parked';
}

const isDestructive = (operation: Operation): boolean =>
  ['delete', 'disable', 'revoke-sessions', 'remove-member'].includes(operation.kind);

function line(
  operation: Operation,
  prepared: PreparedPlan,
  outcome: JournalLine['outcome'],
  at: number,
): JournalLine {
  return {
    at,
    cloudId: prepared.record.link?.cloudId ?? null,
    operation,
    outcome,
    code: outcome === 'held' ? 'GUARD_BUDGET' : null,
    message: null,
    requestId: null,
    revision: prepared.record.revision ?? 0,
    durationMs: null,
  };
}

/** Marks all attempts in one transaction; where that conflicts, one by one, and the conflicting object waits its turn. */
async function beginAttempts(
  pipeline: Pipeline,
  place: Place,
  acting: readonly Acting[],
  owner: string,
): Promise<ReadonlyMap<Run, GuardAnswer>> {
  const now = pipeline.clock.now();
  const marked = acting.map((one) => ({ one, writes: attemptWrites(one, owner, now) }));
  const isAll =
    marked.length === 0 ||
    (await ifUnchanged(() =>
      pipeline.tables.transact(
        'Objects',
        partitionKeyOf(place),
        marked.flatMap(({ writes }) => writes),
      ),
    ));
  const begun: Acting[] = [];
  for (const { one, writes } of marked) {
    if (
      isAll ||
      (await ifUnchanged(() => pipeline.tables.transact('Objects', partitionKeyOf(place), writes)))
    )
      begun.push(one);
  }
  const runs = new Map<Run, GuardAnswer>();
  for (const one of begun) {
    const allowed = await withPermits(pipeline, place, one, owner);
    runs.set(newRun(one.prepared, one.due.rank, firstSteps(one.prepared, allowed, now)), one.guard);
  }
  return runs;
}

function attemptWrites(acting: Acting, owner: string, now: number): RowWrite[] {
  const { due, loaded, prepared, guard } = acting;
  const until = now + attemptMs;
  const index = indexRowKey({ rank: due.rank, due: until, kind: 'object', id: due.key });
  const record: ObjectRecord = {
    ...prepared.record,
    attempt: { owner, until, operations: guard.allowed.map(operationHash) },
    index,
    isDirty: false,
  };
  return [
    writeObject(record, loaded.etag),
    { kind: 'upsert', rowKey: index, content: {} },
    { kind: 'delete', rowKey: due.rowKey },
  ];
}

async function withPermits(
  pipeline: Pipeline,
  place: Place,
  acting: Acting,
  owner: string,
): Promise<readonly Operation[]> {
  const allowed: Operation[] = [];
  for (const operation of acting.guard.allowed) {
    const hash = operationHash(operation);
    const needsPermit = acting.guard.permits.includes(hash);
    if (
      !needsPermit ||
      (await spendPermit(pipeline, place, hash, owner, acting.loaded.value.attempt?.owner ?? null))
    )
      allowed.push(operation);
  }
  return allowed;
}

/** A creation whose outcome is unknown begins with a look-up. */
function firstSteps(prepared: PreparedPlan, operations: readonly Operation[], now: number): readonly Step[] {
  const steps = stepsOf(operations);
  if (!isUnknown(prepared.record, now)) return steps;
  return steps.map((step): Step =>
    step.kind === 'create' ? { kind: 'find-anchor', operation: step.operation, conflict: null } : step,
  );
}

async function finishRuns(
  pipeline: Pipeline,
  place: Place,
  guards: ReadonlyMap<Run, GuardAnswer>,
  owner: string,
  revision: number,
): Promise<void> {
  const runs = [...guards.keys()];
  await carryOut(pipeline, runs, { deadline: pipeline.clock.now() + attemptMs - marginMs, revision });
  await writeJournal(
    pipeline,
    place,
    owner,
    runs.flatMap((run) => run.journal),
  );
  const owed = await recordRuns(pipeline, place, runs, { owner, guards });
  await Promise.all(
    [...owed].map(([run, rowKey]) =>
      wakeReferrers(pipeline, place.connector, run.prepared.record.staged.key, run.rank, rowKey),
    ),
  );
}
