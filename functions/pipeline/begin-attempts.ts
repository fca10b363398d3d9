import type { Attempt } from '../../shared/model/link.ts';
import { operationHash, type Operation } from '../../shared/plan/operation.ts';
import { stepsOf, type Step } from '../../shared/plan/step.ts';
import type { RowWrite } from '../../shared/ports/table-store.ts';
import { indexRowKey } from '../../shared/state/keys.ts';
import type { ObjectRecord } from '../../shared/state/object-record.ts';
import type { GuardAnswer } from './guard-operations.ts';
import type { Acting } from './guard-plan.ts';
import { spendPermit } from './hold-rows.ts';
import { isEverybodys, isolated, type StuckObjects } from './isolated.ts';
import { ifUnchanged, loadObjects, partitionKeyOf, writeObject, type Place } from './object-rows.ts';
import type { Pipeline } from './pipeline.ts';
import { isUnknown, type PreparedPlan } from './prepared.ts';
import { newRun, type Run } from './run.ts';

/** An attempt blocks its object so long when its process dies. */
const attemptMs = 40_000;

/** Marks all attempts in one transaction; where that conflicts, one by one, and the conflicting object waits its turn. */
export async function beginAttempts(
  pipeline: Pipeline,
  place: Place,
  acting: readonly Acting[],
  { owner, stuck }: { readonly owner: string; readonly stuck: StuckObjects },
): Promise<ReadonlyMap<Run, GuardAnswer>> {
  const now = pipeline.clock.now();
  const until = now + attemptMs;
  const marked = acting.map((one) => ({ one, writes: attemptWrites(one, owner, until) }));
  const isAll =
    marked.length === 0 ||
    (await isMarked(
      pipeline,
      place,
      marked.flatMap(({ writes }) => writes),
    ));
  const runs = new Map<Run, GuardAnswer>();
  for (const { one, writes } of marked) {
    await isolated(pipeline, place, one.due, stuck, async () => {
      const isMine =
        isAll ||
        (await ifUnchanged(() => pipeline.tables.transact('Objects', partitionKeyOf(place), writes))) ||
        (await isMarkedBy(pipeline, place, one.due.key, owner));
      if (!isMine) return;
      const allowed = await withPermits(pipeline, place, one, owner);
      const run = newRun(one.prepared, { rank: one.due.rank, until }, firstSteps(one.prepared, allowed, now));
      // A permit was spent or rejected in between: what it was for is judged again.
      run.isReplanned = allowed.length < one.guard.allowed.length;
      runs.set(run, one.guard);
    });
  }
  return runs;
}

/** False: not all at once; one of them may be too large or meet a defect. */
async function isMarked(pipeline: Pipeline, place: Place, writes: readonly RowWrite[]): Promise<boolean> {
  try {
    return await ifUnchanged(() => pipeline.tables.transact('Objects', partitionKeyOf(place), writes));
  } catch (error) {
    if (isEverybodys(error)) throw error;
    return false;
  }
}

/** The table took the write, its answer was lost, and the repetition met what it had written itself. */
async function isMarkedBy(pipeline: Pipeline, place: Place, key: string, owner: string): Promise<boolean> {
  const loaded = (await loadObjects(pipeline.tables, place, [key])).get(key);
  return loaded?.value.attempt?.owner === owner;
}

function attemptWrites(acting: Acting, owner: string, until: number): RowWrite[] {
  const { due, loaded, prepared, guard } = acting;
  const index = indexRowKey({ rank: due.rank, due: until, kind: 'object', id: due.key });
  const record: ObjectRecord = {
    ...prepared.record,
    attempt: {
      owner,
      until,
      operations: guard.allowed.map(operationHash),
      ...creationOf(prepared, guard.allowed),
      ...namesOf(loaded.value.attempt, prepared),
      ...membersOf(prepared, guard.allowed),
    },
    index,
    isDirty: false,
  };
  return [
    writeObject(record, loaded.etag),
    { kind: 'upsert', rowKey: index, content: {} },
    { kind: 'delete', rowKey: due.rowKey },
  ];
}

/** Those of an attempt whose outcome is unknown stay with it until the outcome is certain. */
function namesOf(before: Attempt | null, { naming }: PreparedPlan): Pick<Attempt, 'names'> {
  const names = [...new Set([...(before?.names ?? []), ...naming.claimed])];
  return names.length === 0 ? {} : { names };
}

function membersOf(
  { uncertainMembers }: PreparedPlan,
  operations: readonly Operation[],
): Pick<Attempt, 'members'> {
  const written = operations.flatMap((one) => {
    if (one.kind === 'add-members') return one.members.map(({ key }) => key);
    return one.kind === 'remove-member' ? [one.member.key] : [];
  });
  const members = [...new Set([...uncertainMembers, ...written])];
  return members.length === 0 ? {} : { members };
}

function creationOf(prepared: PreparedPlan, operations: readonly Operation[]): Pick<Attempt, 'creation'> {
  const create = operations.find((one) => one.kind === 'create');
  if (create === undefined) return {};
  const { cloudClass, anchor } = create;
  return { creation: { sync: prepared.sync.name, cloudClass, anchor } };
}

async function withPermits(
  pipeline: Pipeline,
  place: Place,
  acting: Acting,
  owner: string,
): Promise<readonly Operation[]> {
  const { allowed, permits } = acting.guard;
  const previousOwner = acting.loaded.value.attempt?.owner ?? null;
  const refused: Operation[] = [];
  for (const { hold, operations } of permits)
    if (!(await spendPermit(pipeline, place, hold, owner, previousOwner))) refused.push(...operations);
  return allowed.filter((operation) => !refused.includes(operation));
}

/**
 * A creation whose outcome is unknown begins with a look-up. So does a group with random values: its creation is an upsert,
 * and one that is there already keeps the values it has.
 */
function firstSteps(prepared: PreparedPlan, operations: readonly Operation[], now: number): readonly Step[] {
  const steps = stepsOf(operations);
  const isAsked = isUnknown(prepared.record, now);
  return steps.map((step): Step => {
    if (step.kind !== 'create') return step;
    const { operation } = step;
    const mayOverwrite = operation.cloudClass === 'group' && operation.chosen !== undefined;
    return isAsked || mayOverwrite ? { kind: 'find-anchor', operation, conflict: null } : step;
  });
}
