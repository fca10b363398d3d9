import type { Operation } from '../../shared/plan/operation.ts';
import { includesOperation } from '../../shared/plan/part-update.ts';
import type { ObjectRecord } from '../../shared/state/object-record.ts';
import { askForGroups } from './ask-for-groups.ts';
import { beginAttempts } from './begin-attempts.ts';
import { carryOut } from './carry-out.ts';
import type { GuardAnswer } from './guard-operations.ts';
import { guardPlan, type Acting, type DueObject } from './guard-plan.ts';
import { closeHolds, returnPermits } from './hold-rows.ts';
import { moveIndex, parkIndex, removeIndex } from './index-plan.ts';
import { bindingPlan, bindTo, unbound } from './limit-operations.ts';
import { isolated, type StuckObjects } from './isolated.ts';
import { writeJournal } from './journal.ts';
import { loadObjects, partitionKeyOf, storeIndexed, type Loaded, type Place } from './object-rows.ts';
import type { Pipeline } from './pipeline.ts';
import { prepareObject } from './prepare-object.ts';
import type { Prepared, PreparedPlan, Refresh } from './prepared.ts';
import { clearQuarantine, quarantine, quarantinePauseMs } from './quarantine.ts';
import { recordRuns } from './record-run.ts';
import type { RulesInForce } from './rules-source.ts';
import type { Run } from './run.ts';
import { wakeNameWaiters } from './wake-name-waiters.ts';
import { wakeReferrers } from './wake-referrers.ts';

export interface Turn {
  readonly inForce: RulesInForce | null;
  /** The work whose turn it is. */
  readonly workId: string;
  readonly stuck: StuckObjects;
  /** Whether the object was not looked at since rules came into force, although its partition is being walked. */
  readonly isUnseen?: (record: ObjectRecord) => boolean;
}

/**
 * Looks at objects of one partition: evaluates, plans, guards, writes and records them. Leaves none of them due now
 * unless there is more to do at once. Returns what should be read again at the source.
 */
export async function writeObjects(
  pipeline: Pipeline,
  place: Place,
  due: readonly DueObject[],
  turn: Turn,
): Promise<readonly Refresh[]> {
  const { inForce, workId, stuck } = turn;
  const apply = bindingPlan(inForce, pipeline.mode);
  const loaded = await loadObjects(
    pipeline.tables,
    place,
    due.map((one) => one.key),
  );
  const refreshes: Refresh[] = [];
  const owner = pipeline.random.id('t');
  const look = async (one: DueObject): Promise<Acting | null> => {
    const object = loaded.get(one.key);
    if (object === undefined || object.value.index !== one.rowKey)
      return dropStray(pipeline, place, one.rowKey);
    const { attempt } = object.value;
    if (attempt !== null && attempt.until > pipeline.clock.now()) {
      const moved = moveIndex(object.value, { rank: one.rank, due: attempt.until });
      return storeIndexed(pipeline, place, object, moved);
    }
    const isNew = turn.isUnseen?.(object.value) === true;
    const record = isNew ? bindTo(object.value, apply) : object.value;
    const prepared = await prepareObject(pipeline, place, record, inForce, one.rank);
    if (prepared.kind === 'rest' && prepared.refresh !== null) refreshes.push(prepared.refresh);
    if (prepared.kind !== 'plan') return settle(pipeline, place, object, one, prepared);
    return guardPlan(pipeline, place, { due: one, loaded: object, prepared, owner, apply });
  };
  const acting = await Promise.all(due.map((one) => isolated(pipeline, place, one, stuck, () => look(one))));
  const planned = acting.filter((one) => one !== null);
  const runs = await beginAttempts(pipeline, place, planned, { owner, stuck });
  await askForGroups(pipeline, place, planned);
  const revision = inForce?.revision ?? 0;
  if (runs.size > 0) await finishRuns(pipeline, place, runs, { owner, revision, workId });
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
    return storeIndexed(
      pipeline,
      place,
      loaded,
      moveIndex(
        { ...prepared.record, failure },
        { rank: due.rank, due: now + quarantinePauseMs(failure.count) },
      ),
    );
  }
  if (prepared.park !== null && prepared.dueAt !== null) {
    const parked = { ...prepared.record, parked: prepared.park };
    const to = { rank: due.rank, due: prepared.dueAt };
    return storeIndexed(pipeline, place, loaded, moveIndex(parked, to));
  }
  if (prepared.park !== null)
    return storeIndexed(pipeline, place, loaded, parkIndex(prepared.record, prepared.park));
  const record = await withoutMarks(pipeline, place, prepared.record);
  if (prepared.dueAt !== null)
    return storeIndexed(pipeline, place, loaded, moveIndex(record, { rank: due.rank, due: prepared.dueAt }));
  return storeIndexed(pipeline, place, loaded, removeIndex(record));
}

/** Nothing is planned for the object, so nothing that was held for it may be carried out later, and nothing failed. */
async function withoutMarks(pipeline: Pipeline, place: Place, record: ObjectRecord): Promise<ObjectRecord> {
  const { mode } = pipeline;
  await closeHolds(pipeline, place.connector, [...record.holds, ...(record.memberHolds ?? [])]);
  if (record.failure !== null) await clearQuarantine(pipeline, place, record.staged.key);
  return { ...(mode === 'plan' ? record : unbound(record)), holds: [], failure: null };
}

async function finishRuns(
  pipeline: Pipeline,
  place: Place,
  guards: ReadonlyMap<Run, GuardAnswer>,
  turn: { readonly owner: string; readonly revision: number; readonly workId: string },
): Promise<void> {
  const { owner, revision, workId } = turn;
  const runs = [...guards.keys()];
  await carryOut(pipeline, runs, revision);
  await returnUnused(pipeline, place, guards, owner);
  const journaled = await writeJournal(
    pipeline,
    place,
    owner,
    runs.flatMap((run) => run.journal),
  );
  const { linked, freed } = await recordRuns(pipeline, place, runs, { owner, guards, journaled });
  await wakeReferrers(pipeline, place, linked, workId);
  await wakeNameWaiters(pipeline, place, freed, workId);
}

/** What was approved and then throttled or refused is still approved; what may have been applied is not. */
async function returnUnused(
  pipeline: Pipeline,
  place: Place,
  guards: ReadonlyMap<Run, GuardAnswer>,
  owner: string,
): Promise<void> {
  for (const [run, { permits }] of guards) {
    if (permits.length === 0 || run.isAmbiguous) continue;
    const done = run.journal.filter(({ outcome }) => outcome === 'success');
    const isDone = (operation: Operation): boolean =>
      done.some((line) => includesOperation(line.operation, operation));
    const unused = permits.flatMap(({ hold, operations }) => (operations.every(isDone) ? [] : [hold]));
    await returnPermits(pipeline, place.connector, unused, owner);
  }
}
