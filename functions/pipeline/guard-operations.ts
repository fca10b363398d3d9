import type { ErrorCode } from '../../shared/errors/error-codes.ts';
import { budgetOf, judgeHold, type Hold } from '../../shared/guard/hold.ts';
import { spendBudget, type BudgetSpending } from '../../shared/guard/spend-budget.ts';
import { operationHash, type Operation } from '../../shared/plan/operation.ts';
import type { Sync } from '../../shared/rules/rule-set.ts';
import type { ObjectRecord } from '../../shared/state/object-record.ts';
import { putRow } from '../../shared/state/put-row.ts';
import { inTurn } from './in-turn.ts';
import { recentManagedCount } from './managed-count.ts';
import { readRow, untilSettled, type Place } from './object-rows.ts';
import type { Pipeline } from './pipeline.ts';

export interface GuardQuestion {
  readonly place: Place;
  readonly sync: Sync;
  readonly record: ObjectRecord;
  readonly operations: readonly Operation[];
  /** Hashes that are planned but left by the mode: their holds stay as they are. */
  readonly kept: readonly string[];
  readonly announced: string | null;
  /** Held whatever the budget says: a vanished object, a mailbox on premises. */
  readonly caution: { readonly cause: 'vanished' | 'mailbox'; readonly message: string } | null;
  /** Linked objects of the sync, the base of percentages; read only where a budget is asked. */
  readonly managed: () => Promise<number>;
  /** Asked before a new operation is put into table Holds; false: the object was changed, and nothing is put there. */
  readonly note?: (held: HeldOperation) => Promise<boolean>;
}

export interface GuardAnswer {
  readonly allowed: readonly Operation[];
  /** Hashes that stand in table Holds for this object now. */
  readonly held: readonly string[];
  readonly heldOperations: readonly HeldOperation[];
  readonly hasRejected: boolean;
  /** Permits to be spent once the attempt is marked. */
  readonly permits: readonly string[];
  /** Hashes of what the mode leaves, journaled once; null when it leaves nothing. */
  readonly announced: string | null;
}

export interface HeldOperation {
  readonly operation: Operation;
  readonly code: ErrorCode | null;
  readonly message: string;
  readonly isRejected: boolean;
}

/** Decides operation by operation: what destroys is counted and held where it exceeds; the rest of the object flows. */
export async function guardOperations(pipeline: Pipeline, question: GuardQuestion): Promise<GuardAnswer> {
  const allowed: Operation[] = [];
  const held: string[] = [];
  const heldOperations: HeldOperation[] = [];
  const permits: string[] = [];
  let hasRejected = false;
  for (const operation of question.operations) {
    // Goes with its disable, see withoutRevocation: a person decides about both at once.
    if (operation.kind === 'revoke-sessions') {
      allowed.push(operation);
      continue;
    }
    const isCautious =
      question.caution !== null && (question.caution.cause === 'vanished' || operation.kind === 'create');
    const budget = budgetOf(operation.kind);
    if (!isCautious && (budget === null || question.sync.budgets[budget] === undefined)) {
      allowed.push(operation);
      continue;
    }
    const verdict = await judge(pipeline, question, operation, isCautious);
    if (verdict.kind === 'allowed') {
      allowed.push(operation);
      if (verdict.permit !== null) permits.push(verdict.permit);
    } else {
      held.push(operationHash(operation));
      heldOperations.push({
        operation,
        code: verdict.code,
        message: verdict.message,
        isRejected: verdict.kind === 'rejected',
      });
      hasRejected ||= verdict.kind === 'rejected';
    }
  }
  const gone = question.record.holds.filter(
    (hash) => ![held, permits, question.kept].some((some) => some.includes(hash)),
  );
  await closeHolds(pipeline, question.place.connector, gone);
  held.push(...question.record.holds.filter((hash) => question.kept.includes(hash)));
  const isDisableHeld = heldOperations.some(({ operation }) => operation.kind === 'disable');
  return {
    allowed: isDisableHeld ? withoutRevocation(allowed) : allowed,
    held,
    heldOperations,
    hasRejected,
    permits,
    announced: question.announced,
  };
}

type Verdict =
  | { readonly kind: 'allowed'; readonly permit: string | null }
  | { readonly kind: 'held' | 'rejected'; readonly code: ErrorCode | null; readonly message: string };

async function judge(
  pipeline: Pipeline,
  question: GuardQuestion,
  operation: Operation,
  isCautious: boolean,
): Promise<Verdict> {
  const hash = operationHash(operation);
  const now = pipeline.clock.now();
  const row = readRow<Hold>(await pipeline.tables.get('Holds', question.place.connector, hash));
  if (row !== null && row.value.status !== 'overtaken') {
    const verdict = judgeHold(row.value, question.record.attempt?.owner ?? null, now);
    if (verdict === 'allowed') return { kind: 'allowed', permit: hash };
    if (verdict === 'rejected')
      return { kind: 'rejected', code: 'GUARD_BUDGET', message: `rejected by ${row.value.decidedBy ?? ''}` };
    if (waitsForPerson(row.value, question.record.revision))
      return { kind: 'held', code: codeOf(row.value.cause), message: row.value.message };
  }
  if (!isCautious) {
    const spent = await spend(pipeline, question, operation, hash);
    if (spent.isAllowed) return { kind: 'allowed', permit: null };
    await placeHold(pipeline, question, operation, { cause: 'budget', message: spent.message });
    return { kind: 'held', code: 'GUARD_BUDGET', message: spent.message };
  }
  const caution = question.caution ?? { cause: 'vanished', message: '' };
  await placeHold(pipeline, question, operation, caution);
  return {
    kind: 'held',
    code: codeOf(caution.cause),
    message: caution.message,
  };
}

/**
 * What is held waits for a person, although its budget has room again meanwhile: whether it went would else depend on
 * what happens to touch the object. Only rules published since let the budget be asked anew (ADR 0012).
 */
function waitsForPerson(hold: Hold, revision: number | null): boolean {
  return hold.status === 'held' && (hold.revision ?? null) === revision;
}

async function spend(pipeline: Pipeline, question: GuardQuestion, operation: Operation, hash: string) {
  const name = budgetOf(operation.kind);
  const budget = name === null ? undefined : question.sync.budgets[name];
  if (budget === undefined) return { isAllowed: true, message: '' };
  const rowKey = `${question.sync.name}|${name ?? ''}`;
  const attempt = async (managed: number) => {
    const now = pipeline.clock.now();
    const row = readRow<BudgetSpending>(
      await pipeline.tables.get('Budgets', question.place.connector, rowKey),
    );
    const verdict = spendBudget(budget, row?.value ?? { entries: [] }, { hash, now, managed });
    if (verdict.isAllowed) {
      const content = { data: verdict.next };
      await pipeline.tables.transact('Budgets', question.place.connector, [
        putRow(rowKey, content, row?.etag ?? null),
      ]);
    }
    const message = `${verdict.spent} of ${verdict.limit} spent (${budget.max} at most, ${budget.percent} % of ${managed} objects)`;
    return { isAllowed: verdict.isAllowed, message };
  };
  const spendOf = (managed: number) =>
    inTurn(pipeline.tables, `budget ${question.place.connector}|${rowKey}`, () =>
      untilSettled(() => attempt(managed), pipeline),
    );
  const managed = await question.managed();
  const spent = await spendOf(managed);
  if (spent.isAllowed) return spent;
  const recent = await recentManagedCount(pipeline, question.place.connector, question.sync.name);
  return recent > managed ? spendOf(recent) : spent;
}

function codeOf(cause: Hold['cause']): ErrorCode | null {
  if (cause === 'budget') return 'GUARD_BUDGET';
  return cause === 'vanished' ? 'VANISHED' : null;
}

async function placeHold(
  pipeline: Pipeline,
  question: GuardQuestion,
  operation: Operation,
  why: { readonly cause: Hold['cause']; readonly message: string },
): Promise<void> {
  const { connector, partition } = question.place;
  const hash = operationHash(operation);
  const isNoted = question.record.holds.includes(hash) || question.note === undefined;
  if (
    !isNoted &&
    !(await question.note({ operation, code: codeOf(why.cause), message: why.message, isRejected: false }))
  )
    return;
  await untilSettled(async () => {
    const row = readRow<Hold>(await pipeline.tables.get('Holds', connector, hash));
    if (row !== null && waitsForPerson(row.value, question.record.revision)) return;
    const hold: Hold = {
      hash,
      key: operation.key,
      partition,
      operation: operation.kind,
      sync: question.sync.name,
      cause: why.cause,
      message: why.message,
      revision: question.record.revision,
      heldAt: row?.value.status === 'held' ? row.value.heldAt : pipeline.clock.now(),
      status: 'held',
      decidedAt: null,
      decidedBy: null,
      spentBy: null,
    };
    const content = { data: hold, tags: { status: hold.status, key: hold.key } };
    await pipeline.tables.transact('Holds', connector, [putRow(hash, content, row?.etag ?? null)]);
  });
}

/**
 * A permit is spent once, by this attempt; false when it is not there any more (spent or rejected meanwhile). Found spent
 * by this very attempt it is ours: the table took the write, and only its answer was lost.
 */
export async function spendPermit(
  pipeline: Pipeline,
  place: Place,
  hash: string,
  owner: string,
  previousOwner: string | null,
): Promise<boolean> {
  let isSpentByUs = false;
  const isSpent = await changeHold(pipeline, place.connector, hash, (hold) => {
    isSpentByUs = hold.status === 'spent' && hold.spentBy === owner;
    if (isSpentByUs || judgeHold(hold, previousOwner, pipeline.clock.now()) !== 'allowed') return null;
    return { ...hold, status: 'spent', spentBy: owner };
  });
  return isSpent || isSpentByUs;
}

/** Changes a hold by ETag; false when it is gone or `change` declines. */
export async function changeHold(
  pipeline: Pick<Pipeline, 'tables'>,
  connector: string,
  hash: string,
  change: (hold: Hold) => Hold | null,
): Promise<boolean> {
  return untilSettled(async () => {
    const row = readRow<Hold>(await pipeline.tables.get('Holds', connector, hash));
    const next = row === null ? null : change(row.value);
    if (row === null || next === null) return false;
    await pipeline.tables.transact('Holds', connector, [
      {
        kind: 'replace',
        rowKey: hash,
        etag: row.etag,
        content: { data: next, tags: { status: next.status, key: next.key } },
      },
    ]);
    return true;
  });
}

/** What was held and is not planned any more closes as overtaken: an approval given later must not carry it out. */
export async function closeHolds(
  pipeline: Pick<Pipeline, 'tables'>,
  connector: string,
  hashes: readonly string[],
): Promise<void> {
  for (const hash of hashes) {
    await changeHold(pipeline, connector, hash, (hold) =>
      hold.status === 'held' || hold.status === 'approved' ? { ...hold, status: 'overtaken' } : null,
    );
  }
}

/** The attempt that spent permits ended without carrying them out, for certain: they may be used again. */
export async function returnPermits(
  pipeline: Pick<Pipeline, 'tables'>,
  connector: string,
  hashes: readonly string[],
  owner: string,
): Promise<void> {
  for (const hash of hashes) {
    await changeHold(pipeline, connector, hash, (hold) =>
      hold.status === 'spent' && hold.spentBy === owner
        ? { ...hold, status: 'approved', spentBy: null }
        : null,
    );
  }
}

/** Sessions are revoked because of a disable: where that is held, nobody is thrown out. */
function withoutRevocation(operations: readonly Operation[]): readonly Operation[] {
  return operations.filter((one) => one.kind !== 'revoke-sessions');
}
