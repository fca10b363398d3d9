import { budgetDrawOf, countedOperations, type BudgetDraw } from '../../shared/guard/budget-draw.ts';
import { budgetRowKey } from '../../shared/guard/budget-row-key.ts';
import { doubtMessage, isHeldInDoubt } from '../../shared/guard/doubt.ts';
import { permitMs, type Hold } from '../../shared/guard/hold.ts';
import { spendBudget, type BudgetSpending } from '../../shared/guard/spend-budget.ts';
import { operationHash, type Operation } from '../../shared/plan/operation.ts';
import type { Budget, Sync } from '../../shared/rules/rule-set.ts';
import type { Reading } from '../command-context.ts';
import type { HeldPart, PlannedObject } from './planned-object.ts';
import type { Survey } from './survey.ts';

/** What one budget of the planned rules would let through. */
export interface BudgetForecast {
  readonly connector: string;
  readonly sync: string;
  readonly budget: BudgetDraw['budget'];
  readonly path: string | null;
  readonly planned: number;
  readonly held: number;
  readonly max: number;
  readonly percent: number;
  /** Objects that the percentage is of. */
  readonly managed: number;
  /** So many may go within the rolling time, and so many went before. */
  readonly limit: number;
  readonly spentBefore: number;
}

export interface GuardQuestion {
  readonly survey: Survey;
  /** By hash, of this connector. */
  readonly holds: ReadonlyMap<string, Hold>;
  /** Linked objects by sync, as the guard counts them. */
  readonly linked: Readonly<Record<string, number>>;
  readonly now: number;
}

interface Counted {
  readonly object: PlannedObject;
  readonly operation: Operation;
}

interface Till {
  readonly sync: Sync;
  readonly draw: BudgetDraw;
  readonly budget: Budget;
  readonly counted: Map<string, Counted>;
}

/** Which operations the guard would hold, by the budgets that the planned rules give it. */
export async function forecastGuard(
  tables: Reading,
  question: GuardQuestion,
): Promise<readonly BudgetForecast[]> {
  const { survey } = question;
  const tills = new Map<string, Till>();
  const held = new Map<PlannedObject, HeldPart[]>();
  const hold = (object: PlannedObject, part: HeldPart): void => {
    const parts = held.get(object) ?? [];
    held.set(object, parts);
    parts.push(part);
  };
  for (const object of survey.planned)
    for (const operation of countedOperations(object.operations)) {
      const part = heldAnyway(question, object, operation) ?? drawn(question, object, operation, tills);
      if (part !== null) hold(object, part);
    }
  const forecasts: BudgetForecast[] = [];
  for (const [rowKey, till] of tills) {
    const row = await tables.get('Budgets', survey.connector, rowKey);
    const spending = (row?.data as BudgetSpending | undefined) ?? { entries: [] };
    forecasts.push(spend(question, till, spending, hold));
  }
  for (const [object, parts] of held) object.held = parts;
  return forecasts.sort((a, b) => b.held - a.held || b.planned - a.planned);
}

/** Whatever its budget says. Null: the budget decides. */
function heldAnyway(
  { holds, now }: GuardQuestion,
  object: PlannedObject,
  operation: Operation,
): HeldPart | null {
  const { caution } = object;
  const isLookedAt = operation.kind !== 'revoke-sessions';
  if (caution !== null && isLookedAt && (caution.cause === 'vanished' || operation.kind === 'create'))
    return permitted(holds, operation, now) ? null : { operation, ...caution };
  const isDoubtful =
    operation.kind === 'remove-member'
      ? object.doubtfulMembers.has(operation.member.key)
      : object.isDoubtful && isHeldInDoubt(operation);
  return isDoubtful && !permitted(holds, operation, now)
    ? { operation, cause: 'doubt', message: doubtMessage }
    : null;
}

function permitted(holds: GuardQuestion['holds'], operation: Operation, now: number): boolean {
  const hold = holds.size === 0 ? undefined : holds.get(operationHash(operation));
  return hold?.status === 'approved' && now - (hold.decidedAt ?? 0) < permitMs;
}

/** Puts what a budget counts on its till; @returns what a person has refused for good. */
function drawn(
  question: GuardQuestion,
  object: PlannedObject,
  operation: Operation,
  tills: Map<string, Till>,
): HeldPart | null {
  const draw = budgetDrawOf(operation);
  const budget = draw === null ? undefined : object.sync.budgets[draw.budget];
  if (draw === null || budget === undefined || isNoLoss(question.survey, object, operation)) return null;
  const hash = operationHash(operation);
  const hold = question.holds.get(hash);
  if (hold?.status === 'rejected')
    return { operation, cause: 'rejected', message: `rejected by ${hold.decidedBy ?? 'somebody'}` };
  if (permitted(question.holds, operation, question.now)) return null;
  const rowKey = budgetRowKey(object.sync.name, draw);
  const till = tills.get(rowKey) ?? { sync: object.sync, draw, budget, counted: new Map<string, Counted>() };
  tills.set(rowKey, till);
  till.counted.set(hash, { object, operation });
  return null;
}

/** A link to who has left for good is not counted. */
function isNoLoss({ targets }: Survey, object: PlannedObject, operation: Operation): boolean {
  const isGone = (key: string | undefined): boolean =>
    key !== undefined && targets.get(key)?.isGone !== false;
  if (operation.kind === 'remove-member') return isGone(operation.member.key);
  return operation.kind === 'clear-reference' && isGone(object.references[operation.name]);
}

function spend(
  { survey, linked, now }: GuardQuestion,
  { sync, draw, budget, counted }: Till,
  spending: BudgetSpending,
  hold: (object: PlannedObject, part: HeldPart) => void,
): BudgetForecast {
  const all = Object.values(linked).reduce((sum, count) => sum + count, 0);
  const managed = draw.budget === 'removeMembers' ? all : (linked[sync.name] ?? 0);
  const verdict = spendBudget(budget, spending, { hashes: [...counted.keys()], now, managed });
  const beyond = [...counted].filter(([hash]) => !verdict.allowed.has(hash));
  const { max, percent } = budget;
  const message = `beyond the budget (${max} at most, ${percent} % of ${managed} objects)`;
  for (const [, { object, operation }] of beyond) hold(object, { operation, cause: 'budget', message });
  const before = spending.entries.filter(({ at }) => at > now - budget.perMs);
  return {
    connector: survey.connector,
    sync: sync.name,
    ...draw,
    planned: counted.size,
    held: beyond.length,
    ...{ max, percent, managed },
    limit: verdict.limit,
    spentBefore: before.reduce((sum, { count }) => sum + (count ?? 1), 0),
  };
}
