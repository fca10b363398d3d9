import type { CloudAnswer } from '../model/cloud-request.ts';
import { settleGroupThere, settleMembersFailure } from './settle-members.ts';
import {
  done,
  elsewhere,
  isLag,
  later,
  settleGone,
  settleRefusal,
  type Failure,
  type SettleContext,
  type Settlement,
} from './settlement.ts';
import { splitPatch } from './split-patch.ts';
import type { Step } from './step.ts';

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
