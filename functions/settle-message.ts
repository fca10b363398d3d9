import type { Envelope } from '../shared/contracts/envelope.v1.ts';
import type { Poison } from '../shared/contracts/cloud-work.v1.ts';
import { SyncError } from '../shared/errors/sync-error.ts';
import { openBody } from '../shared/model/envelope-seal.ts';
import { cloudEnvelope } from './pipeline/cloud-envelope.ts';
import type { Pipeline } from './pipeline/pipeline.ts';

/** Abandoning means immediate redelivery, so an outage is waited out here, under the renewed lock. */
const patienceMs = 8 * 60_000;
const pauseMaxMs = 15_000;
/** A message that fails so often without an outage is refused. */
const failuresMax = 5;

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
    await withPatience(pipeline, envelope, handle);
    failures.delete(envelope.id);
  } catch (error) {
    if (error instanceof SyncError && error.disposition === 'reject')
      return refuse(pipeline, queue, body, envelope, error);
    if (isOutage(error)) throw error;
    const id = envelope?.id ?? '';
    const count = (failures.get(id) ?? 0) + 1;
    failures.set(id, count);
    logFailure(pipeline, envelope, error, count);
    if (count < failuresMax) throw error;
    failures.delete(id);
    await refuse(pipeline, queue, body, envelope, error);
  }
}

async function withPatience(
  pipeline: Pipeline,
  envelope: Envelope,
  handle: (envelope: Envelope) => Promise<void>,
): Promise<void> {
  const giveUpAt = pipeline.clock.now() + patienceMs;
  for (let pause = 500; ; pause = Math.min(pause * 2, pauseMaxMs)) {
    try {
      await handle(envelope);
      return;
    } catch (error) {
      if (!isOutage(error) || pipeline.clock.now() >= giveUpAt) throw error;
      pipeline.log.warn('waiting for an outage to end', {
        code: (error as SyncError).code,
        message: (error as SyncError).message,
        kind: envelope.kind,
        id: envelope.id,
        pauseMs: pause,
      });
      await pipeline.clock.sleep(pause * (0.75 + pipeline.random.fraction() / 2));
    }
  }
}

function isOutage(error: unknown): boolean {
  return (
    error instanceof SyncError && (error.code === 'STATE_UNREACHABLE' || error.code === 'BUS_UNREACHABLE')
  );
}

function logFailure(pipeline: Pipeline, envelope: Envelope | null, error: unknown, count: number): void {
  const known = error instanceof SyncError ? error : null;
  pipeline.log.error('a message failed', {
    code: known?.code ?? 'BUG',
    message: error instanceof Error ? error.message : String(error),
    stack: known === null && error instanceof Error ? error.stack : undefined,
    kind: envelope?.kind,
    id: envelope?.id,
    partition: envelope?.partition,
    failures: count,
  });
}

async function refuse(
  pipeline: Pipeline,
  queue: string,
  body: unknown,
  envelope: Envelope | null,
  error: unknown,
): Promise<void> {
  const code = error instanceof SyncError ? error.code : 'BUG';
  const message = error instanceof Error ? error.message : String(error);
  const action = error instanceof SyncError ? error.action : 'Report this with the message.';
  const poison: Poison = {
    code,
    message,
    queue,
    refusedAt: new Date(pipeline.clock.now()).toISOString(),
    original: JSON.stringify(body),
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
  await pipeline.sender.send([
    { queue: 'poison', envelope: cloudEnvelope(pipeline, 'poison', place, poison) },
  ]);
}
