import { randomUUID } from 'node:crypto';
import type { Deadlines } from './deadlines.ts';
import type { Lock, SessionEntry, StoredMessage } from './queue-state.ts';

/** The unsettled deliveries of one queue by lock token; a plain one runs out by itself, one in a session with it. */
export class LockTable {
  readonly #locks = new Map<string, Lock>();
  readonly #deadlines: Deadlines;
  readonly #lockDuration: number;
  readonly #onExpired: (lock: Lock) => void;

  constructor(deadlines: Deadlines, lockDuration: number, onExpired: (lock: Lock) => void) {
    this.#deadlines = deadlines;
    this.#lockDuration = lockDuration;
    this.#onExpired = onExpired;
  }

  find(token: string): Lock | undefined {
    return this.#locks.get(token);
  }

  lock(message: StoredMessage, session: SessionEntry | undefined): Lock {
    const token = randomUUID().replaceAll('-', '');
    const lock: Lock = { token, message, session, until: session?.lockedUntil ?? 0, deadline: undefined };
    message.lock = lock;
    this.#locks.set(token, lock);
    if (session === undefined) this.renew(lock);
    else session.locks.add(lock);
    return lock;
  }

  renew(lock: Lock): void {
    this.#deadlines.cancel(lock.deadline);
    lock.until = Date.now() + this.#lockDuration;
    lock.deadline = this.#deadlines.add(lock.until, () => {
      this.unlock(lock);
      this.#onExpired(lock);
    });
  }

  unlock(lock: Lock): void {
    this.#deadlines.cancel(lock.deadline);
    this.#locks.delete(lock.token);
    lock.session?.locks.delete(lock);
    lock.message.lock = undefined;
  }
}
