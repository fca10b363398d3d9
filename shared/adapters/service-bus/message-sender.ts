import type { ServiceBusClient, ServiceBusMessage, ServiceBusSender } from '@azure/service-bus';
import { SyncError } from '../../errors/sync-error.ts';
import type { MessageSender, OutgoingMessage } from '../../ports/message-sender.ts';
import { translateBusError } from './translate-bus-error.ts';

/** MessageSender over one client; a sender for each queue is kept open. The client stays the caller's to close. */
export function messageSender(client: ServiceBusClient): MessageSender & { close(): Promise<void> } {
  const senders = new Map<string, ServiceBusSender>();
  const senderOf = (queue: string): ServiceBusSender => {
    const known = senders.get(queue);
    if (known !== undefined) return known;
    const sender = client.createSender(queue);
    senders.set(queue, sender);
    return sender;
  };

  const sendGroup = async (queue: string, messages: readonly OutgoingMessage[]): Promise<void> => {
    const sender = senderOf(queue);
    try {
      await sendInBatches(sender, queue, messages.map(wireMessage));
    } catch (error) {
      const failure = translateBusError(error, queue);
      // A link that failed once is not trusted again: the next send opens a new one. After a refusal it is sound, and
      // another send may be under way on it.
      if (
        failure instanceof SyncError &&
        failure.code === 'BUS_UNREACHABLE' &&
        senders.get(queue) === sender
      ) {
        senders.delete(queue);
        void sender.close().catch(() => undefined);
      }
      throw failure;
    }
  };

  return {
    async send(messages) {
      const groups = groupBySession(messages);
      const results = await Promise.allSettled(
        groups.map(([first, ...rest]) => sendGroup(first.queue, [first, ...rest])),
      );
      // All have ended before a failure is reported, so that nothing of this call is accepted later.
      for (const result of results) if (result.status === 'rejected') throw result.reason;
    },
    async close() {
      const open = [...senders.values()];
      senders.clear();
      await Promise.allSettled(open.map((sender) => sender.close()));
    },
  };
}

/**
 * A batch goes to one session: a partitioned namespace takes no other, and the order within a session is kept.
 * (learn.microsoft.com, Partitioned queues and topics: messages of a batch need the same partition key.)
 */
function groupBySession(messages: readonly OutgoingMessage[]): [OutgoingMessage, ...OutgoingMessage[]][] {
  const groups = new Map<string, [OutgoingMessage, ...OutgoingMessage[]]>();
  for (const message of messages) {
    const key = JSON.stringify([message.queue, message.sessionId]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [message]);
    else group.push(message);
  }
  return [...groups.values()];
}

async function sendInBatches(
  sender: ServiceBusSender,
  queue: string,
  messages: readonly ServiceBusMessage[],
): Promise<void> {
  const [only] = messages;
  if (messages.length === 1 && only !== undefined) return sender.sendMessages(only);
  let batch = await sender.createMessageBatch();
  for (const message of messages) {
    if (batch.tryAddMessage(message)) continue;
    if (batch.count > 0) {
      await sender.sendMessages(batch);
      batch = await sender.createMessageBatch();
      if (batch.tryAddMessage(message)) continue;
    }
    throw new SyncError('BUS_REFUSED', `queue ${queue}: a message is larger than a batch may be`, {
      context: { queue, message: String(message.messageId), bytesMax: batch.maxSizeInBytes },
    });
  }
  if (batch.count > 0) await sender.sendMessages(batch);
}

function wireMessage(message: OutgoingMessage): ServiceBusMessage {
  return {
    // One top-level property only: the Functions host copies the others over its trigger metadata.
    body: { envelope: message.envelope },
    contentType: 'application/json',
    messageId: message.envelope.id,
    ...(message.sessionId === undefined ? {} : { sessionId: message.sessionId }),
    ...(message.notBefore === undefined ? {} : { scheduledEnqueueTimeUtc: new Date(message.notBefore) }),
    ...(message.timeToLiveMs === undefined ? {} : { timeToLive: message.timeToLiveMs }),
  };
}
