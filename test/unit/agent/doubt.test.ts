import { describe, expect, test } from 'vitest';
import { isGivenUp, isInDoubt, withDoubt, withoutDoubts } from '../../../agent/leader/doubt.ts';
import { emptyLeaseState, leaseStateSchema, type Watermark } from '../../../agent/lease/lease-state.ts';

const now = Date.UTC(2026, 10, 23);
const hourMs = 3_600_000;
const watermark = (server: string, covers?: Record<string, string>): Watermark => ({
  namingContext: 'DC=x',
  server,
  invocationId: server,
  cookie: 'AAAA',
  usn: '100',
  at: new Date(now).toISOString(),
  url: `ldaps://${server}`,
  ...(covers === undefined ? {} : { covers }),
});

describe('a doubt', () => {
  test('keeps what was given up, across a restart', () => {
    const state = withDoubt(emptyLeaseState, watermark('dc1', { dc1: '7' }), now);
    const stored = leaseStateSchema.parse(JSON.parse(JSON.stringify(state)));
    expect(isInDoubt(stored)).toBe(true);
    expect(stored.doubts).toMatchObject([{ told: { server: 'dc1', covers: { dc1: '7' } } }]);
    expect(isInDoubt(withoutDoubts(stored))).toBe(false);
  });

  test('goes on missing the first one, and asks for all that was told since as well', () => {
    const first = withDoubt(emptyLeaseState, watermark('dc1', { dc1: '7', dc3: '90' }), now);
    const both = withDoubt(first, watermark('dc2', { dc2: '5', dc3: '100' }), now + hourMs);
    expect(both.doubts).toHaveLength(1);
    expect(both.doubts?.[0]).toMatchObject({
      since: new Date(now).toISOString(),
      told: { server: 'dc1', covers: { dc1: '7', dc2: '5', dc3: '100' } },
    });
    // What one of them told cannot be named, so no vector can have it for certain.
    const unknown = withDoubt(both, watermark('dc3'), now);
    expect(unknown.doubts?.[0]?.told.covers).toBeUndefined();
  });

  test('ends a day after it began where the one that is missed was taken out of the configuration', () => {
    const [doubt] = withDoubt(emptyLeaseState, watermark('dc1'), now).doubts ?? [];
    if (doubt === undefined) throw new Error('there is one');
    expect(isGivenUp(doubt, ['ldaps://dc2'], now + 23 * hourMs)).toBe(false);
    expect(isGivenUp(doubt, ['ldaps://dc2'], now + 24 * hourMs)).toBe(true);
    expect(isGivenUp(doubt, ['ldaps://dc1', 'ldaps://dc2'], now + 48 * hourMs)).toBe(false);
  });
});
