import type { RuleSet } from '../../shared/rules/rule-set.ts';

/** The revision this process works with. */
export interface RulesInForce {
  readonly revision: number;
  /** Of what was read: rules and containers. */
  readonly generation: number;
  readonly rules: RuleSet;
  /** Containers that scopes name, by connector: lower-case DN to source key, as the agent resolved them. */
  readonly containers: Readonly<Record<string, ReadonlyMap<string, string>>>;
}

export interface RulesSource {
  /** Null before the first revision is published. Reads again when what it holds is of an older generation than `atLeast`. */
  inForce(atLeast: number): Promise<RulesInForce | null>;
  /** Forget what is cached, and what is being read just now: something newer is known to be stored. */
  refresh(): void;
}
