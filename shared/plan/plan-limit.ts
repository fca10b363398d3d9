import { judgeObject } from './judge-object.ts';
import { memberHash } from './member-hash.ts';
import { canonical, operationHash, type Operation } from './operation.ts';
import { partUpdate } from './part-update.ts';
import { planObject } from './plan-object.ts';
import type { JudgedRecord, ResolvedRules } from './project-object.ts';

/** What an applied plan says about operations of one object. Updates are asked about property by property. */
export interface PlanLimit {
  /** The plan names it. */
  isNamed(operation: Operation): boolean;
  /** It makes certain what an attempt began that the plan let through, and of which nobody knows how far it came. */
  makesCertain(operation: Operation): boolean;
  /** The rules before the plan's would write the same property, or come to the same kind of operation, today. */
  isAsBefore(operation: Operation): boolean;
}

export interface LimitQuestion {
  /** Hashes that the plan names for the object. */
  readonly named: ReadonlySet<string>;
  /** Rules in force before; null: not to be had any more, so that nothing is known to be as before. */
  readonly before: ResolvedRules | null;
  readonly connector: string;
  readonly record: JudgedRecord;
  /** Epoch ms when the plan was applied. */
  readonly appliedAt: number;
  /** An earlier attempt may have written what is not recorded. */
  readonly isAppliedUnknown: boolean;
  /** Epoch ms. */
  readonly now: number;
}

/**
 * Tells what an applied plan lets through. A plan is of its moment: what is changed at the source later must reach the
 * cloud although no plan names it, or nobody who is dismissed while a plan is carried out would be disabled. So what the rules
 * before would write too is no doing of the new rules, and goes; what only the new rules bring has to be named (ADR 0022).
 */
export function planLimit(question: LimitQuestion): PlanLimit {
  let known: Before | null = null;
  return {
    isNamed: (operation) => isNamed(question.named, operation),
    makesCertain: (operation) => question.isAppliedUnknown && isOfTheAttempt(question, operation),
    isAsBefore: (operation) => {
      if (isOfTheAttempt(question, operation)) return true;
      known ??= writtenBefore(question);
      return known(operation);
    },
  };
}

/** Operations as a limit asks about them: an update property by property, members who are named apart from the others. */
export function partForLimit(operation: Operation, limit: PlanLimit): readonly Operation[] {
  if (operation.kind === 'update') return partUpdate(operation, () => true);
  if (operation.kind !== 'add-members') return [operation];
  const { true: named = [], false: others = [] } = Object.groupBy(
    operation.members,
    (member) => String(limit.isNamed({ ...operation, members: [member] })) as 'true' | 'false',
  );
  return [named, others].flatMap((members) => (members.length === 0 ? [] : [{ ...operation, members }]));
}

function isNamed(named: ReadonlySet<string>, operation: Operation): boolean {
  if (operation.kind !== 'add-members') return named.has(operationHash(operation));
  const { key, cloudId, members } = operation;
  // Null: the plan makes the group.
  return members.every((member) =>
    [cloudId, null].some((id) => named.has(memberHash(key, id, 'add-member', member.key))),
  );
}

type Before = (operation: Operation) => boolean;

/** Of an object that was made since, or with the value it is recorded with. */
function isOfTheAttempt(
  { record, appliedAt, isAppliedUnknown }: LimitQuestion,
  operation: Operation,
): boolean {
  const isMadeSince = record.link?.state === 'live' && record.link.linkedAt > appliedAt;
  switch (operation.kind) {
    case 'update':
      return (
        isMadeSince ||
        Object.values(operation.changes).every(({ before, after }) => canonical(before) === canonical(after))
      );
    case 'set-reference':
    case 'add-members':
      return isMadeSince;
    case 'enable':
    case 'disable':
      return isMadeSince && operation.before === null;
    case 'clear-reference':
      return isAppliedUnknown && operation.before === null;
    default:
      return false;
  }
}

function writtenBefore({ before, connector, record, isAppliedUnknown, now }: LimitQuestion): Before {
  if (before === null) return () => false;
  const judgement = judgeObject(before, connector, record, now);
  if (judgement.kind !== 'gone' && judgement.kind !== 'projected') return () => false;
  const projection = judgement.kind === 'gone' ? null : judgement.projection;
  const { sync } = judgement;
  const { staged, link } = record;
  const planned = planObject({
    sync,
    staged,
    link,
    projection,
    references: {},
    isAppliedUnknown,
    now,
  }).operations;
  const paths = new Set(planned.flatMap((one) => (one.kind === 'update' ? Object.keys(one.changes) : [])));
  const belongs = projection?.kind === 'in' ? projection : null;
  return (operation) => {
    switch (operation.kind) {
      case 'update':
        return Object.keys(operation.changes).every((path) => paths.has(path));
      case 'set-reference':
        return belongs?.references[operation.name] === operation.target;
      case 'clear-reference':
        return belongs?.references[operation.name] === null;
      case 'add-members':
      case 'remove-member':
        return belongs !== null && belongs.members !== null;
      case 'revoke-sessions':
        return planned.some(({ kind }) => kind === 'disable');
      default:
        return planned.some(({ kind }) => kind === operation.kind);
    }
  };
}
