import type { BudgetDraw } from './budget-draw.ts';

/** RowKey of table Budgets, whose PartitionKey is the source connector. */
export const budgetRowKey = (sync: string, { budget, path }: BudgetDraw): string =>
  [sync, budget, ...(path === null ? [] : [path])].join('|');
