export interface RenewableLock {
  readonly lockedUntil: Date | undefined;
  renew(): Promise<Date>;
}

const buffer = 10_000;

/**
 * Renews a lock before it runs out, for at most `maxMs` from its start. The SDK could do it, but it keeps on for an unsettled
 * message after the handler has ended, shares a slot among equal message ids, and tells nobody when a session's renewal fails.
 */
export class LockRenewal {
  readonly #lock: RenewableLock;
  readonly #until: number;
  readonly #onLost: (error: unknown) => void;
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;

  constructor(lock: RenewableLock, maxMs: number, onLost: (error: unknown) => void) {
    this.#lock = lock;
    this.#until = Date.now() + maxMs;
    this.#onLost = onLost;
    this.#schedule(lock.lockedUntil);
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  #schedule(lockedUntil: Date | undefined): void {
    if (this.#isStopped || lockedUntil === undefined || lockedUntil.getTime() >= this.#until) return;
    const remaining = Math.max(0, lockedUntil.getTime() - Date.now());
    this.#timer = setTimeout(() => void this.#renew(), remaining - Math.min(remaining / 2, buffer));
  }

  async #renew(): Promise<void> {
    try {
      this.#schedule(await this.#lock.renew());
    } catch (error) {
      if (!this.#isStopped) this.#onLost(error);
    }
  }
}
