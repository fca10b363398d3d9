import type { ServiceBusReceivedMessage, ServiceBusReceiver } from '@azure/service-bus';
import type { BusSession } from './bus-connection.ts';
import { dispatch, logProcessingError } from './bus-trigger.ts';
import type { BusTrigger, Listener } from './bus-trigger.ts';
import { LockRenewal } from './lock-renewal.ts';
import { Settlement } from './settlement.ts';

const receiverOptions = {
  maxAutoLockRenewalDurationInMs: 0,
  skipParsingBodyAsJson: true,
  skipConvertingDate: true,
};

/** A queue without sessions, one message an invocation, up to maxConcurrentCalls at a time. */
export function listenToMessages(trigger: BusTrigger): Listener {
  const run = async () => {
    while (!trigger.stop.aborted) {
      const bus = trigger.connection.session;
      const end = AbortSignal.any([trigger.stop, bus.lost]);
      await subscribeUntil(trigger, bus, end);
      if (bus.lost.aborted) await trigger.connection.recover(trigger.entity, undefined, bus);
    }
  };
  return { stopped: run() };
}

async function subscribeUntil(trigger: BusTrigger, bus: BusSession, end: AbortSignal): Promise<void> {
  const receiver = bus.client.createReceiver(trigger.entity, receiverOptions);
  const settlement = new Settlement(receiver);
  const running = new Set<Promise<void>>();
  const subscription = receiver.subscribe(
    {
      processMessage: async (message) => {
        // Delivered after the end: given back at once, it would wait for its lock to run out.
        if (end.aborted) return await settlement.settle(message, 'Abandon').catch(() => undefined);
        trigger.connection.worked(trigger.entity);
        const work = processOne(trigger, receiver, settlement, message).finally(() => running.delete(work));
        running.add(work);
        await work;
      },
      processError: (args) => {
        if (end.aborted) return Promise.resolve();
        if (args.errorSource === 'receive') void trigger.connection.recover(trigger.entity, args.error, bus);
        else logProcessingError(trigger, args.errorSource, args.error);
        return Promise.resolve();
      },
    },
    { autoCompleteMessages: false, maxConcurrentCalls: trigger.settings.maxConcurrentCalls },
  );
  await aborted(end);
  // Suspending drains the link's credit; on a lost connection that can take for ever.
  const suspended = subscription.close().catch(() => undefined);
  if (bus.lost.aborted) return;
  await suspended;
  while (running.size > 0) await Promise.allSettled([...running]);
}

/** Cardinality many: one batch at a time, settled as a whole, no lock renewal. */
export function listenToBatches(trigger: BusTrigger): Listener {
  const run = async () => {
    while (!trigger.stop.aborted) {
      const bus = trigger.connection.session;
      const end = AbortSignal.any([trigger.stop, bus.lost]);
      const receiver = bus.client.createReceiver(trigger.entity, receiverOptions);
      const settlement = new Settlement(receiver);
      const options = { maxWaitTimeInMs: trigger.settings.tryTimeoutMs, abortSignal: end };
      try {
        while (!end.aborted) {
          const messages = await receiver.receiveMessages(trigger.settings.maxMessageBatchSize, options);
          trigger.connection.worked(trigger.entity);
          if (messages.length > 0) await dispatch(trigger, settlement, messages, true);
        }
      } catch (error) {
        if (!end.aborted) await trigger.connection.recover(trigger.entity, error, bus);
      }
      if (bus.lost.aborted) await trigger.connection.recover(trigger.entity, undefined, bus);
      void receiver.close().catch(() => undefined);
    }
  };
  return { stopped: run() };
}

async function processOne(
  trigger: BusTrigger,
  receiver: ServiceBusReceiver,
  settlement: Settlement,
  message: ServiceBusReceivedMessage,
): Promise<void> {
  const lock = { lockedUntil: message.lockedUntilUtc, renew: () => receiver.renewMessageLock(message) };
  const renewal = new LockRenewal(lock, trigger.settings.maxAutoLockRenewalMs, (error) => {
    logProcessingError(trigger, 'RenewLock', error);
  });
  try {
    await dispatch(trigger, settlement, [message], false);
  } finally {
    renewal.stop();
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
