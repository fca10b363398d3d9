import { BrokerError, CONDITION, sessionLockLost } from './broker-error.ts';
import type { Deadlines } from './deadlines.ts';
import { MessageHeap } from './message-heap.ts';
import type { Consumer, SessionEntry } from './queue-state.ts';

/** Somebody waiting for whichever session becomes free. */
export interface SessionWaiter {
  readonly consumer: Consumer;
  grant(session: SessionEntry): void;
}

/** The sessions of one queue: who holds which, which are free with work in them, who waits. */
export class SessionTable {
  readonly #entries = new Map<string, SessionEntry>();
  /** Sessions with messages and no holder, the one free longest first. */
  readonly #free = new Set<SessionEntry>();
  readonly #waiters = new Set<SessionWaiter>();
  readonly #deadlines: Deadlines;
  readonly #lockDuration: number;
  /** Called before a session whose lock has run out is given to somebody else. */
  readonly #onLockLost: (session: SessionEntry) => void;

  constructor(deadlines: Deadlines, lockDuration: number, onLockLost: (session: SessionEntry) => void) {
    this.#deadlines = deadlines;
    this.#lockDuration = lockDuration;
    this.#onLockLost = onLockLost;
  }

  ids(): string[] {
    return [...this.#entries.keys()];
  }

  find(id: string): SessionEntry | undefined {
    return this.#entries.get(id);
  }

  open(id: string): SessionEntry {
    const found = this.#entries.get(id);
    if (found !== undefined) return found;
    const entry: SessionEntry = {
      id,
      ready: new MessageHeap(),
      locks: new Set(),
      state: undefined,
      holder: undefined,
      lockedUntil: 0,
      deadline: undefined,
      messageCount: 0,
    };
    this.#entries.set(id, entry);
    return entry;
  }

  acceptNamed(id: string, consumer: Consumer): SessionEntry {
    const entry = this.open(id);
    if (entry.holder !== undefined) {
      throw new BrokerError(
        CONDITION.sessionCannotBeLocked,
        `The requested session '${id}' cannot be accepted. It may be locked by another receiver.`,
        409,
      );
    }
    this.#hold(entry, consumer);
    return entry;
  }

  /** Grants a free session at once, or keeps the waiter until one is free or `forget` is called. */
  acceptNext(waiter: SessionWaiter): void {
    for (const entry of this.#free) {
      this.#free.delete(entry);
      if (entry.ready.peek() === undefined) continue;
      this.#hold(entry, waiter.consumer);
      waiter.grant(entry);
      return;
    }
    this.#waiters.add(waiter);
  }

  forget(waiter: SessionWaiter): void {
    this.#waiters.delete(waiter);
  }

  /** Called when a message has become ready in a session that nobody holds. */
  offer(entry: SessionEntry): void {
    if (entry.holder !== undefined || entry.ready.peek() === undefined) return;
    const [waiter] = this.#waiters;
    if (waiter === undefined) {
      this.#free.add(entry);
      return;
    }
    this.#waiters.delete(waiter);
    this.#free.delete(entry);
    this.#hold(entry, waiter.consumer);
    waiter.grant(entry);
  }

  release(entry: SessionEntry): void {
    this.#deadlines.cancel(entry.deadline);
    entry.deadline = undefined;
    entry.holder = undefined;
    this.offer(entry);
    this.forgetIfEmpty(entry);
  }

  renew(entry: SessionEntry): number {
    this.#deadlines.cancel(entry.deadline);
    entry.lockedUntil = Date.now() + this.#lockDuration;
    entry.deadline = this.#deadlines.add(entry.lockedUntil, () => this.#onLockLost(entry));
    for (const lock of entry.locks) lock.until = entry.lockedUntil;
    return entry.lockedUntil;
  }

  /** The session, provided that the link still holds it: a holder that lost its lock must not write any more. */
  requireHeld(id: string, linkName: string | undefined): SessionEntry {
    const entry = this.#entries.get(id);
    if (entry?.holder === undefined || entry.holder.linkName !== linkName) throw sessionLockLost(id);
    return entry;
  }

  forgetIfEmpty(entry: SessionEntry): void {
    if (entry.messageCount > 0 || entry.state !== undefined || entry.holder !== undefined) return;
    this.#entries.delete(entry.id);
    this.#free.delete(entry);
  }

  #hold(entry: SessionEntry, consumer: Consumer): void {
    entry.holder = consumer;
    this.#free.delete(entry);
    this.renew(entry);
  }
}
