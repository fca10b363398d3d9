import type { SyncError } from '../shared/errors/sync-error.ts';
import type { Clock } from '../shared/ports/clock.ts';
import type { Log } from '../shared/ports/log.ts';

/** Says once that something is away, and once that it is back. */
export class Outage {
  readonly #what: string;
  readonly #log: Log;
  readonly #clock: Clock;
  #since: number | null = null;

  constructor(what: string, log: Log, clock: Clock) {
    this.#what = what;
    this.#log = log;
    this.#clock = clock;
  }

  /** Epoch ms since when it has been away. */
  get since(): number | null {
    return this.#since;
  }

  begin(error: SyncError): void {
    if (this.#since !== null) return;
    this.#since = this.#clock.now();
    this.#log.warn(`${this.#what} is away; waiting for it: ${error.message}`, { code: error.code });
  }

  end(): void {
    if (this.#since === null) return;
    const ms = this.#clock.now() - this.#since;
    this.#since = null;
    this.#log.info(`${this.#what} is back`, { ms });
  }
}
