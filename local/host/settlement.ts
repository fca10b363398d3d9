import { setImmediate as nextTurn } from 'node:timers/promises';
import type {
  ServiceBusReceivedMessage,
  ServiceBusReceiver,
  ServiceBusSessionReceiver,
} from '@azure/service-bus';

/**
 * Settles messages of one receiver, one a turn of the event loop. rhea (3.0.5, session.js write_dispositions) joins neighbouring
 * deliveries settled in the same turn into one frame with the first one's outcome, even when they differ: an abandoned message
 * would be completed along with its neighbour, and be lost.
 */
export class Settlement {
  readonly receiver: ServiceBusReceiver | ServiceBusSessionReceiver;
  #turn: Promise<void> = Promise.resolve();

  constructor(receiver: ServiceBusReceiver | ServiceBusSessionReceiver) {
    this.receiver = receiver;
  }

  async settle(message: ServiceBusReceivedMessage, action: 'Complete' | 'Abandon'): Promise<void> {
    const before = this.#turn;
    let leave: () => void = () => undefined;
    this.#turn = new Promise((resolve) => {
      leave = resolve;
    });
    await before;
    const settled =
      action === 'Complete' ? this.receiver.completeMessage(message) : this.receiver.abandonMessage(message);
    // The SDK hands the outcome to rhea within this turn, and rhea writes it at the turn's end; the broker's answer need not be awaited.
    void nextTurn().then(leave);
    await settled;
  }
}
