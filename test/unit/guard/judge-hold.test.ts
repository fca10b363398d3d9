import { describe, expect, test } from 'vitest';
import { judgeHold, permitMs, type Hold } from '../../../shared/guard/hold.ts';

const now = 1_800_000_000_000;
const hold: Hold = {
  hash: '0123456789abcdef0123',
  key: 'a1b2c3d4e5f60718293a4b5c6d7e8f90',
  partition: 'p00',
  operation: 'delete',
  sync: 'users',
  cause: 'budget',
  message: '3 of 3 spent',
  heldAt: now - 1_000,
  status: 'held',
  decidedAt: null,
  decidedBy: null,
  spentBy: null,
};

describe('what a hold says about its operation', () => {
  test.each([
    ['held', {}, 'held'],
    ['overtaken', { decidedAt: now }, 'held'],
    ['rejected', { decidedAt: now }, 'rejected'],
    ['rejected', { decidedAt: now - 10 * permitMs }, 'rejected'],
    ['approved', { decidedAt: now }, 'allowed'],
    ['approved', { decidedAt: now - permitMs + 1 }, 'allowed'],
    ['approved', { decidedAt: now - permitMs }, 'held'],
    ['approved', { decidedAt: null }, 'held'],
    ['spent', { decidedAt: now, spentBy: 't1' }, 'allowed'],
    ['spent', { decidedAt: now, spentBy: 't2' }, 'held'],
    ['spent', { decidedAt: now, spentBy: null }, 'held'],
  ] as const)('%s with %j: %s', (status, over, verdict) => {
    expect(judgeHold({ ...hold, ...over, status }, 't1', now)).toBe(verdict);
  });

  test('a spent permit serves nobody once the attempt is recorded', () => {
    expect(judgeHold({ ...hold, status: 'spent', spentBy: 't1' }, null, now)).toBe('held');
  });
});
