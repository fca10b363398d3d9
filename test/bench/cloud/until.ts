import { setTimeout as sleep } from 'node:timers/promises';

/** Polls until it is so; benches wait long on busy machines, and say what they waited for when they give up. */
export async function until(
  what: string,
  isSo: () => Promise<boolean>,
  limitMs: number,
  everyMs = 50,
): Promise<void> {
  const giveUpAt = Date.now() + limitMs;
  while (!(await isSo())) {
    if (Date.now() >= giveUpAt) throw new Error(`${what}: not within ${limitMs / 1_000} s`);
    await sleep(everyMs);
  }
}
