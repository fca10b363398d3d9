import { createHash } from 'node:crypto';
import { canonical, type OperationKind } from '../plan/operation.ts';
import type { BudgetDraw } from './budget-draw.ts';

/** Row of table Holds: PartitionKey connector, RowKey hash of the operation. */
export interface Hold {
  readonly hash: string;
  readonly key: string;
  readonly partition: string;
  readonly operation: OperationKind;
  readonly sync: string;
  /**
   * Which rule of caution held it: a budget, a vanished object, a doubtful reading, a changed anchor, a mailbox on premises,
   * an applied plan that does not name it.
   */
  readonly cause: 'plan' | 'budget' | 'vanished' | 'doubt' | 'anchor' | 'mailbox';
  /** Which budget, where one held it; absent in rows of before. */
  readonly draw?: BudgetDraw;
  /** Removals of one group that are decided together: source keys of who of them is held still. */
  readonly members?: readonly string[];
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

/** Names removals of one group that are decided together, whatever becomes of single ones later. */
export function removalsHash(group: string, cloudId: string, members: readonly string[]): string {
  const subject = canonical([cloudId, [...members].sort()]);
  return createHash('sha256').update(`${group}|remove-members|${subject}`).digest('hex').slice(0, 20);
}
