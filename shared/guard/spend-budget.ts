import type { Budget } from '../rules/rule-set.ts';

/** What was spent of one budget, within its rolling time. */
export interface BudgetSpending {
  readonly entries: readonly BudgetEntry[];
}

export interface BudgetEntry {
  /** Of the operation; empty where `count` old ones share the entry. */
  readonly hash: string;
  readonly at: number;
  readonly count?: number;
}

export interface BudgetVerdict {
  /** Hashes that may go: counted now or before. */
  readonly allowed: ReadonlySet<string>;
  readonly limit: number;
  readonly spent: number;
  /** Null: nothing was counted, the row stays as it is. */
  readonly next: BudgetSpending | null;
}

/**
 * Spends one unit of a budget for each operation, first come first served.
 *
 * Held when either limit is passed: `max` absolute, `percent` of the objects managed, both within the rolling time.
 * An operation that was counted already is not counted again: a repeated attempt costs nothing (SPEC I8).
 */
export function spendBudget(
  budget: Budget,
  spending: BudgetSpending,
  question: { readonly hashes: readonly string[]; readonly now: number; readonly managed: number },
): BudgetVerdict {
  const { hashes, now, managed } = question;
  const entries = spending.entries.filter((entry) => entry.at > now - budget.perMs);
  const known = new Set(entries.map((entry) => entry.hash));
  const before = entries.reduce((sum, entry) => sum + (entry.count ?? 1), 0);
  const limit = limitOf(budget, managed);
  const fresh = [...new Set(hashes)].filter((hash) => !known.has(hash));
  const counted = fresh.slice(0, Math.max(0, limit - before));
  const allowed = new Set([...hashes.filter((hash) => known.has(hash)), ...counted]);
  const spent = before + counted.length;
  if (counted.length === 0) return { allowed, limit, spent, next: null };
  return {
    allowed,
    limit,
    spent,
    next: { entries: withinRow([...entries, ...counted.map((hash) => ({ hash, at: now }))]) },
  };
}

/** So many always go, one at least: a percentage of few objects must not stop a small company for ever. */
function limitOf(budget: Budget, managed: number): number {
  return Math.min(budget.max, Math.max(budget.atLeast, 1, Math.floor((managed * budget.percent) / 100)));
}

/** Named entries that one row holds for certain. */
const namedMax = 4_000;
const bucketMs = 60_000;

/**
 * A budget of many thousands must not outgrow its row: the oldest half is kept as numbers by the minute. What is
 * repeated of it is counted twice, which errs on the side of holding.
 */
function withinRow(entries: readonly BudgetEntry[]): readonly BudgetEntry[] {
  if (entries.length <= namedMax) return entries;
  const sorted = [...entries].sort((a, b) => a.at - b.at);
  const old = sorted.slice(0, namedMax / 2);
  const buckets = Map.groupBy(old, ({ at }) => Math.floor(at / bucketMs));
  const numbers = [...buckets.values()].map((some) => ({
    hash: '',
    at: Math.max(...some.map(({ at }) => at)),
    count: some.reduce((sum, { count }) => sum + (count ?? 1), 0),
  }));
  return [...numbers, ...sorted.slice(namedMax / 2)];
}
