/** An event that may fire before anybody waits for it. */
export class WakeUp {
  #isSet = false;
  #resolve: (() => void) | null = null;

  set(): void {
    this.#isSet = true;
    this.#resolve?.();
    this.#resolve = null;
  }

  /** Whether it was set since the last call. */
  take(): boolean {
    const wasSet = this.#isSet;
    this.#isSet = false;
    return wasSet;
  }

  /** Resolves when it is set; one waiter at a time. */
  wait(signal: AbortSignal): Promise<void> {
    if (this.#isSet || signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const finish = (): void => {
        signal.removeEventListener('abort', finish);
        this.#resolve = null;
        resolve();
      };
      this.#resolve = finish;
      signal.addEventListener('abort', finish);
    });
  }
}
