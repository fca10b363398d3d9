import type { ServiceBusReceivedMessage, ServiceBusReceiver } from '@azure/service-bus';
import { dispatch, logProcessingError } from './bus-trigger.ts';
import type { BusTrigger, Listener } from './bus-trigger.ts';
import { LockRenewal } from './lock-renewal.ts';

const receiverOptions = {
  maxAutoLockRenewalDurationInMs: 0,
  skipParsingBodyAsJson: true,
  skipConvertingDate: true,
};

/** A queue without sessions, one message an invocation, up to maxConcurrentCalls at a time. The SDK reopens the link by itself. */
export function listenToMessages(trigger: BusTrigger): Listener {
  const receiver = trigger.connection.client.createReceiver(trigger.entity, receiverOptions);
  const running = new Set<Promise<void>>();
  const subscription = receiver.subscribe(
    {
      processMessage: async (message) => {
        // Delivered after the stop: left alone, so its lock runs out; the SDK has no way to give back what is on the wire.
        if (trigger.stop.aborted) return await receiver.abandonMessage(message).catch(() => undefined);
        const work = processOne(trigger, receiver, message).finally(() => running.delete(work));
        running.add(work);
        await work;
      },
      processError: (args) => {
        if (trigger.stop.aborted) return Promise.resolve();
        if (args.errorSource === 'receive') void trigger.connection.recover(trigger.entity, args.error);
        else logProcessingError(trigger, args.errorSource, args.error);
        return Promise.resolve();
      },
    },
    { autoCompleteMessages: false, maxConcurrentCalls: trigger.settings.maxConcurrentCalls },
  );
  const stopped = onAbort(trigger.stop).then(async () => {
    // Suspending drains the link's credit; in-flight messages keep it open for their settlement.
    await subscription.close().catch(() => undefined);
    while (running.size > 0) await Promise.allSettled([...running]);
  });
  return { stopped };
}

/** Cardinality many: one batch at a time, settled as a whole, no lock renewal. */
export function listenToBatches(trigger: BusTrigger): Listener {
  const run = async () => {
    const receiver = trigger.connection.client.createReceiver(trigger.entity, receiverOptions);
    while (!trigger.stop.aborted) {
      try {
        const messages = await receiver.receiveMessages(trigger.settings.maxMessageBatchSize, {
          maxWaitTimeInMs: trigger.settings.tryTimeoutMs,
          abortSignal: trigger.stop,
        });
        if (messages.length > 0) await dispatch(trigger, receiver, messages, true);
      } catch (error) {
        await trigger.connection.recover(trigger.entity, error);
      }
    }
  };
  return { stopped: run() };
}

async function processOne(
  trigger: BusTrigger,
  receiver: ServiceBusReceiver,
  message: ServiceBusReceivedMessage,
): Promise<void> {
  const lock = { lockedUntil: message.lockedUntilUtc, renew: () => receiver.renewMessageLock(message) };
  const renewal = new LockRenewal(lock, trigger.settings.maxAutoLockRenewalMs, (error) => {
    logProcessingError(trigger, 'RenewLock', error);
  });
  try {
    await dispatch(trigger, receiver, [message], false);
  } finally {
    renewal.stop();
  }
}

function onAbort(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
