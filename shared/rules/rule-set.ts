import type { CloudClass } from '../model/link.ts';
import type { CompiledExpression } from './expressions/compiled-expression.ts';
import type { TargetProperty } from './target-properties.ts';

/** Rules of one revision: checked, merged and compiled. Nothing in it changes. */
export interface RuleSet {
  /** SHA-256 (hex) of the canonical content: comments, spacing and the split into files do not count. */
  readonly hash: string;
  /** For `%Name%` of the connect dialect. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly connectors: Readonly<Record<string, ConnectorRule>>;
  /** By precedence, then by name. */
  readonly syncs: readonly Sync[];
}

export type ConnectorType = 'active-directory' | 'entra';

export interface ConnectorRule {
  readonly name: string;
  readonly type: ConnectorType;
}

/** One stream of objects: from a class of a source connector to a class of the cloud. */
export interface Sync {
  readonly name: string;
  /** The source. */
  readonly connector: string;
  readonly cloudConnector: string;
  /** `user` counts inetOrgPerson in. */
  readonly sourceClass: 'user' | 'group';
  readonly targetClass: CloudClass;
  /** Lower wins where several syncs write the same attribute of the same object. */
  readonly precedence: number;
  readonly scope: Scope;
  readonly anchor: AnchorRule;
  readonly match: readonly MatchRule[];
  readonly lifecycle: Lifecycle;
  readonly budgets: Budgets;
  /** In the order of their target paths. */
  readonly flows: readonly Flow[];
}

export interface Scope {
  /** Any of them must contain the object; none: the whole forest. */
  readonly under: readonly ScopeContainer[];
  /** All must be true. */
  readonly where: readonly CompiledExpression[];
  readonly exclude: 'defaults' | 'none';
}

/** A container by DN (resolved to a key by the agent) or by its objectGUID. */
export type ScopeContainer =
  { readonly kind: 'dn'; readonly dn: string } | { readonly kind: 'guid'; readonly key: string };

export interface AnchorRule {
  /** First one that is not empty wins. */
  readonly from: readonly string[];
  readonly to: 'onPremisesImmutableId' | 'uniqueName';
  /** Form of the raw bytes. */
  readonly as: 'base64' | 'hex' | 'text';
}

/** Switched-on matching of existing cloud objects; off when there is none. */
export interface MatchRule {
  readonly source: CompiledExpression;
  readonly target: string;
}

/** An action when an object leaves, and how long the cloud object then stays. */
export interface LeaveRule {
  readonly action: 'disable' | 'delete' | 'keep';
  /** With `delete`: grace before it (0: at once). With `disable`: deleted so long after; null: never. With `keep`: null. */
  readonly deleteAfterMs: number | null;
}

export interface Lifecycle {
  readonly disabled: { readonly action: 'disable' | 'keep'; readonly revokeSessions: boolean };
  readonly leftScope: LeaveRule;
  readonly deleted: LeaveRule;
  readonly returned: 'restore' | 'create';
}

/** `blank` stands for as many budgets as there are target properties: each is counted for itself. */
export type BudgetName = 'delete' | 'disable' | 'removeMembers' | 'blank' | 'rename' | 'groupType';

/** What exceeds either limit within the rolling time is held. */
export interface Budget {
  readonly max: number;
  readonly percent: number;
  /** So many may go whatever the percentage, but never more than `max`. */
  readonly atLeast: number;
  readonly perMs: number;
}

export type Budgets = Readonly<Partial<Record<BudgetName, Budget>>>;

export type Flow = ValueFlow | ReferenceFlow | MembersFlow;

/** A value computed from the staged object. */
export interface ValueFlow {
  readonly kind: 'value';
  readonly target: TargetProperty;
  readonly expression: CompiledExpression;
  readonly whenNull: 'clear' | 'keep';
  readonly apply: 'always' | 'create';
}

/** A single-valued reference (manager): a source key until the planner knows the cloud id. */
export interface ReferenceFlow {
  readonly kind: 'reference';
  readonly target: 'manager';
  readonly attribute: string;
}

/** Members, carried value by value. */
export interface MembersFlow {
  readonly kind: 'members';
  readonly target: 'members';
  readonly attribute: 'member';
  readonly primaryGroup: boolean;
}
