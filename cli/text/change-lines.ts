import type { MemberTarget, Operation } from '../../shared/plan/operation.ts';
import { count } from './count.ts';
import { oneLine } from './one-line.ts';

/** What a person knows a target of a reference or a member by; the cloud id where nobody told. */
export type NameOf = (target: MemberTarget) => string;

export interface ChangeNaming {
  readonly nameOf: NameOf;
  /** So many of the members to be added are named one by one. */
  readonly membersMax: number;
}

const byCloudId: ChangeNaming = { nameOf: ({ cloudId }) => cloudId, membersMax: 0 };

/** `~ jobTitle "old" -> "new"`, as people know it from plans. */
export function changeLines(
  operation: Operation,
  { nameOf, membersMax }: ChangeNaming = byCloudId,
): readonly string[] {
  switch (operation.kind) {
    case 'create': {
      const { values, chosen = [] } = operation;
      const later = chosen.filter((name) => !Object.hasOwn(values, name));
      return [
        ...Object.entries(values).map(([name, value]) => `+ ${name} ${showValue(value)}`),
        ...later.map((name) => `+ ${name} (chosen when it is made)`),
      ];
    }
    case 'update':
      return Object.entries(operation.changes).map(
        ([name, { before, after }]) => `~ ${name} ${showValue(before)} -> ${showValue(after)}`,
      );
    case 'set-reference': {
      const target = oneLine(nameOf({ key: operation.target, cloudId: operation.targetCloudId }));
      return [`~ ${operation.name} ${operation.before ?? 'nobody'} -> ${target}`];
    }
    case 'clear-reference':
      return [`- ${operation.name} ${operation.before ?? 'whoever it is'}`];
    case 'add-members': {
      const { members } = operation;
      if (membersMax === 0) return [`+ ${count(members.length, 'member')}`];
      const named = members.slice(0, membersMax).map((member) => `+ member ${oneLine(nameOf(member))}`);
      const more = members.length - named.length;
      return more === 0 ? named : [...named, `+ ${count(more, 'more member')}`];
    }
    case 'remove-member':
      return [`- member ${oneLine(nameOf(operation.member))}`];
    case 'enable':
    case 'disable':
    case 'restore':
    case 'revoke-sessions':
    case 'delete':
      return [];
  }
}

const valueMax = 120;

export function showValue(value: unknown): string {
  // An absent value is null in Graph; JSON has no undefined.
  const text = oneLine(JSON.stringify(value ?? null));
  return text.length > valueMax ? `${text.slice(0, valueMax)}…` : text;
}

/** The first few rules by name. */
export function rulesText(rules: readonly string[]): string {
  const names = [...new Set(rules)];
  const shown = names.length > 3 ? [...names.slice(0, 3), `and ${names.length - 3} more`] : names;
  return shown.join(', ');
}
