import type { LdapEntry } from './ldap-entry.ts';

/** Entries that may wait here before the socket is paused. */
const waitingMax = 2_000;

/** What a search's last message said. */
export interface LdapResult {
  readonly resultCode: number;
  readonly diagnostic: string;
  /** Values of response controls by OID. */
  readonly controls: ReadonlyMap<string, Buffer>;
}

/**
 * Entries of one search on their way from socket to reader. The reader takes all that have arrived at once; while it
 * is busy and too many wait, the socket is paused, so memory is bounded however large the answer is.
 */
export class SearchStream {
  readonly #flow: { pause(): void; resume(): void };
  readonly #abandon: () => void;
  #waiting: LdapEntry[] = [];
  #result: LdapResult | null = null;
  #error: Error | null = null;
  #wake: (() => void) | null = null;
  #isPaused = false;

  constructor(flow: { pause(): void; resume(): void }, abandon: () => void) {
    this.#flow = flow;
    this.#abandon = abandon;
  }

  accept(entry: LdapEntry): void {
    this.#waiting.push(entry);
    if (this.#waiting.length >= waitingMax && !this.#isPaused) {
      this.#isPaused = true;
      this.#flow.pause();
    }
    this.#wakeReader();
  }

  finish(result: LdapResult): void {
    this.#result = result;
    this.#wakeReader();
  }

  fail(error: Error): void {
    this.#error ??= error;
    this.#wakeReader();
  }

  /** Batches in order of arrival; throws when the connection or the search failed. Leaving early abandons the search. */
  async *batches(): AsyncGenerator<readonly LdapEntry[], void> {
    try {
      for (;;) {
        if (this.#waiting.length > 0) {
          const batch = this.#waiting;
          this.#waiting = [];
          yield batch;
          this.#resume();
        } else if (this.#error !== null) throw this.#error;
        else if (this.#result !== null) return;
        else await new Promise<void>((resolve) => (this.#wake = resolve));
      }
    } finally {
      this.#resume();
      if (this.#result === null && this.#error === null) this.#abandon();
    }
  }

  /** Controls of the last message; empty before the search has ended. */
  get controls(): ReadonlyMap<string, Buffer> {
    return this.#result?.controls ?? new Map();
  }

  #resume(): void {
    if (!this.#isPaused || this.#waiting.length > 0) return;
    this.#isPaused = false;
    this.#flow.resume();
  }

  #wakeReader(): void {
    const wake = this.#wake;
    this.#wake = null;
    wake?.();
  }
}
