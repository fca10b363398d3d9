import type { RawEntry, RawValue } from './amqp-bytes.ts';
import type { BrokerError } from './broker-error.ts';
import type { Deadline } from './deadlines.ts';

// Messages, locks, sessions and consumers refer to one another, so their shapes stand together.

export type MessageState = 'active' | 'deferred' | 'scheduled';

/** What a sender handed in: header fields and annotations apart, everything else byte for byte as it came. */
export interface IncomingMessage {
  readonly header: {
    readonly durable: RawValue;
    readonly priority: RawValue;
    readonly ttl: number | undefined;
  };
  readonly annotations: readonly RawEntry[];
  readonly properties: Buffer;
  readonly applicationProperties: Buffer | undefined;
  readonly body: Buffer;
  readonly messageId: string;
  readonly sessionId: string | undefined;
  readonly scheduledFor: number | undefined;
}

export interface StoredMessage extends IncomingMessage {
  sequence: number;
  enqueuedAt: number;
  expiresAt: number;
  deliveryCount: number;
  state: MessageState;
  /** A message that was scheduled once says so for ever: its receivers see state 2, as the vendor's SDK tests expect. */
  readonly wasScheduled: boolean;
  applicationProperties: Buffer | undefined;
  deadLetterSource: string | undefined;
  lock: Lock | undefined;
  /** Expiry, or activation while it is scheduled. */
  deadline: Deadline | undefined;
  isRemoved: boolean;
}

/** One delivery that has not been settled. In a session it lives and dies with the session's lock. */
export interface Lock {
  /** 32 hex digits, in the order in which a UUID is written. */
  readonly token: string;
  readonly message: StoredMessage;
  readonly session: SessionEntry | undefined;
  until: number;
  deadline: Deadline | undefined;
}

/** Messages that may be delivered, in order. */
export interface ReadyMessages {
  push(message: StoredMessage): void;
  peek(): StoredMessage | undefined;
  pop(): StoredMessage | undefined;
}

export interface SessionEntry {
  readonly id: string;
  readonly ready: ReadyMessages;
  /** Unsettled deliveries of the present holder. */
  readonly locks: Set<Lock>;
  state: Buffer | undefined;
  holder: Consumer | undefined;
  lockedUntil: number;
  deadline: Deadline | undefined;
  /** Messages of any state; a session without messages, state and holder is forgotten. */
  messageCount: number;
}

/** A receiving link as a queue sees it. */
export interface Consumer {
  readonly linkName: string;
  /** Without a lock a message is gone once it is handed over. */
  readonly takesLocks: boolean;
  /** How many more messages the client has asked for. */
  credit(): number;
  deliver(message: StoredMessage, lock: Lock | undefined): void;
  detach(error: BrokerError): void;
}
