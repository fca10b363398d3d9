import type { AppliedPlan } from '../../shared/state/applied-plan.ts';
import type { ResolvedRules } from '../../shared/plan/project-object.ts';

/** The revision this process works with. */
export interface RulesInForce extends ResolvedRules {
  readonly revision: number;
  /** Of what was read: rules and containers. */
  readonly generation: number;
  /** Absent: published without a plan. */
  readonly apply?: AppliedPlan;
}

export interface RulesSource {
  /** Null before the first revision is published. Reads again when what it holds is of an older generation than `atLeast`. */
  inForce(atLeast: number): Promise<RulesInForce | null>;
  /** An earlier one, as it was in force last; null where it is not stored or means nothing to this version. */
  earlier(revision: number): Promise<ResolvedRules | null>;
  /** Forget what is cached, and what is being read just now: something newer is known to be stored. */
  refresh(): void;
}
