import type { BudgetDraw } from '../../shared/guard/budget-draw.ts';
import { budgetRowKey } from '../../shared/guard/budget-row-key.ts';
import { spendBudget, type BudgetSpending } from '../../shared/guard/spend-budget.ts';
import type { Sync } from '../../shared/rules/rule-set.ts';
import { putRow } from '../../shared/state/put-row.ts';
import { inTurn } from './in-turn.ts';
import { managedBy } from './managed-count.ts';
import { readRow, untilSettled } from './object-rows.ts';
import type { Pipeline } from './pipeline.ts';

export interface SpendQuestion {
  /** The source. */
  readonly connector: string;
  readonly sync: Sync;
  readonly draw: BudgetDraw;
  readonly hashes: readonly string[];
  /** The base of the percentage, as it was counted some time ago. */
  readonly managed: () => Promise<number>;
}

export interface SpendAnswer {
  readonly allowed: ReadonlySet<string>;
  /** How much of what was spent, and why it was no more. */
  readonly message: string;
}

/** Spends a budget for operations of one object, in one row by its etag; what does not fit is not in the answer. */
export async function spendBudgets(pipeline: Pipeline, question: SpendQuestion): Promise<SpendAnswer> {
  const { connector, sync, draw, hashes } = question;
  const budget = sync.budgets[draw.budget];
  if (budget === undefined) return { allowed: new Set(hashes), message: '' };
  const rowKey = budgetRowKey(sync.name, draw);
  const attempt = async (managed: number): Promise<SpendAnswer> => {
    const now = pipeline.clock.now();
    const row = readRow<BudgetSpending>(await pipeline.tables.get('Budgets', connector, rowKey));
    const verdict = spendBudget(budget, row?.value ?? { entries: [] }, { hashes, now, managed });
    if (verdict.next !== null)
      await pipeline.tables.transact('Budgets', connector, [
        putRow(rowKey, { data: verdict.next }, row?.etag ?? null),
      ]);
    const message = `${verdict.spent} of ${verdict.limit} spent (${budget.max} at most, ${budget.percent} % of ${managed} objects)`;
    return { allowed: verdict.allowed, message };
  };
  const spendOf = (managed: number): Promise<SpendAnswer> =>
    inTurn(pipeline.tables, `budget ${connector}|${rowKey}`, () =>
      untilSettled(() => attempt(managed), pipeline),
    );
  const managed = await question.managed();
  const spent = await spendOf(managed);
  if (spent.allowed.size === new Set(hashes).size) return spent;
  const recent = await managedBy(pipeline, { connector, sync: sync.name, budget: draw.budget }, 'recent');
  return recent > managed ? spendOf(recent) : spent;
}
