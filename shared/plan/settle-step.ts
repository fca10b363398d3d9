import type { CloudAnswer } from '../model/cloud-request.ts';
import type { ErrorCode } from '../errors/error-codes.ts';
import type { MemberTarget } from './operation.ts';
import { splitPatch } from './split-patch.ts';
import type { Step } from './step.ts';

/** What a write did to the cloud object, to be recorded in its link. */
export type Effect =
  | {
      readonly kind: 'linked';
      readonly cloudId: string;
      readonly values: Readonly<Record<string, unknown>>;
      readonly isNew: boolean;
    }
  | { readonly kind: 'values'; readonly values: Readonly<Record<string, unknown>> }
  | { readonly kind: 'reference'; readonly name: string; readonly cloudId: string | null }
  | { readonly kind: 'members'; readonly members: readonly MemberTarget[]; readonly isPresent: boolean }
  | { readonly kind: 'sessions'; readonly areOwed: boolean }
  | { readonly kind: 'restored' | 'deleted' }
  /** The cloud object is not there any more: forget it and plan from the beginning. */
  | { readonly kind: 'unlinked' };

/** What became of a step. */
export type Settlement =
  | { readonly kind: 'done'; readonly effects: readonly Effect[] }
  /** Go on with these instead. */
  | { readonly kind: 'instead'; readonly steps: readonly Step[] }
  /** What was learnt changes the plan: record it and plan again. */
  | { readonly kind: 'replan'; readonly effects: readonly Effect[] }
  /** Not now: the object is looked at again; `waitMs` null leaves the pause to the caller. */
  | {
      readonly kind: 'later';
      readonly code: ErrorCode;
      readonly waitMs: number | null;
      readonly message: string;
      readonly isForAll: boolean;
    }
  /** Refused: recorded on the object; its other operations go on. */
  | {
      readonly kind: 'refused';
      readonly code: ErrorCode;
      readonly message: string;
      readonly targets: readonly string[];
    };

export interface SettleContext {
  /** Epoch ms until which 404 may be replication lag of an object we made or linked just now; null when long past. */
  readonly lagUntil: number | null;
  /** How often in a row the object was put off or refused before. */
  readonly failures: number;
  readonly now: number;
}

/**
 * So often somebody else's 404 is put down to replication lag: with the pauses of retries (1, 2, 4 … 60 s) that is two
 * minutes. Afterwards it is refused, or it would be tried every minute for ever.
 */
const patienceMax = 7;

type Failure = Extract<CloudAnswer, { ok: false }>;

/** Reads an answer. Decides by status and code only; pure, so every case stands in a table test. */
export function settleStep(step: Step, answer: CloudAnswer, context: SettleContext): Settlement {
  if (answer.ok)
    return step.kind === 'find-group' ? settleGroupThere(step, context) : settleSuccess(step, answer.body);
  const common = settleForAll(answer);
  if (common !== null) return common;
  switch (step.kind) {
    case 'create':
      return settleCreateFailure(step, answer);
    case 'find-anchor':
      // A group is looked up by its key: not there means not there.
      if (answer.code === 'GRAPH_NOT_FOUND') return lookAmongDeleted(step);
      return later(answer);
    case 'find-deleted':
      return later(answer);
    case 'restore':
      if (answer.code === 'GRAPH_NOT_FOUND') return { kind: 'replan', effects: [{ kind: 'unlinked' }] };
      return settleRefusal(answer);
    case 'find-group':
      return answer.code === 'GRAPH_NOT_FOUND' ? settleGone(answer, context) : later(answer);
    case 'add-members':
      return settleMembersFailure(step, answer, context);
    case 'remove-member':
      if (answer.code === 'GRAPH_NOT_FOUND')
        return done({ kind: 'members', members: [step.operation.member], isPresent: false });
      return settleRefusal(answer);
    case 'clear-reference':
      if (answer.code === 'GRAPH_NOT_FOUND')
        return done({ kind: 'reference', name: step.operation.name, cloudId: null });
      return settleRefusal(answer);
    case 'delete':
      if (answer.code === 'GRAPH_NOT_FOUND')
        return isLag(context) ? later(answer) : done({ kind: 'deleted' });
      return settleRefusal(answer);
    case 'patch':
      return settlePatchFailure(step, answer, context);
    case 'set-reference':
    case 'revoke-sessions':
      // Target or object may be missing here; the object itself is proved by its own writes.
      if (answer.code === 'GRAPH_NOT_FOUND') return elsewhere(answer, context);
      return settleRefusal(answer);
  }
}

const done = (...effects: Effect[]): Settlement => ({ kind: 'done', effects });

function settleSuccess(step: Exclude<Step, { kind: 'find-group' }>, body: unknown): Settlement {
  switch (step.kind) {
    case 'create': {
      const cloudId = textOf(body, 'id');
      // An upsert that updated answers without a body: ask for the id.
      if (cloudId === null)
        return {
          kind: 'instead',
          steps: [{ kind: 'find-anchor', operation: step.operation, conflict: null }],
        };
      return done({ kind: 'linked', cloudId, values: step.operation.values, isNew: true });
    }
    case 'find-anchor':
      return settleFound(step, body);
    case 'find-deleted':
      return settleFoundDeleted(step, body);
    case 'restore':
      return done({ kind: 'restored' });
    case 'patch': {
      const values: Record<string, unknown> = {};
      for (const [path, change] of Object.entries(step.update?.changes ?? {})) values[path] = change.after;
      if (step.account === null) return done({ kind: 'values', values });
      const isEnabled = step.account.kind === 'enable';
      values['accountEnabled'] = isEnabled;
      return done({ kind: 'values', values }, { kind: 'sessions', areOwed: !isEnabled });
    }
    case 'set-reference':
      return done({ kind: 'reference', name: step.operation.name, cloudId: step.operation.targetCloudId });
    case 'clear-reference':
      return done({ kind: 'reference', name: step.operation.name, cloudId: null });
    case 'add-members':
      return done({ kind: 'members', members: step.operation.members, isPresent: true });
    case 'remove-member':
      return done({ kind: 'members', members: [step.operation.member], isPresent: false });
    case 'delete':
      return done({ kind: 'deleted' });
    case 'revoke-sessions':
      return done({ kind: 'sessions', areOwed: false });
  }
}

/** What holds for every request: the target as a whole does not answer, or asks to wait. */
function settleForAll(answer: Failure): Settlement | null {
  switch (answer.code) {
    case 'GRAPH_THROTTLED':
    case 'GRAPH_UNAUTHORIZED':
      return {
        kind: 'later',
        code: answer.code,
        waitMs: answer.retryAfterMs,
        message: answer.message,
        isForAll: true,
      };
    case 'GRAPH_CONCURRENCY':
      return later(answer);
    case 'GRAPH_UNREACHABLE':
    case 'GRAPH_GARBAGE':
      return answer.isAmbiguous ? null : later(answer);
    default:
      return null;
  }
}

type Reason = Pick<Failure, 'code' | 'message' | 'targets' | 'retryAfterMs'>;

const later = (answer: Reason): Settlement => ({
  kind: 'later',
  code: answer.code,
  waitMs: answer.retryAfterMs,
  message: answer.message,
  isForAll: false,
});

const refused = (answer: Reason): Settlement => ({
  kind: 'refused',
  code: answer.code,
  message: answer.message,
  targets: answer.targets,
});

/** Ambiguous answers of idempotent writes are simply repeated. */
function settleRefusal(answer: Failure): Settlement {
  return answer.code === 'GRAPH_UNREACHABLE' || answer.code === 'GRAPH_GARBAGE'
    ? later(answer)
    : refused(answer);
}

function settleCreateFailure(step: Extract<Step, { kind: 'create' }>, answer: Failure): Settlement {
  if (answer.isAmbiguous && (answer.code === 'GRAPH_UNREACHABLE' || answer.code === 'GRAPH_GARBAGE'))
    return later(answer);
  // A conflict may be our own object: made by an attempt whose answer was lost, or deleted and still holding the anchor.
  if (answer.code === 'GRAPH_CONFLICT') {
    const conflict = { targets: answer.targets, message: answer.message };
    return { kind: 'instead', steps: [{ kind: 'find-anchor', operation: step.operation, conflict }] };
  }
  return settleRefusal(answer);
}

const lookAmongDeleted = (step: Extract<Step, { kind: 'find-anchor' }>): Settlement => ({
  kind: 'instead',
  steps: [{ kind: 'find-deleted', operation: step.operation, conflict: step.conflict }],
});

/** Found: ours by its anchor, unless Microsoft's own sync holds it. */
function settleFound(step: Extract<Step, { kind: 'find-anchor' }>, body: unknown): Settlement {
  const found = firstOf(body);
  if (found === null) return lookAmongDeleted(step);
  const cloudId = textOf(found, 'id');
  if (cloudId === null) return garbage('a look-up answered without an id');
  if ((found as { onPremisesSyncEnabled?: unknown }).onPremisesSyncEnabled === true) {
    const message = 'the cloud object with this anchor is synchronized by Microsoft Entra Connect';
    return { kind: 'refused', code: 'TARGET_PROTECTED', message, targets: ['onPremisesSyncEnabled'] };
  }
  return { kind: 'replan', effects: [{ kind: 'linked', cloudId, values: {}, isNew: false }] };
}

/** Deleted objects are restored, not made again. A conflict about the anchor itself means that a look-up lags behind. */
function settleFoundDeleted(step: Extract<Step, { kind: 'find-deleted' }>, body: unknown): Settlement {
  const cloudId = textOf(firstOf(body), 'id');
  const { operation, conflict } = step;
  if (cloudId !== null)
    return {
      kind: 'replan',
      effects: [{ kind: 'linked', cloudId, values: {}, isNew: false }, { kind: 'deleted' }],
    };
  if (conflict === null) return { kind: 'instead', steps: [{ kind: 'create', operation }] };
  const isOurOwn = conflict.targets.some(
    (target) => target === 'onPremisesImmutableId' || target === 'uniqueName',
  );
  if (isOurOwn)
    return {
      kind: 'later',
      code: 'GRAPH_CONFLICT',
      waitMs: null,
      message: conflict.message,
      isForAll: false,
    };
  return { kind: 'refused', code: 'GRAPH_CONFLICT', message: conflict.message, targets: conflict.targets };
}

const garbage = (message: string): Settlement => ({
  kind: 'later',
  code: 'GRAPH_GARBAGE',
  waitMs: null,
  message,
  isForAll: false,
});

/** The group is there, so a member is what is not: the list is halved until it is known who. */
function settleGroupThere(
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
function settleMembersFailure(
  step: Extract<Step, { kind: 'add-members' }>,
  answer: Failure,
  context: SettleContext,
): Settlement {
  const { operation, isGroupThere = false } = step;
  if (answer.code === 'GRAPH_NOT_FOUND' && !isGroupThere && !isLag(context))
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

/** The target of a link, not the object itself, may be what is missing: made a moment ago, or gone. */
function elsewhere(answer: Reason, context: SettleContext): Settlement {
  const isLagging = context.lagUntil !== null && context.now < context.lagUntil;
  return isLagging || context.failures < patienceMax ? later(answer) : refused(answer);
}

/** What can be parted goes on in parts. */
function settlePatchFailure(
  step: Extract<Step, { kind: 'patch' }>,
  answer: Failure,
  context: SettleContext,
): Settlement {
  if (answer.code === 'GRAPH_NOT_FOUND') return settleGone(answer, context);
  const steps = splitPatch(step, answer);
  return steps === null ? settleRefusal(answer) : { kind: 'instead', steps };
}

/** Somebody deleted it in the cloud: it is restored by its id, and made anew where that is not there any more. */
function settleGone(answer: Failure, context: SettleContext): Settlement {
  return isLag(context) ? later(answer) : { kind: 'replan', effects: [{ kind: 'deleted' }] };
}

function isLag({ lagUntil, now }: SettleContext): boolean {
  return lagUntil !== null && now < lagUntil;
}

function firstOf(body: unknown): unknown {
  if (body === null || typeof body !== 'object') return null;
  const { value } = body as { value?: unknown };
  if (Array.isArray(value)) return value[0] ?? null;
  return body;
}

function textOf(body: unknown, name: string): string | null {
  if (body === null || typeof body !== 'object') return null;
  const value = (body as Record<string, unknown>)[name];
  return typeof value === 'string' ? value : null;
}
