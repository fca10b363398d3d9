import type { Envelope } from '../contracts/envelope.v1.ts';

export interface OutgoingMessage {
  /** Real queue name (connector suffix included). */
  readonly queue: string;
  readonly envelope: Envelope;
  /** Session id, for queues with sessions. */
  readonly sessionId?: string;
  /** Epoch milliseconds; delivered not before. */
  readonly notBefore?: number;
  readonly timeToLiveMs?: number;
}

/**
 * Sends what the broker has accepted when the promise resolves. The message id is the envelope's id.
 * Errors: SyncError BUS_UNREACHABLE (outage), BUS_REFUSED (rights, unknown queue, too large).
 */
export interface MessageSender {
  send(messages: readonly OutgoingMessage[]): Promise<void>;
}
