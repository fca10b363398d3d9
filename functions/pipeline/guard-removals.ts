import { isMember } from '../../shared/fold/fold-member.ts';
import { doubtMessage } from '../../shared/guard/doubt.ts';
import { removalsHash, type Hold } from '../../shared/guard/hold.ts';
import { operationHash, type Operation } from '../../shared/plan/operation.ts';
import { heldState } from '../../shared/state/keys.ts';
import { goneTargets } from './gone-targets.ts';
import type { GuardQuestion, HeldOperation } from './guard-question.ts';
import { heldMessage } from './held-message.ts';
import { putHold } from './hold-rows.ts';
import { closedList } from './pending-members.ts';
import type { Pipeline } from './pipeline.ts';
import { spendBudgets } from './spend-budgets.ts';
import { updateMembers } from './update-members.ts';

type Removal = Extract<Operation, { kind: 'remove-member' }>;

export interface RemovalsAnswer {
  readonly allowed: ReadonlySet<Operation>;
  readonly held: readonly HeldOperation[];
}

/**
 * Decides about the removals of one turn at once, each counted for itself. What exceeds goes into one hold: nobody decides
 * about thousands of members one by one, but about so many of this group. Its members leave the rows that are looked at, so
 * that they neither cost a look nor keep others from their turn.
 */
export async function guardRemovals(
  pipeline: Pipeline,
  question: GuardQuestion,
  operations: readonly Operation[],
): Promise<RemovalsAnswer> {
  const removals = operations.filter((one): one is Removal => one.kind === 'remove-member');
  const { connector } = question.place;
  const isUncounted = question.sync.budgets.removeMembers === undefined;
  if (removals.length === 0 || (isUncounted && question.doubtfulMembers.length === 0))
    return { allowed: new Set(removals), held: [] };
  const keys = removals.map(({ member }) => member.key);
  const gone = await goneTargets(pipeline, connector, keys);
  const losses = removals.filter(({ member }) => !gone.has(member.key));
  const doubtful = losses.filter(({ member }) => question.doubtfulMembers.includes(member.key));
  const counted = losses.filter((one) => !doubtful.includes(one));
  const hashes = new Map(counted.map((one) => [one, operationHash(one)]));
  const draw = { budget: 'removeMembers', path: null } as const;
  const spent = await spendBudgets(pipeline, {
    connector,
    sync: question.sync,
    draw,
    hashes: [...hashes.values()],
    managed: () => question.managed(draw.budget),
  });
  const beyond = counted.filter((one) => !spent.allowed.has(hashes.get(one) ?? ''));
  const message = heldMessage(draw, beyond.length, spent.message);
  const held = [
    ...(await placeTogether(pipeline, question, beyond, { cause: 'budget', draw, message })),
    ...(await placeTogether(pipeline, question, doubtful, { cause: 'doubt', message: doubtMessage })),
  ];
  const kept = new Set<Operation>(held.map(({ operation }) => operation));
  return { allowed: new Set(removals.filter((one) => !kept.has(one))), held };
}

/**
 * First the object names the hold, then the hold is there, then the members wait in it. A crash in between leaves members
 * that are looked at again, and come to the same hold.
 */
async function placeTogether(
  pipeline: Pipeline,
  question: GuardQuestion,
  removals: readonly Removal[],
  why: Pick<Hold, 'cause' | 'draw' | 'message'>,
): Promise<readonly HeldOperation[]> {
  const { place, record, sync, note } = question;
  const [first] = removals;
  if (first === undefined) return [];
  const code = why.cause === 'budget' ? 'GUARD_BUDGET' : 'LDAP_BEHIND';
  const { message } = why;
  const held = removals.map((operation) => ({ operation, code, message, isRejected: false }) as const);
  const applied = new Map(removals.map(({ member }) => [member.key, member.cloudId]));
  const members = [...applied.keys()];
  const hash = removalsHash(first.key, first.cloudId, members);
  if (note !== undefined && !(await note(held, hash))) return held;
  await putHold(pipeline, place.connector, {
    hash,
    key: first.key,
    partition: place.partition,
    operation: 'remove-member',
    sync: sync.name,
    ...why,
    members,
    revision: record.revision,
  });
  const { staged } = record;
  await updateMembers(pipeline, place, first.key, members, (member, row) => {
    // Changed since it was planned: it is looked at again.
    const isStill =
      row.pending === 'ready' &&
      row.applied === applied.get(member) &&
      !isMember(row.state, staged.floor, closedList(staged));
    return isStill ? { ...row, pending: heldState(hash) } : row;
  });
  return held;
}
