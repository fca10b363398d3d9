import { describe, expect, it, test } from 'vitest';
import { isCovered, isRolledBack } from '../../../agent/leader/controller-standing.ts';

const watermark = {
  namingContext: 'DC=x',
  server: 'dc1',
  invocationId: 'a',
  cookie: '',
  usn: '100',
  at: '2026-01-01T00:00:00.000Z',
  url: 'ldaps://dc1',
};
const facts = {
  url: '',
  address: undefined,
  service: 'CN=NTDS Settings',
  server: 'dc1',
  invocationId: 'a',
  defaultNamingContext: 'DC=x',
  namingContexts: [],
  highestUsn: 100n,
};

test.each([
  ['the same', {}, false],
  ['the same, further on', { highestUsn: 200n }, false],
  ['the same with a lower number: a snapshot was put back', { highestUsn: 99n }, true],
  [
    'the same under another invocation id: restored from a backup',
    { invocationId: 'b', highestUsn: 200n },
    true,
  ],
  [
    'another domain controller, whose numbers are its own',
    { server: 'dc2', invocationId: 'b', highestUsn: 5n },
    false,
  ],
] as const)('%s', (_what, change, expected) =>
  expect(isRolledBack({ ...facts, ...change }, watermark)).toBe(expected),
);

describe('what a watermark covers', () => {
  const covers = { a: '100', b: '50', c: '7' };
  const of = (has: Record<string, bigint>, highestUsn = 0n): boolean | null =>
    isCovered({ ...watermark, covers }, { invocationId: 'b', highestUsn }, new Map(Object.entries(has)));

  it.each<readonly [string, boolean | null, boolean]>([
    ['all of it', of({ a: 100n, c: 7n }, 50n), true],
    ['more', of({ a: 101n, c: 9n, d: 1n }, 60n), true],
    ['less of what was written there', of({ a: 99n, c: 7n }, 50n), false],
    ['less of what had come there from a third', of({ a: 100n, c: 6n }, 50n), false],
    ['nothing of a third', of({ a: 100n }, 50n), false],
    ['fewer of its own than had come there: it went back in time', of({ a: 100n, c: 7n }, 49n), false],
  ])('is there when another domain controller has %s', (_what, found, expected) => {
    expect(found).toBe(expected);
  });

  it('is not known without both vectors', () => {
    expect(isCovered({ ...watermark, covers }, facts, null)).toBeNull();
    expect(isCovered({}, facts, new Map([['a', 100n]]))).toBeNull();
  });
});
