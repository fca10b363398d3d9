import type { ErrorCode } from '../../shared/errors/error-codes.ts';
import type { Operation } from '../../shared/plan/operation.ts';
import type { BudgetName, Sync } from '../../shared/rules/rule-set.ts';
import type { ObjectRecord } from '../../shared/state/object-record.ts';
import type { Place } from './object-rows.ts';

export interface GuardQuestion {
  readonly place: Place;
  readonly sync: Sync;
  readonly record: ObjectRecord;
  readonly operations: readonly Operation[];
  /** Only new rules bring it, and the plan that was applied does not name it; absent: no plan binds the object. */
  readonly isUnnamed?: (operation: Operation) => boolean;
  /** Planned but left by the mode: their holds stay as they are. */
  readonly kept: readonly Operation[];
  readonly announced: string | null;
  /** Held whatever the budget says: a vanished object, a mailbox on premises. */
  readonly caution: { readonly cause: 'vanished' | 'mailbox'; readonly message: string } | null;
  /** Members that are missing on a doubtful word alone, of those to be taken out. */
  readonly doubtfulMembers: readonly string[];
  /** Base of the percentage of a budget; read only where a budget is asked. */
  readonly managed: (budget: BudgetName) => Promise<number>;
  /**
   * Asked before new operations are put into table Holds under a hash; false: the object was changed, and nothing is put
   * there.
   */
  readonly note?: (held: readonly HeldOperation[], hash: string) => Promise<boolean>;
}

/** An approval, and what of this plan it lets through. */
export interface Permit {
  readonly hold: string;
  readonly operations: readonly Operation[];
}

export interface HeldOperation {
  readonly operation: Operation;
  readonly code: ErrorCode | null;
  readonly message: string;
  readonly isRejected: boolean;
}
