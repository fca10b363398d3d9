import type { ServiceBusSessionReceiver } from '@azure/service-bus';
import { codeOf } from './bus-connection.ts';
import type { BusSession } from './bus-connection.ts';
import { dispatch, logProcessingError } from './bus-trigger.ts';
import type { BusTrigger, Listener } from './bus-trigger.ts';
import { asError } from './error-text.ts';
import { LockRenewal } from './lock-renewal.ts';
import { Settlement } from './settlement.ts';

/** No session was free for as long as the accept waited: the normal end of an idle minute. */
const idleCodes = new Set(['ServiceTimeout', 'SessionCannotBeLocked', 'OperationTimeoutError']);
const closeLimitMs = 5_000;

/**
 * The JavaScript SDK has no session processor, so N loops stand for one: accept the next session, take one message at a time
 * until the session has been idle for sessionIdleTimeout, close, accept again. An idle loop is one attach held by the broker.
 */
export function listenToSessions(trigger: BusTrigger, isBatch: boolean): Listener {
  // With cardinality many the extension works on one session at a time.
  const loops = isBatch ? 1 : trigger.settings.maxConcurrentSessions;
  const stopped = Promise.all(Array.from({ length: loops }, () => runLoop(trigger, isBatch))).then(
    () => undefined,
  );
  return { stopped };
}

async function runLoop(trigger: BusTrigger, isBatch: boolean): Promise<void> {
  while (!trigger.stop.aborted) {
    const bus = trigger.connection.session;
    const end = AbortSignal.any([trigger.stop, bus.lost]);
    try {
      const receiver = await acceptSession(trigger, bus, end);
      trigger.connection.worked(trigger.entity);
      if (receiver !== undefined) await workSession(trigger, receiver, end, isBatch);
    } catch (error) {
      if (!end.aborted) await trigger.connection.recover(trigger.entity, error, bus);
    }
    if (bus.lost.aborted) await trigger.connection.recover(trigger.entity, undefined, bus);
  }
}

async function acceptSession(
  trigger: BusTrigger,
  bus: BusSession,
  end: AbortSignal,
): Promise<ServiceBusSessionReceiver | undefined> {
  const accepting = bus.client.acceptNextSession(trigger.entity, {
    maxAutoLockRenewalDurationInMs: 0,
    skipParsingBodyAsJson: true,
    skipConvertingDate: true,
  });
  let onEnd: (() => void) | undefined;
  const ending = new Promise<undefined>((resolve) => {
    onEnd = () => resolve(undefined);
    end.addEventListener('abort', onEnd);
  });
  try {
    const receiver = await Promise.race([accepting, ending]);
    // A pending accept cannot be taken back: what it still brings is given back at once.
    if (receiver === undefined) accepting.then(closeSession).catch(() => undefined);
    return receiver;
  } catch (error) {
    if (idleCodes.has(codeOf(error))) return undefined;
    throw asError(error);
  } finally {
    if (onEnd !== undefined) end.removeEventListener('abort', onEnd);
  }
}

/** Throws what is to be blamed on more than this session. */
async function workSession(
  trigger: BusTrigger,
  receiver: ServiceBusSessionReceiver,
  end: AbortSignal,
  isBatch: boolean,
): Promise<void> {
  const session = { isLost: false };
  const lock = { lockedUntil: receiver.sessionLockedUntilUtc, renew: () => receiver.renewSessionLock() };
  const renewal = new LockRenewal(lock, isBatch ? 0 : trigger.settings.maxAutoLockRenewalMs, (error) => {
    session.isLost = true;
    if (!end.aborted) logProcessingError(trigger, 'RenewLock', error);
  });
  const settlement = new Settlement(receiver);
  const most = isBatch ? trigger.settings.maxMessageBatchSize : 1;
  const options = { maxWaitTimeInMs: trigger.settings.sessionIdleMs, abortSignal: end };
  try {
    while (!end.aborted && !session.isLost) {
      const messages = await receiver.receiveMessages(most, options);
      if (messages.length === 0) return;
      // Once delivered a message is worked on even when a stop came in between: that is quicker than its lock.
      await dispatch(trigger, settlement, messages, isBatch);
      if (receiver.isClosed) return;
    }
  } catch (error) {
    if (end.aborted) return;
    if (codeOf(error) !== 'SessionLockLost') throw asError(error);
    // Also what a dropped connection looks like from here; the next accept tells the difference.
    logProcessingError(trigger, 'Receive', error);
  } finally {
    renewal.stop();
    await closeSession(receiver);
  }
}

async function closeSession(receiver: ServiceBusSessionReceiver): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  // Closing on a dead connection waits for an answer that cannot come.
  const limit = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, closeLimitMs);
  });
  await Promise.race([receiver.close().catch(() => undefined), limit]);
  clearTimeout(timer);
}
