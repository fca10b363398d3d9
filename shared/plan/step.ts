import type { Operation } from './operation.ts';
import { mergeUpdates } from './part-update.ts';

type Of<K extends Operation['kind']> = Extract<Operation, { kind: K }>;

/**
 * One request to the target. Operations become steps; a step may turn into others when the answer says so (a refused
 * list of members is halved, an ambiguous creation is looked up), so that every way through is a value.
 */
export type Step =
  | { readonly kind: 'create'; readonly operation: Of<'create'> }
  /** Is there an object with our anchor already? After an ambiguous answer or a conflict. */
  | {
      readonly kind: 'find-anchor';
      readonly operation: Of<'create'>;
      readonly conflict: ConflictReport | null;
    }
  /** Is it among the deleted ones? Without a conflict, a creation follows when it is not. */
  | {
      readonly kind: 'find-deleted';
      readonly operation: Of<'create'>;
      readonly conflict: ConflictReport | null;
    }
  | { readonly kind: 'restore'; readonly operation: Of<'restore'> }
  /** One PATCH an object: ordinary values together with enabling or disabling. */
  | {
      readonly kind: 'patch';
      readonly update: Of<'update'> | null;
      readonly account: Of<'enable' | 'disable'> | null;
    }
  | { readonly kind: 'revoke-sessions'; readonly operation: Of<'revoke-sessions'> }
  | { readonly kind: 'set-reference'; readonly operation: Of<'set-reference'> }
  | { readonly kind: 'clear-reference'; readonly operation: Of<'clear-reference'> }
  | {
      readonly kind: 'add-members';
      readonly operation: Of<'add-members'>;
      /** The group was found to be there: who is missing is a member. */
      readonly isGroupThere?: boolean;
    }
  /** Is the group still there? After a 404 that may be a member's. */
  | { readonly kind: 'find-group'; readonly operation: Of<'add-members'> }
  | { readonly kind: 'remove-member'; readonly operation: Of<'remove-member'> }
  | { readonly kind: 'delete'; readonly operation: Of<'delete'> };

export interface ConflictReport {
  readonly targets: readonly string[];
  readonly message: string;
}

/** At most this many values in one PATCH of a group (docs/reference/facts.md). */
export const membersPerWrite = 20;

/** Steps of one object, in the order in which they may be sent; never two at a time. */
export function stepsOf(operations: readonly Operation[]): Step[] {
  const update = mergeUpdates(operations.filter((one): one is Of<'update'> => one.kind === 'update'));
  const account =
    operations.find(
      (one): one is Of<'enable' | 'disable'> => one.kind === 'enable' || one.kind === 'disable',
    ) ?? null;
  const first: Step[] = [];
  const later: Step[] = [];
  for (const operation of operations) {
    if (operation.kind === 'create') first.push({ kind: 'create', operation });
    if (operation.kind === 'restore') first.push({ kind: 'restore', operation });
    if (operation.kind === 'revoke-sessions') later.push({ kind: 'revoke-sessions', operation });
    if (operation.kind === 'set-reference') later.push({ kind: 'set-reference', operation });
    if (operation.kind === 'clear-reference') later.push({ kind: 'clear-reference', operation });
    if (operation.kind === 'remove-member') later.push({ kind: 'remove-member', operation });
    if (operation.kind === 'add-members') later.push(...addSteps(operation));
    if (operation.kind === 'delete') later.push({ kind: 'delete', operation });
  }
  const patch: Step[] = update === null && account === null ? [] : [{ kind: 'patch', update, account }];
  return [...first, ...patch, ...later];
}

function addSteps(operation: Of<'add-members'>): Step[] {
  const steps: Step[] = [];
  for (let at = 0; at < operation.members.length; at += membersPerWrite) {
    steps.push({
      kind: 'add-members',
      operation: { ...operation, members: operation.members.slice(at, at + membersPerWrite) },
    });
  }
  return steps;
}

export function operationsOf(step: Step): readonly Operation[] {
  if (step.kind === 'patch') return [step.update, step.account].filter((one) => one !== null);
  return [step.operation];
}

/** Reads cost no write token. */
export function isWrite(step: Step): boolean {
  return !isLookUp(step);
}

export function isLookUp(step: Step): boolean {
  return step.kind === 'find-anchor' || step.kind === 'find-deleted' || step.kind === 'find-group';
}
