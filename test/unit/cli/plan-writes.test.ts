import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { secondsFor } from '../../../cli/plan/count-writes.ts';
import { writeReport } from '../../../cli/plan/write-report.ts';

const now = Date.UTC(2026, 10, 23);
const bucketOf = (tokens: number, at: number) => ({
  tokens,
  at,
  blockedUntil: 0,
  promised: { urgent: 0, live: 0, bulk: 0 },
});

test('what the bucket has goes at once but for a quarter, the rest at twenty a second', () => {
  const quota = { writesPer150s: 3_000, now };
  // 2,900 fit, since what refills while a block is spent is left out; three quarters of them are for bulk.
  expect(secondsFor(2_175, { bucket: null, ...quota })).toBe(0);
  expect(secondsFor(2_195, { bucket: null, ...quota })).toBe(1);
  expect(secondsFor(102_175, { bucket: null, ...quota })).toBe(5_000);
  expect(secondsFor(200, { bucket: bucketOf(0, now), ...quota })).toBe(10);
  // 100 s later it holds 2,000 more.
  expect(secondsFor(1_275, { bucket: bucketOf(0, now - 100_000), ...quota })).toBe(0);
});

test('a plan that cannot be written whole leaves no half of it behind', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'dirbridge-plan-'));
  function* pieces(): Generator<string> {
    yield 'half';
    throw new Error('out of values');
  }
  const report = { option: '--out', path: path.join(folder, 'plan.json'), mark: 'half' };
  expect(() => writeReport(report, pieces())).toThrow('out of values');
  expect(readdirSync(folder)).toEqual([]);
  rmSync(folder, { recursive: true });
});
