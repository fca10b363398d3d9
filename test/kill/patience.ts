import { setTimeout as sleep } from 'node:timers/promises';

const patience = { patienceMs: 150_000, pauseMs: 50 };

/** Looks until there is nothing to complain of; the last complaint is in the error. */
export async function eventually(
  what: string,
  complaint: () => Promise<string | null>,
  { patienceMs, pauseMs } = patience,
): Promise<void> {
  const giveUpAt = Date.now() + patienceMs;
  for (;;) {
    const text = await complaint();
    if (text === null) return;
    if (Date.now() >= giveUpAt) throw new Error(`not within ${patienceMs / 1_000} s: ${what}; ${text}`);
    await sleep(pauseMs);
  }
}

/** What happens by itself, but not for ever. */
export async function within<T>(
  what: string,
  happening: Promise<T>,
  patienceMs = patience.patienceMs,
): Promise<T> {
  const ended = new AbortController();
  const giveUp = sleep(patienceMs, undefined, { signal: ended.signal }).then(() => {
    throw new Error(`not within ${patienceMs / 1_000} s: ${what}`);
  });
  giveUp.catch(() => undefined);
  try {
    return await Promise.race([happening, giveUp]);
  } finally {
    ended.abort();
  }
}
