import {
  done,
  elsewhere,
  isLag,
  settleRefusal,
  type Failure,
  type SettleContext,
  type Settlement,
} from './settlement.ts';
import type { Step } from './step.ts';

/** The group is there, so a member is what is not: the list is halved until it is known who. */
export function settleGroupThere(
  { operation }: Extract<Step, { kind: 'find-group' }>,
  context: SettleContext,
): Settlement {
  if (operation.members.length > 1) return { kind: 'instead', steps: halves(operation, true) };
  return elsewhere(
    { code: 'GRAPH_NOT_FOUND', message: 'the member is not there', targets: [], retryAfterMs: null },
    context,
  );
}

function halves(
  operation: Extract<Step, { kind: 'add-members' }>['operation'],
  isGroupThere: boolean,
): Step[] {
  const middle = Math.ceil(operation.members.length / 2);
  return [operation.members.slice(0, middle), operation.members.slice(middle)].map((members) => ({
    kind: 'add-members',
    operation: { ...operation, members },
    isGroupThere,
  }));
}

/** A refused list is halved down to single members, so that one bad value does not keep nineteen good ones out. */
export function settleMembersFailure(
  step: Extract<Step, { kind: 'add-members' }>,
  answer: Failure,
  context: SettleContext,
): Settlement {
  const { operation, isGroupThere = false } = step;
  // Asked even of a group made a moment ago: taking the list apart would cost forty writes each time it is tried again.
  const isWorthAsking = !isLag(context) || operation.members.length > 1;
  if (answer.code === 'GRAPH_NOT_FOUND' && !isGroupThere && isWorthAsking)
    return { kind: 'instead', steps: [{ kind: 'find-group', operation }] };
  const isRefusedList =
    answer.code === 'GRAPH_CONFLICT' ||
    answer.code === 'GRAPH_NOT_FOUND' ||
    answer.code === 'GRAPH_INVALID_VALUE' ||
    answer.code === 'TARGET_PROTECTED' ||
    answer.code === 'GRAPH_FORBIDDEN';
  if (operation.members.length > 1 && isRefusedList)
    return { kind: 'instead', steps: halves(operation, isGroupThere) };
  if (answer.code === 'GRAPH_CONFLICT' && answer.targets.includes('members'))
    return done({ kind: 'members', members: operation.members, isPresent: true });
  if (answer.code === 'GRAPH_NOT_FOUND') return elsewhere(answer, context);
  return settleRefusal(answer);
}
