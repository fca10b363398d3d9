import type { ErrorCode } from '../errors/error-codes.ts';
import type { CloudAnswer } from '../model/cloud-request.ts';
import type { MemberTarget } from './operation.ts';
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

export type Failure = Extract<CloudAnswer, { ok: false }>;

export const done = (...effects: Effect[]): Settlement => ({ kind: 'done', effects });

type Reason = Pick<Failure, 'code' | 'message' | 'targets' | 'retryAfterMs'>;

export const later = (answer: Reason): Settlement => ({
  kind: 'later',
  code: answer.code,
  waitMs: answer.retryAfterMs,
  message: answer.message,
  isForAll: false,
});

export const refused = (answer: Reason): Settlement => ({
  kind: 'refused',
  code: answer.code,
  message: answer.message,
  targets: answer.targets,
});

/** Ambiguous answers of idempotent writes are simply repeated. */
export function settleRefusal(answer: Failure): Settlement {
  return answer.code === 'GRAPH_UNREACHABLE' || answer.code === 'GRAPH_GARBAGE'
    ? later(answer)
    : refused(answer);
}

/** The target of a link, not the object itself, may be what is missing: made a moment ago, or gone. */
export function elsewhere(answer: Reason, context: SettleContext): Settlement {
  const isLagging = context.lagUntil !== null && context.now < context.lagUntil;
  return isLagging || context.failures < patienceMax ? later(answer) : refused(answer);
}

/** Somebody deleted it in the cloud: it is restored by its id, and made anew where that is not there any more. */
export function settleGone(answer: Failure, context: SettleContext): Settlement {
  return isLag(context) ? later(answer) : { kind: 'replan', effects: [{ kind: 'deleted' }] };
}

export function isLag({ lagUntil, now }: SettleContext): boolean {
  return lagUntil !== null && now < lagUntil;
}
