import type { ErrorCode } from '../../shared/errors/error-codes.ts';
import { budgetDrawOf, countedOperations, type BudgetDraw } from '../../shared/guard/budget-draw.ts';
import { doubtMessage, isHeldInDoubt } from '../../shared/guard/doubt.ts';
import { judgeHold, type Hold } from '../../shared/guard/hold.ts';
import { operationHash, type Operation } from '../../shared/plan/operation.ts';
import { goneTargets } from './gone-targets.ts';
import type { GuardQuestion, HeldOperation, Permit } from './guard-question.ts';
import { guardRemovals } from './guard-removals.ts';
import { heldMessage } from './held-message.ts';
import { closeHolds, loadHold, putHold, waitsForPerson } from './hold-rows.ts';
import type { Pipeline } from './pipeline.ts';
import { spendBudgets } from './spend-budgets.ts';

export interface GuardAnswer {
  /** Updates in parts, as they were counted; stepsOf merges them again. */
  readonly allowed: readonly Operation[];
  /** Hashes that stand in table Holds for this object now; removals of members stand in `memberHolds`. */
  readonly held: readonly string[];
  readonly heldOperations: readonly HeldOperation[];
  readonly hasRejected: boolean;
  /** To be spent once the attempt is marked. */
  readonly permits: readonly Permit[];
  /** Hashes of what the mode leaves, journaled once; null when it leaves nothing. */
  readonly announced: string | null;
  /** Something is kept back for the sake of an applied plan. */
  readonly isShort: boolean;
}

/** Decides operation by operation: what destroys is counted and held where it exceeds; the rest of the object flows. */
export async function guardOperations(pipeline: Pipeline, question: GuardQuestion): Promise<GuardAnswer> {
  const operations = countedOperations(question.operations);
  const removals = await guardRemovals(pipeline, question, operations);
  const allowed: Operation[] = [];
  const held: string[] = [];
  const heldOperations: HeldOperation[] = [...removals.held];
  const permits: Permit[] = [];
  for (const operation of operations) {
    if (operation.kind === 'remove-member') {
      if (removals.allowed.has(operation)) allowed.push(operation);
      continue;
    }
    const verdict = await judge(pipeline, question, operation);
    if (verdict.kind === 'allowed') {
      allowed.push(operation);
      if (verdict.permit !== null) permits.push({ hold: verdict.permit, operations: [operation] });
    } else {
      held.push(operationHash(operation));
      const { code, message } = verdict;
      heldOperations.push({ operation, code, message, isRejected: verdict.kind === 'rejected' });
    }
  }
  const kept = countedOperations(question.kept).map(operationHash);
  const permitted = permits.map(({ hold }) => hold);
  const gone = question.record.holds.filter(
    (hash) => ![held, permitted, kept].some((some) => some.includes(hash)),
  );
  await closeHolds(pipeline, question.place.connector, gone);
  held.push(...question.record.holds.filter((hash) => kept.includes(hash)));
  const isDisableHeld = heldOperations.some(({ operation }) => operation.kind === 'disable');
  return {
    allowed: isDisableHeld ? withoutRevocation(allowed) : allowed,
    held,
    heldOperations,
    hasRejected: heldOperations.some(({ isRejected }) => isRejected),
    permits,
    announced: question.announced,
    isShort: false,
  };
}

type Verdict =
  | { readonly kind: 'allowed'; readonly permit: string | null }
  | { readonly kind: 'held' | 'rejected'; readonly code: ErrorCode | null; readonly message: string };

async function judge(pipeline: Pipeline, question: GuardQuestion, operation: Operation): Promise<Verdict> {
  const { place, record } = question;
  const free: Verdict = { kind: 'allowed', permit: null };
  // Goes with its disable, see withoutRevocation: a person decides about both at once.
  if (operation.kind === 'revoke-sessions') return free;
  const caution = cautionAbout(question, operation);
  const draw = caution === null ? budgetDrawOf(operation) : null;
  if (caution === null && (draw === null || question.sync.budgets[draw.budget] === undefined)) return free;
  const hash = operationHash(operation);
  const row = await loadHold(pipeline, place.connector, hash);
  if (row !== null && row.value.status !== 'overtaken') {
    const verdict = judgeHold(row.value, record.attempt?.owner ?? null, pipeline.clock.now());
    if (verdict === 'allowed') return { kind: 'allowed', permit: hash };
    if (verdict === 'rejected')
      return { kind: 'rejected', code: 'GUARD_BUDGET', message: `rejected by ${row.value.decidedBy ?? ''}` };
    const cause = caution?.cause ?? 'budget';
    if (waitsForPerson(row.value, { cause, revision: record.revision ?? null }))
      return { kind: 'held', code: codeOf(row.value.cause), message: row.value.message };
  }
  const before = row?.value ?? null;
  if (draw === null) return placeHold(pipeline, question, operation, { ...(caution ?? vanished), before });
  const message = await overBudget(pipeline, question, operation, draw);
  if (message === null) return free;
  return placeHold(pipeline, question, operation, { cause: 'budget', message, draw, before });
}

const unnamedMessage =
  'the plan that was applied does not name it: approve it, or make a plan again and apply that';

const vanished = { cause: 'vanished', message: '' } as const;

/** Held whatever its budget says; null: the budget decides. */
function cautionAbout(
  { caution, record, isUnnamed }: GuardQuestion,
  operation: Operation,
): Pick<Hold, 'cause' | 'message'> | null {
  if (caution !== null && (caution.cause === 'vanished' || operation.kind === 'create')) return caution;
  if (isUnnamed?.(operation) === true) return { cause: 'plan', message: unnamedMessage };
  if (record.staged.doubt === undefined || !isHeldInDoubt(operation)) return null;
  return { cause: 'doubt', message: doubtMessage };
}

/** Null: it fits, or is no loss. */
async function overBudget(
  pipeline: Pipeline,
  question: GuardQuestion,
  operation: Operation,
  draw: BudgetDraw,
): Promise<string | null> {
  const { connector } = question.place;
  if (operation.kind === 'clear-reference') {
    const target = question.record.references[operation.name];
    if (target !== undefined && (await goneTargets(pipeline, connector, [target])).has(target)) return null;
  }
  const hash = operationHash(operation);
  const spent = await spendBudgets(pipeline, {
    connector,
    sync: question.sync,
    draw,
    hashes: [hash],
    managed: () => question.managed(draw.budget),
  });
  return spent.allowed.has(hash) ? null : heldMessage(draw, 1, spent.message);
}

function codeOf(cause: Hold['cause']): ErrorCode | null {
  if (cause === 'budget') return 'GUARD_BUDGET';
  if (cause === 'doubt') return 'LDAP_BEHIND';
  if (cause === 'plan') return 'NOT_IN_PLAN';
  return cause === 'vanished' ? 'VANISHED' : null;
}

async function placeHold(
  pipeline: Pipeline,
  question: GuardQuestion,
  operation: Operation,
  { before, ...why }: Pick<Hold, 'cause' | 'message' | 'draw'> & { readonly before: Hold | null },
): Promise<Verdict> {
  const { place, record, sync } = question;
  const hash = operationHash(operation);
  const code = codeOf(why.cause);
  const { message } = why;
  const verdict: Verdict = { kind: 'held', code, message };
  // Held for something else than before, it is told anew.
  const isNoted = record.holds.includes(hash) && (before === null || before.cause === why.cause);
  if (
    !isNoted &&
    question.note !== undefined &&
    !(await question.note([{ operation, code, message, isRejected: false }], hash))
  )
    return verdict;
  await putHold(pipeline, place.connector, {
    hash,
    key: operation.key,
    partition: place.partition,
    operation: operation.kind,
    sync: sync.name,
    revision: record.revision,
    ...why,
  });
  return verdict;
}

/** Sessions are revoked because of a disable: where that is held, nobody is thrown out. */
function withoutRevocation(operations: readonly Operation[]): readonly Operation[] {
  return operations.filter((one) => one.kind !== 'revoke-sessions');
}
