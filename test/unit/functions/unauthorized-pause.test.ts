import { expect, test } from 'vitest';
import { authorized, unauthorizedUntil } from '../../../functions/pipeline/unauthorized-pause.ts';
import type { WriteTokens } from '../../../functions/pipeline/write-tokens.ts';

const process = (): { tokens: WriteTokens } => ({
  tokens: {
    take: (count) => Promise.resolve({ granted: count, waitUntil: null }),
    readyAt: () => 0,
    admit: (_count, _priority, now) => now,
    leave: () => undefined,
    queueEnd: () => 0,
    throttled: () => Promise.resolve(),
    pause: () => undefined,
  },
});

test('the pause after a refused token grows: a second, five, then a minute', () => {
  const one = process();
  expect(unauthorizedUntil(one, 10_000)).toBe(11_000);
  expect(unauthorizedUntil(one, 11_000)).toBe(16_000);
  expect(unauthorizedUntil(one, 16_000)).toBe(76_000);
  expect(unauthorizedUntil(one, 76_000)).toBe(136_000);
});

test('slices that were refused together count once', () => {
  const one = process();
  expect(unauthorizedUntil(one, 10_000)).toBe(11_000);
  expect(unauthorizedUntil(one, 10_400)).toBe(11_000);
  expect(unauthorizedUntil(one, 11_200)).toBe(16_200);
});

test('an accepted token starts anew, and processes do not share', () => {
  const one = process();
  unauthorizedUntil(one, 10_000);
  expect(unauthorizedUntil(process(), 11_000)).toBe(12_000);
  authorized(one);
  expect(unauthorizedUntil(one, 20_000)).toBe(21_000);
});
