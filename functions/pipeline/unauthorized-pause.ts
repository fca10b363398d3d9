import type { Pipeline } from './pipeline.ts';

/** The first refusals may be a token that was just replaced; after that only a person can help. */
const pausesMs = [1_000, 5_000, 60_000] as const;

interface Refusals {
  readonly count: number;
  readonly until: number;
}

const refusals = new WeakMap<Pipeline['tokens'], Refusals>();

/** Until when (epoch ms) this process leaves the target alone after a 401. Slices that ran together count as one. */
export function unauthorizedUntil({ tokens }: Pick<Pipeline, 'tokens'>, now: number): number {
  const before = refusals.get(tokens) ?? { count: 0, until: 0 };
  if (now < before.until) return before.until;
  const pause = pausesMs[Math.min(before.count, pausesMs.length - 1)] ?? pausesMs[0];
  refusals.set(tokens, { count: before.count + 1, until: now + pause });
  return now + pause;
}

/** A token was accepted: the next refusal is the first one again. */
export function authorized({ tokens }: Pick<Pipeline, 'tokens'>): void {
  refusals.delete(tokens);
}
