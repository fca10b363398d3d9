/** An event that may fire before anybody waits for it. */
export class WakeUp {
  #isSet = false;
  #waiting: Promise<void> | null = null;
  #finish: (() => void) | null = null;

  set(): void {
    this.#isSet = true;
    this.#finish?.();
  }

  /** Whether it was set since the last call. */
  take(): boolean {
    const wasSet = this.#isSet;
    this.#isSet = false;
    return wasSet;
  }

  /**
   * Resolves when it is set or the signal fires. Whoever stops waiting (a poll, twenty times a second) and waits again
   * gets the same promise: a new one each time would leave its listener on the signal for as long as the agent runs.
   * All waiters pass the same signal.
   */
  wait(signal: AbortSignal): Promise<void> {
    if (this.#isSet || signal.aborted) return Promise.resolve();
    this.#waiting ??= new Promise((resolve) => {
      const finish = (): void => {
        signal.removeEventListener('abort', finish);
        this.#waiting = this.#finish = null;
        resolve();
      };
      this.#finish = finish;
      signal.addEventListener('abort', finish);
    });
    return this.#waiting;
  }
}
