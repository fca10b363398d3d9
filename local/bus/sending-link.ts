import type { EventContext } from 'rhea';
import { AmqpDecodeError } from './amqp-bytes.ts';
import { BrokerError, CONDITION } from './broker-error.ts';
import type { Queue } from './queue.ts';
import { accepted, realFormat, rejected, type WireReceiver } from './rhea-internals.ts';
import { BATCH_FORMAT, readBatch, readMessage } from './stored-message.ts';

/** The limit of the Standard tier for one message, and for one batch as a whole. */
export const MAX_MESSAGE_SIZE = 256 * 1024;

/** A client's sender: the broker's receiving end of it. rhea keeps 1,000 credits open on it. */
export function openSendingLink(receiver: WireReceiver, queue: Queue): void {
  receiver.local.attach.max_message_size = MAX_MESSAGE_SIZE;
  receiver.set_source(receiver.source ?? {});
  receiver.set_target(receiver.target ?? {});
  receiver.on('message', (context) => {
    try {
      take(context, queue);
      context.delivery?.update(true, accepted());
    } catch (error) {
      const { condition, message } = asBrokerError(error);
      context.delivery?.update(true, rejected({ condition, description: message }));
    }
  });
}

function take(context: EventContext, queue: Queue): void {
  const bytes = context.message as unknown as Buffer;
  if (bytes.length > MAX_MESSAGE_SIZE) {
    throw new BrokerError(
      CONDITION.tooLarge,
      `The received message (size ${bytes.length} bytes) exceeds the limit of ${MAX_MESSAGE_SIZE} bytes on '${queue.path}'.`,
    );
  }
  const { format } = context as unknown as { readonly format?: number };
  queue.send(realFormat(format) === BATCH_FORMAT ? readBatch(bytes) : [readMessage(bytes)]);
}

function asBrokerError(error: unknown): BrokerError {
  if (error instanceof BrokerError) return error;
  if (error instanceof AmqpDecodeError || error instanceof RangeError) {
    return new BrokerError(CONDITION.decode, `The message cannot be read: ${error.message}`);
  }
  throw error;
}
