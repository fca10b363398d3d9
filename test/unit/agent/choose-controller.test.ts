import { expect, test } from 'vitest';
import { isRolledBack } from '../../../agent/leader/choose-controller.ts';

const watermark = {
  namingContext: 'DC=x',
  server: 'dc1',
  invocationId: 'a',
  cookie: '',
  usn: '100',
  at: '2026-01-01T00:00:00.000Z',
};
const facts = {
  url: '',
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
