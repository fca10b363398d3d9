import type { ServiceBusSessionReceiver } from '@azure/service-bus';
import { codeOf } from './bus-connection.ts';
import { dispatch, logProcessingError } from './bus-trigger.ts';
import type { BusTrigger, Listener } from './bus-trigger.ts';
import { LockRenewal } from './lock-renewal.ts';

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
    const receiver = await acceptSession(trigger);
    if (receiver === undefined) continue;
    const failure = await workSession(trigger, receiver, isBatch);
    await closeSession(receiver);
    if (failure !== undefined) await trigger.connection.recover(trigger.entity, failure);
  }
}

async function acceptSession(trigger: BusTrigger): Promise<ServiceBusSessionReceiver | undefined> {
  const accepting = trigger.connection.client.acceptNextSession(trigger.entity, {
    maxAutoLockRenewalDurationInMs: 0,
    skipParsingBodyAsJson: true,
    skipConvertingDate: true,
  });
  let onStop: (() => void) | undefined;
  const stopping = new Promise<undefined>((resolve) => {
    onStop = () => resolve(undefined);
    trigger.stop.addEventListener('abort', onStop);
  });
  try {
    const receiver = await Promise.race([accepting, stopping]);
    // A pending accept cannot be taken back: what it still brings is given back at once.
    if (receiver === undefined) accepting.then(closeSession).catch(() => undefined);
    return receiver;
  } catch (error) {
    if (!idleCodes.has(codeOf(error))) await trigger.connection.recover(trigger.entity, error);
    return undefined;
  } finally {
    if (onStop !== undefined) trigger.stop.removeEventListener('abort', onStop);
  }
}

/** Resolves with what broke the connection, if something did. */
async function workSession(
  trigger: BusTrigger,
  receiver: ServiceBusSessionReceiver,
  isBatch: boolean,
): Promise<unknown> {
  const session = { isLost: false };
  const lock = { lockedUntil: receiver.sessionLockedUntilUtc, renew: () => receiver.renewSessionLock() };
  const renewal = new LockRenewal(lock, isBatch ? 0 : trigger.settings.maxAutoLockRenewalMs, (error) => {
    session.isLost = true;
    logProcessingError(trigger, 'RenewLock', error);
  });
  const most = isBatch ? trigger.settings.maxMessageBatchSize : 1;
  try {
    while (!trigger.stop.aborted && !session.isLost) {
      const messages = await receiver.receiveMessages(most, {
        maxWaitTimeInMs: trigger.settings.sessionIdleMs,
        abortSignal: trigger.stop,
      });
      if (messages.length === 0) return undefined;
      // Once delivered a message is worked on even when a stop came in between: that is quicker than its lock.
      await dispatch(trigger, receiver, messages, isBatch);
      if (receiver.isClosed) return undefined;
    }
    return undefined;
  } catch (error) {
    if (trigger.stop.aborted) return undefined;
    if (codeOf(error) !== 'SessionLockLost') return error ?? new Error('The connection was closed.');
    logProcessingError(trigger, 'Receive', error);
    return undefined;
  } finally {
    renewal.stop();
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
