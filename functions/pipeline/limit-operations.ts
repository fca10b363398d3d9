import type { Operation } from '../../shared/plan/operation.ts';
import { partForLimit, planLimit, type PlanLimit } from '../../shared/plan/plan-limit.ts';
import { appliedPlanMs, type AppliedPlan } from '../../shared/state/applied-plan.ts';
import type { ObjectRecord } from '../../shared/state/object-record.ts';
import type { Place } from './object-rows.ts';
import type { Mode, Pipeline } from './pipeline.ts';
import { planHashes } from './plan-hashes.ts';
import { isUnknown, type PreparedPlan } from './prepared.ts';
import type { RulesInForce } from './rules-source.ts';

/** The plan that binds what rules come to; null: none was applied, or the function app is in another mode since. */
export function bindingPlan(inForce: RulesInForce | null, mode: Mode): AppliedPlan | null {
  const apply = inForce?.apply;
  return apply?.mode === mode ? apply : null;
}

/** Operations of an object as mode and applied plan leave them. */
export interface Limited {
  /** For the guard to decide about; updates in parts where a plan binds them. */
  readonly operations: readonly Operation[];
  /** Not written in this mode, or by this plan. */
  readonly left: readonly Operation[];
  /** Held for a person: only the new rules bring it, and the plan does not name it. */
  readonly isUnnamed: (operation: Operation) => boolean;
}

/** Decides what of a plan may go to the guard. A plan that was applied is carried out in whatever mode. */
export async function limitOperations(
  pipeline: Pipeline,
  place: Place,
  { record, operations }: PreparedPlan,
  apply: AppliedPlan | null,
): Promise<Limited> {
  const isLeft = leftBy(pipeline.mode);
  const { limitedBy } = record;
  if (apply === null || limitedBy?.plan !== apply.id || operations.length === 0)
    return {
      operations: operations.filter((one) => !isLeft(one)),
      left: operations.filter(isLeft),
      isUnnamed: () => false,
    };
  const limit = await limitOf(pipeline, place, record, { ...apply, base: limitedBy.base });
  const parted = operations.flatMap((one) => partForLimit(one, limit));
  const unnamed = new Set(parted.filter((one) => !isLetThrough(limit, one)));
  // Additions have no hold of their own: they stay to be done until a plan names them.
  const left = parted.filter((one) =>
    limit.isNamed(one) || limit.makesCertain(one)
      ? false
      : isLeft(one) || (one.kind === 'add-members' && unnamed.has(one)),
  );
  return {
    operations: parted.filter((one) => !left.includes(one)),
    left,
    isUnnamed: (operation) => unnamed.has(operation),
  };
}

const isLetThrough = (limit: PlanLimit, operation: Operation): boolean =>
  limit.isNamed(operation) || limit.isAsBefore(operation);

async function limitOf(
  pipeline: Pipeline,
  place: Place,
  record: ObjectRecord,
  apply: AppliedPlan,
): Promise<PlanLimit> {
  const now = pipeline.clock.now();
  const isOld = now - apply.at >= appliedPlanMs;
  const [named, before] = await Promise.all([
    isOld ? new Set<string>() : planHashes(pipeline.tables, place, apply, record.staged.key),
    pipeline.rules.earlier(apply.base),
  ]);
  return planLimit({
    named,
    before,
    connector: place.connector,
    record,
    appliedAt: apply.at,
    isAppliedUnknown: isUnknown(record, now),
    now,
  });
}

/** Plan mode leaves everything, upsert-only what takes away. */
function leftBy(mode: Mode): (operation: Operation) => boolean {
  if (mode === 'plan') return () => true;
  return mode === 'full' ? () => false : isDestructive;
}

const isDestructive = (operation: Operation): boolean =>
  ['delete', 'disable', 'revoke-sessions', 'remove-member'].includes(operation.kind);

/**
 * Binds an object to a plan. What an earlier plan has kept back of it is no more named by this one for having waited: the
 * rules of before that one stay the measure.
 */
export function bindTo(record: ObjectRecord, apply: AppliedPlan | null): ObjectRecord {
  if (apply === null) return unbound(record);
  const base = Math.min(apply.base, record.limitedBy?.base ?? apply.base);
  return { ...record, limitedBy: { plan: apply.id, base } };
}

/** All that the plan has kept back is done or gone; in plan mode what it names may still come, piece by piece. */
export function unbound(record: ObjectRecord): ObjectRecord {
  const { limitedBy: _before, ...rest } = record;
  return rest;
}
