import type { Hold } from '../../shared/guard/hold.ts';
import { canonical } from '../../shared/plan/operation.ts';
import { redactValue, redactedText } from '../../shared/rules/redact-value.ts';
import { parkedRank, parseIndexRowKey } from '../../shared/state/keys.ts';
import type { MemberRecord, ObjectRecord, ParkCause } from '../../shared/state/object-record.ts';
import type { PlanOperation } from '../plan/plan-file.ts';
import { isOpen } from '../state/read-holds.ts';
import { partHashes, namedHashes } from './named-hashes.ts';

/**
 * done: in effect · held: waits for a person · failed: the target refused it, and it is tried again · pending: its turn has
 * yet to come · waiting: for somebody who is not in the cloud, for a name, or for the agent · overtaken: none of these, so
 * that planning does not come to it any more.
 */
export type StandingName = 'done' | 'held' | 'failed' | 'pending' | 'waiting' | 'overtaken';

export interface Standing {
  readonly standing: StandingName;
  /** Why, in words; of what failed its code. */
  readonly detail?: string;
  /** Property of an update that it is about, where the others are done. */
  readonly property?: string;
  /** What holds it. */
  readonly hold?: Pick<Hold, 'hash' | 'cause' | 'status'>;
  /** Something is done about it by itself, shortly. */
  readonly isComing?: true;
}

/** What the state says about one operation of a plan. */
export interface StandingFacts {
  /** Null: there is no such row. */
  readonly record: ObjectRecord | null;
  /** Row of the member that an operation is about. */
  readonly member: MemberRecord | null;
  /** Cloud id of whom a reference is to point to; null while it is not in the cloud. */
  readonly targetCloudId: string | null;
  /** Those that the record names. */
  readonly holds: readonly Hold[];
  /** All objects of its partition have been looked at, or marked for it, with the rules of the plan. */
  readonly isWalked: boolean;
  /** Of the plan's rules. */
  readonly revision: number;
  /** Epoch ms when the function app took the plan. */
  readonly appliedAt: number;
  /** Epoch ms. */
  readonly now: number;
}

/** What is due within this time is on its way: throttling, pauses between tries and turns of bulk end sooner. */
const soonMs = 120_000;

const done: Standing = { standing: 'done' };

/** How an operation of a plan that is being carried out stands. */
export function standingOf(operation: PlanOperation, facts: StandingFacts): Standing {
  const left = partsOf(operation, facts).filter(({ effect }) => effect !== 'there');
  if (left.length === 0) return done;
  const held = isLookedAt(facts) ? left.map((part) => ({ part, hold: holdOf(part, operation, facts) })) : [];
  const free = left.filter((part) => held.find((one) => one.part === part)?.hold == null);
  const [firstHeld] = held.flatMap(({ part, hold }) => (hold === null ? [] : [{ part, hold }]));
  const ofHold = firstHeld === undefined ? done : heldStanding(firstHeld.part, firstHeld.hold);
  const [first] = free;
  if (first === undefined) return ofHold;
  const rest = restStanding(operation, facts);
  // Nobody can see whether it is there, but everything has been done that there was to do.
  if (
    rest.standing === 'overtaken' &&
    facts.record !== null &&
    free.every(({ effect }) => effect === 'hidden')
  )
    return ofHold;
  return { ...rest, ...(first.path === null ? {} : { property: first.path }) };
}

interface Part {
  /** Null: the operation is one piece. */
  readonly path: string | null;
  readonly effect: Effect;
}

/** hidden: the plan does not show the value, before and after look alike. */
type Effect = 'there' | 'missing' | 'hidden';

const effectOf = (isThere: boolean): Effect => (isThere ? 'there' : 'missing');

function partsOf(operation: PlanOperation, facts: StandingFacts): readonly Part[] {
  if (operation.kind !== 'update') return [wholeOf(operation, facts)];
  const link = facts.record?.link ?? null;
  return Object.entries(operation.changes).map(([path, { after, isRedacted }]) => {
    if (link?.state !== 'live') return { path, effect: 'missing' };
    const applied = link.applied[path];
    if (isRedacted === true)
      return {
        path,
        effect: after === redactedText ? 'hidden' : effectOf(isSame(redactValue(applied), after)),
      };
    return { path, effect: effectOf(isSame(applied, after)) };
  });
}

const isSame = (a: unknown, b: unknown): boolean => canonical(a ?? null) === canonical(b ?? null);

function wholeOf(operation: PlanOperation, { record, member, targetCloudId }: StandingFacts): Part {
  const link = record?.link ?? null;
  const isLive = link?.state === 'live';
  const isThere = (): boolean => {
    switch (operation.kind) {
      case 'restore':
        return isLive;
      case 'delete':
        return !isLive;
      case 'enable':
        return isLive && link.applied['accountEnabled'] === true;
      case 'disable':
        return isLive && link.applied['accountEnabled'] === false;
      case 'revoke-sessions':
        return isLive && link.applied['accountEnabled'] === false && link.owesRevocation !== true;
      case 'set-reference':
        return (
          isLive && targetCloudId !== null && link.appliedReferences[nameOf(operation)] === targetCloudId
        );
      case 'clear-reference':
        return link?.appliedReferences[nameOf(operation)] === undefined;
      case 'add-member':
        return isLive && member !== null && member.applied !== null;
      case 'remove-member':
        return member === null || member.applied === null;
      case 'create':
      case 'update':
        return false;
    }
  };
  if (operation.kind !== 'create') return { path: null, effect: effectOf(isThere()) };
  if (!isLive) return { path: null, effect: 'missing' };
  const other = Object.entries(operation.changes).find(
    ([path, { after }]) =>
      operation.chosen?.includes(path) !== true && !isCreatedAs(link.applied[path], after),
  );
  return other === undefined ? { path: null, effect: 'there' } : { path: other[0], effect: 'missing' };
}

const isCreatedAs = (applied: unknown, after: unknown): boolean =>
  isSame(applied, after) || (after === redactedText && redactValue(applied) === redactedText);

/** Of a reference: its changes have but that one entry. */
const nameOf = ({ changes }: PlanOperation): string => Object.keys(changes)[0] ?? '';

/** Index row of the object, where it is not parked. */
function dueOf({ record }: StandingFacts): number | null {
  const index = record?.index == null ? null : parseIndexRowKey(record.index);
  return index === null || index.rank === parkedRank ? null : index.due;
}

const isSoon = (facts: StandingFacts): boolean => {
  const due = dueOf(facts);
  return due !== null && due <= facts.now + soonMs;
};

/** What stands about the object was decided with the plan's rules, and not before. */
function isLookedAt(facts: StandingFacts): boolean {
  const { record, isWalked, revision } = facts;
  return isWalked && (!isSoon(facts) || (record?.revision ?? 0) >= revision);
}

/** Sessions are revoked with the disable alone, and an update may be held in one property. */
function holdOf({ path }: Part, operation: PlanOperation, { holds, now }: StandingFacts): Hold | null {
  const { kind, key, target } = operation;
  const hashes = kind === 'update' && path !== null ? partHashes(operation, path) : namedHashes(operation);
  const isMeant = (hold: Hold): boolean => {
    if (hold.key !== key) return false;
    if (kind === 'revoke-sessions') return hold.operation === 'disable';
    if (kind === 'remove-member' && hold.members?.includes(target?.key ?? '') === true) return true;
    return hashes.includes(hold.hash) || (kind === 'update' && hold.hash === operation.hash);
  };
  return holds.find((hold) => isMeant(hold) && (isOpen(hold, now) || hold.status === 'rejected')) ?? null;
}

function heldStanding({ path }: Part, { hash, cause, status, message, decidedBy }: Hold): Standing {
  const detail = status === 'rejected' ? `rejected by ${decidedBy ?? 'somebody'}` : `${cause}: ${message}`;
  return {
    standing: 'held',
    detail,
    hold: { hash, cause, status },
    ...(path === null ? {} : { property: path }),
  };
}

/** Of what is neither in effect nor held. */
function restStanding(operation: PlanOperation, facts: StandingFacts): Standing {
  const { record, isWalked, now, appliedAt } = facts;
  if (!isWalked) return { standing: 'pending' };
  if (record === null)
    return { standing: 'overtaken', detail: 'the source object is not in the state any more' };
  const { attempt, failure, parked } = record;
  if (attempt !== null && attempt.until > now) return { standing: 'pending', detail: 'it is being written' };
  // One of before the plan says nothing while the object is about to be tried again.
  if (failure !== null && (failure.at >= appliedAt || !isSoon(facts)))
    return { standing: 'failed', detail: failure.code };
  if (parked === 'name')
    return {
      standing: 'waiting',
      detail: 'another object has the name',
      ...(isSoon(facts) ? { isComing: true } : {}),
    };
  if (isSoon(facts)) return { standing: 'pending' };
  return waitingFor(operation, facts) ?? { standing: 'overtaken', detail: overtakenBy(parked) };
}

const waits: Readonly<Partial<Record<ParkCause, string>>> = {
  'no-base': 'the agent has to read it whole',
  'unknown-attributes': 'the agent has to read what the rules ask for now',
  'unresolved-scope': 'the agent has to look up a container',
};

/** Null: for nothing. */
function waitingFor(
  operation: PlanOperation,
  { record, member, targetCloudId }: StandingFacts,
): Standing | null {
  const { kind, target } = operation;
  const why = record?.parked == null ? undefined : waits[record.parked];
  if (why !== undefined) return { standing: 'waiting', detail: why };
  if (kind === 'set-reference' && record?.references[nameOf(operation)] === target?.key)
    return {
      standing: 'waiting',
      detail: targetCloudId === null ? 'whom it points to is not in the cloud' : 'its target came just now',
    };
  if (kind === 'add-member' && member?.pending === 'waiting')
    return { standing: 'waiting', detail: 'the member is not in the cloud' };
  return null;
}

function overtakenBy(parked: ParkCause | null): string {
  switch (parked) {
    case 'held':
      return 'something else is planned, and held';
    case 'rejected':
      return 'something else is planned, and was rejected';
    case 'mode':
      return 'something else is planned, and left by the mode of the function app';
    case 'vanished':
      return 'the source object is nowhere to be found';
    case 'no-rules':
      return 'no sync wants the object';
    default:
      return 'it is not planned any more';
  }
}
