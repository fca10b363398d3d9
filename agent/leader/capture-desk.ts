import type { CaptureContext } from '../capture/capture-context.ts';

/** Where commands find the capture that is running, or wait for it while the directory is away. */
export class CaptureDesk {
  #contexts: readonly CaptureContext[] = [];
  #waiting: ((contexts: readonly CaptureContext[]) => void)[] = [];

  open(contexts: readonly CaptureContext[]): void {
    this.#contexts = contexts;
    for (const resolve of this.#waiting.splice(0)) resolve(contexts);
  }

  close(): void {
    this.#contexts = [];
  }

  /** @throws the signal's reason when it fires first. */
  running(signal: AbortSignal): Promise<readonly CaptureContext[]> {
    signal.throwIfAborted();
    if (this.#contexts.length > 0) return Promise.resolve(this.#contexts);
    return new Promise((resolve, reject) => {
      const fail = (): void => {
        this.#waiting = this.#waiting.filter((one) => one !== settle);
        reject(signal.reason as Error);
      };
      const settle = (contexts: readonly CaptureContext[]): void => {
        signal.removeEventListener('abort', fail);
        resolve(contexts);
      };
      this.#waiting.push(settle);
      signal.addEventListener('abort', fail, { once: true });
    });
  }
}
