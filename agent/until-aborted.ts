/**
 * Stops waiting when the signal fires, and throws its reason. What was waited for goes on unheard: a send or a write over
 * a broken connection is settled by its time-out only, seconds after leadership was lost with the same connection.
 */
export function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason as Error);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    const settled = (): void => signal.removeEventListener('abort', abort);
    work.then(resolve, reject).finally(settled);
  });
}
