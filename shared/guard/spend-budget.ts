import type { Budget } from '../rules/rule-set.ts';

/** What was spent of one budget, within its rolling time. */
export interface BudgetSpending {
  readonly entries: readonly { readonly hash: string; readonly at: number }[];
}

export interface BudgetVerdict {
  readonly isAllowed: boolean;
  readonly limit: number;
  readonly spent: number;
  readonly next: BudgetSpending;
}

/**
 * Spends one unit of a budget for one operation.
 *
 * Held when either limit is passed: `max` absolute, `percent` of the objects managed, both within the rolling time.
 * An operation that was counted already is not counted again: a repeated attempt costs nothing (SPEC I8).
 */
export function spendBudget(
  budget: Budget,
  spending: BudgetSpending,
  operation: { readonly hash: string; readonly now: number; readonly managed: number },
): BudgetVerdict {
  const { hash, now, managed } = operation;
  const entries = spending.entries.filter((entry) => entry.at > now - budget.perMs);
  // One object is always allowed to go: a percentage of few objects must not stop a small company for ever.
  const limit = Math.min(budget.max, Math.max(1, Math.floor((managed * budget.percent) / 100)));
  if (entries.some((entry) => entry.hash === hash))
    return { isAllowed: true, limit, spent: entries.length, next: { entries } };
  if (budget.max === 0 || entries.length >= limit)
    return {
      isAllowed: false,
      limit: budget.max === 0 ? 0 : limit,
      spent: entries.length,
      next: { entries },
    };
  return {
    isAllowed: true,
    limit,
    spent: entries.length + 1,
    next: { entries: [...entries, { hash, at: now }] },
  };
}
