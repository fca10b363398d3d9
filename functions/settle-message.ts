import { changeSetSchema } from '../shared/contracts/change-set.v1.ts';
import type { Envelope } from '../shared/contracts/envelope.v1.ts';
import type { Poison } from '../shared/contracts/cloud-work.v1.ts';
import { SyncError } from '../shared/errors/sync-error.ts';
import { openBody, openPayload } from '../shared/model/envelope-seal.ts';
import type { Pipeline } from './pipeline/pipeline.ts';
import { notePoison } from './pipeline/note-poison.ts';
import { clearWaiting, noteWaiting } from './pipeline/note-waiting.ts';
import { poisonMessage } from './pipeline/poison-message.ts';
import { sendCommand } from './pipeline/send-command.ts';

/** Abandoning means immediate redelivery, so an outage is waited out here, under the renewed lock. */
export const patienceMs = 8 * 60_000;
const pauseMaxMs = 15_000;
/** What waits longer is told in `dirbridge status`: it keeps all that stands behind it in its session. */
const quietMs = 60_000;
/** A message that fails so often without an outage is refused. */
const failuresMax = 5;
const failurePauseMs = 100;

/** Redelivery is soon; more messages than this failing at once are an outage of some kind. */
const failuresKept = 10_000;
const failures = new Map<string, number>();

/**
 * Runs a handler for one message and settles it: success and refusal complete it (the refused one goes to the poison
 * queue with its reason), anything else throws, which gives it back.
 */
export async function settleMessage(
  pipeline: Pipeline,
  queue: string,
  body: unknown,
  handle: (envelope: Envelope) => Promise<void>,
): Promise<void> {
  let envelope: Envelope | null = null;
  try {
    envelope = openBody(body);
    await withPatience(pipeline, queue, envelope, handle);
    failures.delete(envelope.id);
  } catch (error) {
    if (error instanceof SyncError && error.disposition === 'reject') {
      await refuse(pipeline, queue, body, envelope, error);
      if (error.code === 'STATE_TOO_LARGE' && envelope !== null) await askAgainOnce(pipeline, envelope);
      return;
    }
    if (isOutage(error)) throw error;
    const id = envelope?.id ?? '';
    const count = (failures.get(id) ?? 0) + 1;
    remember(id, count);
    logFailure(pipeline, envelope, error, count);
    if (count < failuresMax) {
      await pipeline.clock.sleep(failurePauseMs * 2 ** count);
      throw error;
    }
    failures.delete(id);
    await refuse(pipeline, queue, body, envelope, error);
    if (envelope !== null) await askAgain(pipeline, envelope);
  }
}

/** Bounded: of a message that another instance takes over, no end is ever seen here. */
function remember(id: string, count: number): void {
  failures.delete(id);
  failures.set(id, count);
  const [oldest] = failures.keys();
  if (failures.size > failuresKept && oldest !== undefined) failures.delete(oldest);
}

async function withPatience(
  pipeline: Pipeline,
  queue: string,
  envelope: Envelope,
  handle: (envelope: Envelope) => Promise<void>,
): Promise<void> {
  const since = pipeline.clock.now();
  const place = { queue, connector: envelope.connector, partition: envelope.partition };
  let isNoted = false;
  for (let pause = 500; ; pause = Math.min(pause * 2, pauseMaxMs)) {
    try {
      await handle(envelope);
      if (isNoted) await clearWaiting(pipeline, place);
      return;
    } catch (error) {
      const now = pipeline.clock.now();
      if (!isOutage(error)) {
        if (isNoted) await clearWaiting(pipeline, place);
        throw error;
      }
      if (now - since >= quietMs) {
        const { code, message } = error;
        await noteWaiting(pipeline, { ...place, code, message, since, at: now });
        isNoted = true;
      }
      if (now - since >= patienceMs) throw error;
      pipeline.log.warn('waiting for an outage to end', {
        code: error.code,
        message: error.message,
        action: error.action,
        kind: envelope.kind,
        id: envelope.id,
        delayMs: pause,
      });
      await pipeline.clock.sleep(pause * (0.75 + pipeline.random.fraction() / 2));
    }
  }
}

/** Nothing that the message could help. Rules that this version does not understand are mended by publishing others. */
function isOutage(error: unknown): error is SyncError {
  return (
    error instanceof SyncError &&
    (error.code === 'STATE_UNREACHABLE' || error.code === 'BUS_UNREACHABLE' || error.code === 'RULES_INVALID')
  );
}

function logFailure(pipeline: Pipeline, envelope: Envelope | null, error: unknown, count: number): void {
  const known = error instanceof SyncError ? error : null;
  pipeline.log.error('a message failed', {
    code: known?.code ?? 'INTERNAL',
    message: error instanceof Error ? error.message : String(error),
    stack: known === null && error instanceof Error ? error.stack : undefined,
    kind: envelope?.kind,
    id: envelope?.id,
    partition: envelope?.partition,
    attempt: count,
  });
}

async function refuse(
  pipeline: Pipeline,
  queue: string,
  body: unknown,
  envelope: Envelope | null,
  error: unknown,
): Promise<void> {
  const code = error instanceof SyncError ? error.code : 'INTERNAL';
  const message = error instanceof Error ? error.message : String(error);
  const action = error instanceof SyncError ? error.action : 'Report this with the message.';
  const refusedAt = new Date(pipeline.clock.now()).toISOString();
  const poison: Poison = {
    code,
    message,
    queue,
    refusedAt,
    original: body === undefined ? '' : JSON.stringify(body),
  };
  pipeline.log.error('a message was refused and lies in the poison queue', {
    code,
    message,
    action,
    queue,
    kind: envelope?.kind,
    id: envelope?.id,
    agent: envelope?.agent,
  });
  const place = { connector: envelope?.connector ?? 'unknown', partition: null };
  await pipeline.sender.send([poisonMessage(pipeline, place, poison)]);
  await notePoison(pipeline, { code, queue, message });
}

/** The answer to a refresh names its reading: asking for it again would bring the same for ever. */
async function askAgainOnce(pipeline: Pipeline, envelope: Envelope): Promise<void> {
  if (envelope.kind !== 'change-set' || openPayload(envelope, changeSetSchema).import !== undefined) return;
  await askAgain(pipeline, envelope);
}

/** What a change set that failed here would have told is read again at the source: the poison queue must not lose it. */
async function askAgain(pipeline: Pipeline, envelope: Envelope): Promise<void> {
  if (envelope.kind !== 'change-set') return;
  const { objects } = openPayload(envelope, changeSetSchema);
  await sendCommand(pipeline, envelope.connector, 'refresh', {
    requests: objects.map(({ key }) => ({ key })),
  });
}
