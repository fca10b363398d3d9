import { encodeString, type RawValue } from './amqp-bytes.ts';
import { BrokerError, CONDITION, messageLockLost, sessionLockLost } from './broker-error.ts';
import type { Deadlines } from './deadlines.ts';
import { DuplicateWindow } from './duplicate-window.ts';
import { LockTable } from './lock-table.ts';
import { MessageHeap } from './message-heap.ts';
import type { QueueDefinition } from './queue-definitions.ts';
import type {
  Consumer,
  IncomingMessage,
  Lock,
  ReadyMessages,
  SessionEntry,
  StoredMessage,
} from './queue-state.ts';
import { SessionTable } from './session-table.ts';
import { mergeApplicationProperties } from './stored-message.ts';

export type PropertyChanges = ReadonlyMap<string, RawValue>;

export type Outcome =
  | { readonly kind: 'complete' }
  | { readonly kind: 'abandon' | 'defer'; readonly changes: PropertyChanges }
  | { readonly kind: 'deadLetter'; readonly changes: PropertyChanges };

export interface QueueCounts {
  active: number;
  scheduled: number;
  deferred: number;
  deadLetter: number;
  sent: number;
  received: number;
}

const NO_CHANGES: PropertyChanges = new Map();

/** A queue, or with `source` the dead-letter queue beside it: no sessions, no lifetime, no delivery limit. */
export class Queue {
  readonly definition: QueueDefinition;
  readonly path: string;
  readonly sessions: SessionTable | undefined;
  readonly deadLetters: Queue | undefined;
  readonly messages = new Map<number, StoredMessage>();
  readonly #deadlines: Deadlines;
  readonly #duplicates: DuplicateWindow | undefined;
  readonly #ready = new MessageHeap();
  readonly #consumers: Consumer[] = [];
  readonly #locks: LockTable;
  #lastSequence = 0;
  sent = 0;
  received = 0;

  constructor(definition: QueueDefinition, deadlines: Deadlines, isDeadLetter = false) {
    this.definition = definition;
    this.path = definition.name;
    this.#deadlines = deadlines;
    this.#locks = new LockTable(deadlines, definition.lockDuration, ({ message }) =>
      this.#goBack(message, 1),
    );
    if (isDeadLetter) return;
    if (definition.duplicateWindow !== undefined)
      this.#duplicates = new DuplicateWindow(definition.duplicateWindow);
    if (definition.requiresSession) {
      this.sessions = new SessionTable(deadlines, definition.lockDuration, (session) =>
        this.#loseSession(session),
      );
    }
    this.deadLetters = new Queue(
      {
        ...definition,
        name: `${definition.name}/$DeadLetterQueue`,
        requiresSession: false,
        timeToLive: Infinity,
      },
      deadlines,
      true,
    );
  }

  /** All or nothing; duplicates are taken and dropped. Returns a sequence number a message, 0 for a dropped one. */
  send(messages: readonly IncomingMessage[]): number[] {
    for (const message of messages) {
      if (this.sessions !== undefined && message.sessionId === undefined) {
        throw new BrokerError(
          CONDITION.notAllowed,
          `The SessionId was not set on a message, and it cannot be sent to the entity. '${this.path}' requires sessions.`,
        );
      }
    }
    const now = Date.now();
    return messages.map((message) => {
      if (this.#duplicates?.admit(message.messageId, now) === false) return 0;
      this.sent += 1;
      return this.#store(message, now).sequence;
    });
  }

  cancelScheduled(sequences: readonly number[]): void {
    const found = sequences.map((sequence) => this.messages.get(sequence));
    for (const message of found) {
      if (message?.state !== 'scheduled') throw this.#notFound();
    }
    for (const message of found) if (message !== undefined) this.#remove(message);
  }

  /** Deferred messages, locked for `consumerName`'s settling or taken out; refused as a whole when one is not there. */
  receiveDeferred(
    sequences: readonly number[],
    takesLocks: boolean,
    session: SessionEntry | undefined,
  ): [StoredMessage, Lock | undefined][] {
    const found = sequences.map((sequence) => {
      const message = this.messages.get(sequence);
      if (message?.state !== 'deferred' || message.lock !== undefined) throw this.#notFound();
      if (session !== undefined && message.sessionId !== session.id) throw this.#notFound();
      return message;
    });
    return found.map((message) => {
      this.received += 1;
      if (takesLocks) return [message, this.#locks.lock(message, session)];
      this.#remove(message);
      return [message, undefined];
    });
  }

  attach(consumer: Consumer): void {
    this.#consumers.push(consumer);
    this.pump();
  }

  /** Plain locks stay until they run out: the client may still settle over $management. */
  detach(consumer: Consumer): void {
    const index = this.#consumers.indexOf(consumer);
    if (index >= 0) this.#consumers.splice(index, 1);
  }

  /** Hands ready messages to consumers with credit, in turns. */
  pump(): void {
    while (this.#ready.peek() !== undefined) {
      const index = this.#consumers.findIndex((candidate) => candidate.credit() > 0);
      const consumer = this.#consumers[index];
      if (consumer === undefined) return;
      if (this.#consumers.length > 1) this.#consumers.push(...this.#consumers.splice(index, 1));
      this.#deliverNext(this.#ready, consumer, undefined);
    }
  }

  pumpSession(session: SessionEntry): void {
    const { holder } = session;
    while (holder !== undefined && session.holder === holder && holder.credit() > 0) {
      if (session.ready.peek() === undefined) return;
      this.#deliverNext(session.ready, holder, session);
    }
  }

  /** The holder closed its link: what it had not settled goes back as it was, and the session is free at once. */
  releaseSession(session: SessionEntry): void {
    const locks = [...session.locks];
    for (const lock of locks) this.#locks.unlock(lock);
    session.holder = undefined;
    for (const { message } of locks) if (message.state === 'active') this.#makeReady(message, false);
    this.sessions?.release(session);
  }

  settle(token: string, outcome: Outcome, sessionId?: string): void {
    const lock = this.#locks.find(token);
    if (lock === undefined) throw sessionId === undefined ? messageLockLost() : sessionLockLost(sessionId);
    const { message } = lock;
    if (outcome.kind === 'deadLetter' && this.deadLetters === undefined) {
      this.#locks.unlock(lock);
      this.#goBack(message, 0);
      throw new BrokerError(
        CONDITION.notAllowed,
        'A message in a dead-letter queue cannot be dead-lettered.',
      );
    }
    this.#locks.unlock(lock);
    if (outcome.kind === 'complete') {
      this.#remove(message);
      return;
    }
    mergeApplicationProperties(message, outcome.changes);
    if (outcome.kind === 'deadLetter') {
      this.#deadLetter(message, NO_CHANGES);
      return;
    }
    if (outcome.kind === 'defer') {
      message.state = 'deferred';
      message.deliveryCount += 1;
      return;
    }
    this.#goBack(message, this.deadLetters === undefined ? 0 : 1);
  }

  renewLock(token: string): number {
    const lock = this.#locks.find(token);
    if (lock === undefined) throw messageLockLost();
    if (lock.session !== undefined)
      throw new BrokerError(CONDITION.notAllowed, 'A message in a session is renewed with it.');
    this.#locks.renew(lock);
    return lock.until;
  }

  counts(): QueueCounts {
    const counts: QueueCounts = {
      active: 0,
      scheduled: 0,
      deferred: 0,
      deadLetter: 0,
      sent: this.sent,
      received: this.received,
    };
    for (const message of this.messages.values()) counts[message.state] += 1;
    counts.deadLetter = this.deadLetters?.messages.size ?? 0;
    return counts;
  }

  #store(incoming: IncomingMessage, now: number): StoredMessage {
    const isScheduled = incoming.scheduledFor !== undefined && incoming.scheduledFor > now;
    const message: StoredMessage = {
      ...incoming,
      sequence: ++this.#lastSequence,
      enqueuedAt: isScheduled ? incoming.scheduledFor : now,
      expiresAt: Infinity,
      deliveryCount: 0,
      state: isScheduled ? 'scheduled' : 'active',
      wasScheduled: isScheduled,
      deadLetterSource: undefined,
      lock: undefined,
      deadline: undefined,
      isRemoved: false,
    };
    this.messages.set(message.sequence, message);
    const session = this.#sessionOf(message);
    if (session !== undefined) session.messageCount += 1;
    if (isScheduled)
      message.deadline = this.#deadlines.add(message.enqueuedAt, () => this.#activate(message));
    else this.#enqueue(message);
    return message;
  }

  /** The time has come: the message gets a new sequence number and joins the end of the queue. */
  #activate(message: StoredMessage): void {
    this.messages.delete(message.sequence);
    message.sequence = ++this.#lastSequence;
    message.enqueuedAt = Math.max(Date.now(), message.enqueuedAt);
    message.state = 'active';
    this.messages.set(message.sequence, message);
    this.#enqueue(message);
  }

  #enqueue(message: StoredMessage): void {
    const lifetime = Math.min(message.header.ttl ?? Infinity, this.definition.timeToLive);
    if (lifetime !== Infinity && this.deadLetters !== undefined) {
      message.expiresAt = message.enqueuedAt + lifetime;
      message.deadline = this.#deadlines.add(message.expiresAt, () => this.#expire(message));
    }
    this.#makeReady(message);
  }

  #makeReady(message: StoredMessage, mayDeliver = true): void {
    const session = this.#sessionOf(message);
    (session?.ready ?? this.#ready).push(message);
    if (!mayDeliver) return;
    if (session === undefined) this.pump();
    else if (session.holder !== undefined) this.pumpSession(session);
    else this.sessions?.offer(session);
  }

  #deliverNext(ready: ReadyMessages, consumer: Consumer, session: SessionEntry | undefined): void {
    const message = ready.pop();
    if (message === undefined) return;
    if (message.expiresAt <= Date.now()) {
      this.#expire(message);
      return;
    }
    this.received += 1;
    if (consumer.takesLocks) {
      consumer.deliver(message, this.#locks.lock(message, session));
      return;
    }
    this.#remove(message);
    consumer.deliver(message, undefined);
  }

  #loseSession(session: SessionEntry): void {
    const { holder } = session;
    const locks = [...session.locks];
    for (const lock of locks) this.#locks.unlock(lock);
    // Nobody may take the session before all of its messages are back: order would be lost.
    session.holder = undefined;
    for (const { message } of locks) this.#goBack(message, 1, false);
    holder?.detach(sessionLockLost(session.id));
    this.sessions?.release(session);
  }

  #goBack(message: StoredMessage, increment: number, mayDeliver = true): void {
    message.deliveryCount += increment;
    if (this.deadLetters !== undefined && message.deliveryCount >= this.definition.maxDeliveryCount) {
      const text = `Message could not be consumed after ${this.definition.maxDeliveryCount} delivery attempts.`;
      this.#deadLetter(message, this.#reason('MaxDeliveryCountExceeded', text));
      return;
    }
    if (message.expiresAt <= Date.now()) {
      this.#expire(message);
      return;
    }
    if (message.state === 'active') this.#makeReady(message, mayDeliver);
  }

  /** Not while it is locked: the lock's end looks at the lifetime again. */
  #expire(message: StoredMessage): void {
    if (message.lock !== undefined || message.isRemoved) return;
    if (!this.definition.deadLetterExpired) {
      this.#remove(message);
      return;
    }
    this.#deadLetter(
      message,
      this.#reason('TTLExpiredException', 'The message expired and was dead lettered.'),
    );
  }

  #reason(reason: string, description: string): PropertyChanges {
    return new Map([
      ['DeadLetterReason', encodeString(reason)],
      ['DeadLetterErrorDescription', encodeString(description)],
    ]);
  }

  #deadLetter(message: StoredMessage, changes: PropertyChanges): void {
    this.#remove(message);
    mergeApplicationProperties(message, changes);
    this.deadLetters?.take({ ...message, deadLetterSource: this.path, state: 'active', expiresAt: Infinity });
  }

  /** Takes over a message from the queue beside: the delivery count stays. */
  take(message: StoredMessage): void {
    const taken: StoredMessage = {
      ...message,
      sequence: ++this.#lastSequence,
      lock: undefined,
      deadline: undefined,
      isRemoved: false,
    };
    this.messages.set(taken.sequence, taken);
    this.#makeReady(taken);
  }

  #remove(message: StoredMessage): void {
    message.isRemoved = true;
    this.#deadlines.cancel(message.deadline);
    this.messages.delete(message.sequence);
    const session = this.#sessionOf(message);
    if (session === undefined) return;
    session.messageCount -= 1;
    this.sessions?.forgetIfEmpty(session);
  }

  #sessionOf(message: StoredMessage): SessionEntry | undefined {
    return message.sessionId === undefined ? undefined : this.sessions?.open(message.sessionId);
  }

  #notFound(): BrokerError {
    return new BrokerError(
      CONDITION.messageNotFound,
      `A message with this sequence number is not in '${this.path}'.`,
      404,
    );
  }
}
