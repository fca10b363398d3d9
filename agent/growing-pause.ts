import type { Random } from '../shared/ports/random.ts';

const firstMs = 200;
const longestMs = 30_000;

/** Milliseconds before try number `attempt` + 1: doubling up to half a minute, spread so that agents do not march in step. */
export function growingPause(attempt: number, random: Random): number {
  const ms = Math.min(longestMs, firstMs * 2 ** Math.min(attempt, 10));
  return ms * (0.75 + random.fraction() / 2);
}
