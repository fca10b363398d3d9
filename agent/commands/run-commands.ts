import type { ServiceBusReceivedMessage, ServiceBusSessionReceiver } from '@azure/service-bus';
import { queueName } from '../../shared/adapters/service-bus/queue-name.ts';
import { translateBusError } from '../../shared/adapters/service-bus/translate-bus-error.ts';
import { SyncError } from '../../shared/errors/sync-error.ts';
import { openBody } from '../../shared/model/envelope-seal.ts';
import type { AgentParts } from '../agent-parts.ts';
import { isAborted } from '../is-aborted.ts';
import { growingPause } from '../growing-pause.ts';
import type { CommandTarget } from './command-target.ts';
import { carryOut } from './carry-out.ts';

/** The SDK renews a session's lock for at most this long; a year is longer than any term. */
const renewalMsMax = 365 * 86_400_000;
/** One receive's patience; it only bounds how long a dead link goes unnoticed. */
const receiveMs = 60_000;

/**
 * Takes control commands from the session that carries the connector's name. A command is completed when the broker has
 * accepted all that it led to; after a crash before that it is carried out again, which does no harm.
 */
export async function runCommands(
  parts: AgentParts,
  term: CommandTarget,
  signal: AbortSignal,
): Promise<void> {
  const { client, file, clock, random, log } = parts;
  const queue = queueName('agent-commands', file.connector);
  for (let attempt = 0; !signal.aborted;) {
    let receiver: ServiceBusSessionReceiver | null = null;
    try {
      receiver = await client.acceptSession(queue, file.connector, {
        maxAutoLockRenewalDurationInMs: renewalMsMax,
      });
      attempt = 0;
      await receiveUntilLost(receiver, parts, term, signal);
    } catch (error) {
      if (isAborted(signal)) return;
      const failure = translateBusError(error, queue);
      if (!(failure instanceof SyncError) || failure.code !== 'BUS_UNREACHABLE') throw failure;
      log.debug('no commands for now', { queue, code: failure.code });
      await clock.sleep(growingPause(attempt++, random), signal);
    } finally {
      // Over a broken connection closing waits for nobody.
      if (receiver !== null)
        await Promise.race([receiver.close().catch(() => undefined), clock.sleep(1_000)]);
    }
  }
}

async function receiveUntilLost(
  receiver: ServiceBusSessionReceiver,
  parts: AgentParts,
  term: CommandTarget,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted && !receiver.isClosed) {
    const [message] = await receiver.receiveMessages(1, { maxWaitTimeInMs: receiveMs, abortSignal: signal });
    if (message === undefined) continue;
    await obey(message, parts, term, signal);
    await receiver.completeMessage(message);
  }
}

/** A message that is no command is dropped with a word: it would come back for ever. */
async function obey(
  message: ServiceBusReceivedMessage,
  parts: AgentParts,
  term: CommandTarget,
  signal: AbortSignal,
): Promise<void> {
  const { log, clock, random, reporter } = parts;
  for (let attempt = 0; ; attempt += 1) {
    try {
      await carryOut(openBody(message.body), parts, term, signal);
      return;
    } catch (error) {
      if (signal.aborted || !(error instanceof SyncError)) throw error;
      if (error.disposition === 'reject') {
        log.error('a command was refused', {
          code: error.code,
          message: String(message.messageId),
          reason: error.message,
        });
        reporter.problem({ code: error.code, message: error.message });
        return;
      }
      if (error.disposition === 'stop') throw error;
      // The directory went away in the middle: the capture waits for it, and so does the command.
      await clock.sleep(growingPause(attempt, random), signal);
    }
  }
}
