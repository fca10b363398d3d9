import type { OperationKind } from '../plan/operation.ts';
import type { BudgetName } from '../rules/rule-set.ts';

/** Row of table Holds: PartitionKey connector, RowKey hash of the operation. */
export interface Hold {
  readonly hash: string;
  readonly key: string;
  readonly partition: string;
  readonly operation: OperationKind;
  readonly sync: string;
  /** Which rule of caution held it: a budget, a vanished object, a changed anchor, a mailbox on premises. */
  readonly cause: 'budget' | 'vanished' | 'anchor' | 'mailbox';
  readonly message: string;
  readonly heldAt: number;
  /** Rules revision it was held under; absent in rows of before. */
  readonly revision?: number | null;
  /**
   * held: waits for a person · approved: a permit, spent once and only for this hash · spent: carried out ·
   * rejected: stands for this hash · overtaken: planning no longer reaches it.
   */
  readonly status: 'held' | 'approved' | 'spent' | 'rejected' | 'overtaken';
  readonly decidedAt: number | null;
  readonly decidedBy: string | null;
  /** Attempt that spent the permit: the same attempt may be repeated after a crash. */
  readonly spentBy: string | null;
}

/** An approval that was not used is void after this time: what was true then may not be any more. */
export const permitMs = 7 * 24 * 3_600_000;

export type PermitVerdict = 'allowed' | 'held' | 'rejected';

/** What a hold row says about its operation now. */
export function judgeHold(hold: Hold, attemptOwner: string | null, now: number): PermitVerdict {
  switch (hold.status) {
    case 'rejected':
      return 'rejected';
    case 'approved':
      return now - (hold.decidedAt ?? 0) < permitMs ? 'allowed' : 'held';
    case 'spent':
      return hold.spentBy !== null && hold.spentBy === attemptOwner ? 'allowed' : 'held';
    case 'held':
    case 'overtaken':
      return 'held';
  }
}

/** The budget an operation draws on; null for what destroys nothing. */
export function budgetOf(kind: OperationKind): BudgetName | null {
  if (kind === 'delete') return 'delete';
  return kind === 'disable' ? 'disable' : null;
}
