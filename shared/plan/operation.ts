import { createHash } from 'node:crypto';
import type { CloudClass } from '../model/link.ts';
import { redactValue } from '../rules/redact-value.ts';

export interface ValueChange {
  readonly before: unknown;
  readonly after: unknown;
  /** Not to be shown. */
  readonly isRedacted?: true;
}

/** Why an operation is planned; printed, journaled and shown by explain. */
export interface Reason {
  /** Sync and flow, such as `users.jobTitle`, or the lifecycle rule, such as `users.lifecycle.deleted`. */
  readonly rule: string;
  /** Version of the source fact it rests on, as text. */
  readonly version: string | null;
}

/**
 * One thing to be done to one cloud object. What the guard counts is its own kind, so that it can be held while the
 * rest of the same object flows.
 */
export type Operation = {
  readonly key: string;
  readonly cloudClass: CloudClass;
  readonly reasons: readonly Reason[];
} & (
  | {
      readonly kind: 'create';
      readonly anchor: string;
      readonly values: Readonly<Record<string, unknown>>;
      /** Paths whose values are random; a plan made without the seed of the object has no values for them. */
      readonly chosen?: readonly string[];
      /** Paths whose values are not to be shown. */
      readonly redacted?: readonly string[];
    }
  | { readonly kind: 'restore'; readonly cloudId: string }
  | {
      readonly kind: 'update';
      readonly cloudId: string;
      readonly changes: Readonly<Record<string, ValueChange>>;
    }
  | { readonly kind: 'enable' | 'disable'; readonly cloudId: string; readonly before: boolean | null }
  | { readonly kind: 'revoke-sessions'; readonly cloudId: string }
  | {
      readonly kind: 'set-reference';
      readonly cloudId: string | null;
      readonly name: string;
      readonly before: string | null;
      readonly target: string;
      readonly targetCloudId: string;
    }
  | {
      readonly kind: 'clear-reference';
      readonly cloudId: string;
      readonly name: string;
      /** null: not recorded, but a write whose outcome is unknown may have set it. */
      readonly before: string | null;
    }
  | { readonly kind: 'add-members'; readonly cloudId: string; readonly members: readonly MemberTarget[] }
  | { readonly kind: 'remove-member'; readonly cloudId: string; readonly member: MemberTarget }
  | { readonly kind: 'delete'; readonly cloudId: string }
);

export interface MemberTarget {
  readonly key: string;
  readonly cloudId: string;
}

export type OperationKind = Operation['kind'];

/**
 * What a hold, a permit and a plan name: target, kind, before and after. Twenty hex digits of a SHA-256. It is printed, so
 * it names what is shown: a short value that is not could be found by trying.
 */
export function operationHash(operation: Operation): string {
  const subject = canonical(subjectOf(shownOperation(operation)));
  return createHash('sha256')
    .update(`${operation.key}|${operation.kind}|${subject}`)
    .digest('hex')
    .slice(0, 20);
}

/** The operation as people, journal and logs see it. That something is emptied is no secret. */
export function shownOperation(operation: Operation): Operation {
  if (operation.kind === 'create') {
    const { values, redacted } = operation;
    if (redacted === undefined) return operation;
    const hidden = redacted.map((path) => [path, redactValue(values[path])] as const);
    return { ...operation, values: { ...values, ...Object.fromEntries(hidden) } };
  }
  if (operation.kind !== 'update') return operation;
  const entries = Object.entries(operation.changes);
  if (!entries.some(([, { isRedacted }]) => isRedacted === true)) return operation;
  const shown = entries.map(([path, change]) => [path, shownChange(change)] as const);
  return { ...operation, changes: Object.fromEntries(shown) };
}

const shownChange = ({ before, after, isRedacted }: ValueChange): ValueChange =>
  isRedacted === true
    ? { before: redactValue(before), after: redactValue(after), isRedacted }
    : { before, after };

/** Before and after, without the reasons: the same effect has the same hash whatever led to it. */
function subjectOf(operation: Operation): unknown {
  switch (operation.kind) {
    case 'create':
      return [operation.anchor, { ...operation.values, ...chosenMarks(operation.chosen) }];
    case 'update':
      return [operation.cloudId, operation.changes];
    case 'enable':
    case 'disable':
      return [operation.cloudId, operation.before];
    case 'set-reference':
      return [operation.name, operation.before, operation.target];
    case 'clear-reference':
      return [operation.name, operation.before];
    case 'add-members':
      return [operation.cloudId, operation.members.map((member) => member.key)];
    case 'remove-member':
      return [operation.cloudId, operation.member.key];
    case 'restore':
    case 'revoke-sessions':
    case 'delete':
      return [operation.cloudId];
  }
}

/** That a value is chosen is in the hash, and not which: it is drawn later than a plan is made, and once for all. */
const chosenMarks = (paths: readonly string[] = []): Readonly<Record<string, unknown>> =>
  Object.fromEntries(paths.map((path) => [path, { chosen: true }]));

/** JSON with sorted keys, so that equal values have equal text. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (value !== null && typeof value === 'object') {
    const entries = Object.entries(value).filter(([, one]) => one !== undefined);
    return `{${entries
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, one]) => `${JSON.stringify(name)}:${canonical(one)}`)
      .join(',')}}`;
  }
  return JSON.stringify(value ?? null);
}
