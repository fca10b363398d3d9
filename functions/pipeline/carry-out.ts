import { errorCodes } from '../../shared/errors/error-codes.ts';
import { invariant } from '../../shared/errors/invariant.ts';
import { SyncError } from '../../shared/errors/sync-error.ts';
import type { CloudAnswer, CloudRequest } from '../../shared/model/cloud-request.ts';
import { hideRedacted } from '../../shared/plan/hide-redacted.ts';
import { requestOf } from '../../shared/plan/request-of.ts';
import { settleStep } from '../../shared/plan/settle-step.ts';
import type { Settlement } from '../../shared/plan/settlement.ts';
import { isWrite, operationsOf } from '../../shared/plan/step.ts';
import { priorityOf } from '../../shared/state/keys.ts';
import { errorFields } from '../../shared/telemetry/error-fields.ts';
import { claimCloudId } from './cloud-id-claims.ts';
import { failureOf } from './isolated.ts';
import { newPassword } from './new-password.ts';
import type { Pipeline } from './pipeline.ts';
import { takeSettlement, type Run } from './run.ts';
import { authorized, unauthorizedUntil } from './unauthorized-pause.ts';

/**
 * An answer that takes longer is given up: Graph answers within seconds, and the session of the partition, with all that
 * is to be folded there, waits behind it.
 */
const answerMsMax = 20_000;
/**
 * A write that was given up without an answer may still be under way in the service: until then nothing else is sent to
 * its object, or an older value could be applied over a newer one. Counted from its start; the vendor names no bound,
 * gateways on the way end a request within a minute.
 */
const aliveMsMax = 60_000;
/** Every request ends so long before the attempt does. */
const marginMs = 10_000;

interface Round {
  /** Epoch ms; no request is under way after it. */
  readonly deadline: number;
  readonly revision: number;
}

/**
 * Sends the steps of several objects, round by round: one request an object and round, so that requests to one object
 * are never in flight together. One request goes alone and at once; several go as one batch.
 */
export async function carryOut(pipeline: Pipeline, runs: readonly Run[], revision: number): Promise<void> {
  // Counted from when the attempts were marked: a process that was stopped since has lost that time.
  const deadline = Math.min(...runs.map((run) => run.until - marginMs));
  for (;;) {
    const open = runs.filter((run) => run.steps.length > 0 && run.waitUntil === null);
    if (open.length === 0) return;
    if (pipeline.clock.now() >= deadline) {
      for (const run of open) run.isReplanned = true;
      return;
    }
    const ready = await withTokens(pipeline, open.slice(0, 20));
    // Tokens may have been long in coming.
    if (pipeline.clock.now() < deadline && ready.length > 0)
      await sendRound(pipeline, ready, { revision, deadline });
  }
}

/** Look-ups need no token. Runs that get none keep their steps and say from when they may go on. */
async function withTokens(pipeline: Pipeline, runs: readonly Run[]): Promise<readonly Run[]> {
  const writers = runs.filter((run) => run.steps[0] !== undefined && isWrite(run.steps[0]));
  const readers = runs.filter((run) => !writers.includes(run));
  if (writers.length === 0) return readers;
  const [first] = writers;
  const { granted, waitUntil } = await pipeline.tokens.take(writers.length, priorityOf(first?.rank ?? '1'));
  for (const run of writers.slice(granted)) run.waitUntil = waitUntil ?? pipeline.clock.now() + 1_000;
  return [...readers, ...writers.slice(0, granted)];
}

async function sendRound(pipeline: Pipeline, all: readonly Run[], round: Round): Promise<void> {
  const startedAt = pipeline.clock.now();
  const requests: CloudRequest[] = [];
  const runs: Run[] = [];
  for (const run of all) {
    const request = buildRequest(pipeline, run, String(requests.length));
    if (request === null) continue;
    requests.push(request);
    runs.push(run);
  }
  if (requests.length === 0) return;
  const priority = runs.every((run) => priorityOf(run.rank) === 'bulk') ? 'low' : 'normal';
  const deadline = Math.min(round.deadline, startedAt + answerMsMax);
  const answers = await pipeline.target.send(requests, { priority, deadline });
  const now = pipeline.clock.now();
  for (const [index, run] of runs.entries()) {
    const given: CloudAnswer | undefined = answers[index];
    const [step] = run.steps;
    if (given === undefined || step === undefined)
      throw new SyncError('GRAPH_GARBAGE', 'an answer is missing for a request');
    const answer: CloudAnswer = given.ok
      ? given
      : { ...given, message: hideRedacted(given.message, operationsOf(step)) };
    const lagUntil = run.link?.lagUntil ?? null;
    const failures = run.prepared.record.failure?.count ?? 0;
    const settlement = await withClaim(pipeline, run, settleStep(step, answer, { lagUntil, failures, now }));
    if (!answer.ok)
      pipeline.log.warn('the target refused a request', {
        code: answer.code,
        action: errorCodes[answer.code].action,
        reason: answer.graphCode,
        status: answer.status,
        targets: answer.targets.join(' '),
        step: step.kind,
        key: run.prepared.record.staged.key,
        requestId: answer.requestId,
        disposition: settlement.kind,
      });
    else authorized(pipeline);
    // Ended by us, not by the other side: timers may be a little early.
    const isGivenUp = !answer.ok && answer.isAmbiguous && answer.status === null && now > deadline - 100;
    if (isGivenUp) run.aliveUntil = startedAt + aliveMsMax;
    takeSettlement(run, settlement, answer, { startedAt, now, revision: round.revision });
    if (settlement.kind === 'later' && settlement.isForAll) await stopAll(pipeline, runs, settlement);
  }
}

/** Null: a defect that only this object meets; it is refused, and the others go. */
function buildRequest(pipeline: Pipeline, run: Run, id: string): CloudRequest | null {
  try {
    const [step] = run.steps;
    invariant(step, 'a run without steps is not sent');
    return requestOf(step, id, {
      cloudId: run.link?.cloudId ?? null,
      root: pipeline.graphRoot,
      newPassword: () => newPassword(pipeline.random),
    });
  } catch (error) {
    run.refused = failureOf(error);
    run.steps.length = 0;
    pipeline.log.error('a request could not be made', {
      ...errorFields(error),
      key: run.prepared.record.staged.key,
    });
    return null;
  }
}

/** A cloud object belongs to one source object for ever: two with one anchor must not fight over it. */
async function withClaim(pipeline: Pipeline, run: Run, settlement: Settlement): Promise<Settlement> {
  if (settlement.kind !== 'done' && settlement.kind !== 'replan') return settlement;
  const linked = settlement.effects.find((effect) => effect.kind === 'linked');
  if (linked === undefined) return settlement;
  const { connector } = run.prepared.sync;
  if (await claimCloudId(pipeline, linked.cloudId, { connector, key: run.prepared.record.staged.key }))
    return settlement;
  const message = 'the cloud object with this anchor belongs to another source object';
  return { kind: 'refused', code: 'ANCHOR_CHANGED', message, targets: [run.prepared.sync.anchor.to] };
}

/** The target as a whole said wait. A 429 is told to all processes; a refused token is this process's own. */
async function stopAll(
  pipeline: Pipeline,
  runs: readonly Run[],
  settlement: { readonly code: SyncError['code']; readonly waitMs: number | null },
): Promise<void> {
  const now = pipeline.clock.now();
  const isUnauthorized = settlement.code === 'GRAPH_UNAUTHORIZED';
  const until = isUnauthorized ? unauthorizedUntil(pipeline, now) : now + (settlement.waitMs ?? 1_000);
  if (isUnauthorized) pipeline.tokens.pause(until);
  else await pipeline.tokens.throttled(until);
  for (const run of runs) run.waitUntil = Math.max(run.waitUntil ?? 0, until);
}
