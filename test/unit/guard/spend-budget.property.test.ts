import fc from 'fast-check';
import { expect, test } from 'vitest';
import { spendBudget, type BudgetSpending } from '../../../shared/guard/spend-budget.ts';

const start = 1_800_000_000_000;

test('never more different operations than the limit in any window, in whatever order and rhythm they come', () => {
  const step = fc.record({ hash: fc.nat(30), pauseMs: fc.nat(4_000), managed: fc.nat(400) });
  const budget = fc.record({
    max: fc.nat(8),
    percent: fc.nat(100),
    atLeast: fc.integer({ min: 1, max: 4 }),
    perMs: fc.integer({ min: 1, max: 20_000 }),
  });
  fc.assert(
    fc.property(budget, fc.array(step, { maxLength: 60 }), (limits, steps) => {
      let spending: BudgetSpending = { entries: [] };
      let now = start;
      const passed: { hash: string; at: number }[] = [];
      for (const { hash, pauseMs, managed } of steps) {
        now += pauseMs;
        const verdict = spendBudget(limits, spending, { hashes: [String(hash)], now, managed });
        const isAllowed = verdict.allowed.has(String(hash));
        spending = verdict.next ?? spending;
        const inWindow = passed.filter((one) => one.at > now - limits.perMs);
        const isCounted = inWindow.some((one) => one.hash === String(hash));
        if (isAllowed && !isCounted) passed.push({ hash: String(hash), at: now });
        const share = Math.max(limits.atLeast, Math.floor((managed * limits.percent) / 100));
        const allowed = Math.min(limits.max, share);
        // What was counted may be repeated free of charge; anything new must fit.
        expect(isAllowed).toBe(isCounted || inWindow.length < allowed);
        expect(passed.filter((one) => one.at > now - limits.perMs).length).toBeLessThanOrEqual(
          Math.max(limits.max, inWindow.length),
        );
      }
    }),
    { numRuns: 500 },
  );
});

test('a repeated operation costs nothing: the row stays as it is', () => {
  const budget = { max: 2, percent: 100, atLeast: 1, perMs: 1_000 };
  const first = spendBudget(budget, { entries: [] }, { hashes: ['a'], now: start, managed: 100 });
  const again = spendBudget(budget, first.next ?? { entries: [] }, {
    hashes: ['a', 'a'],
    now: start + 10,
    managed: 100,
  });
  expect(again).toEqual({ ...first, next: null });
});

test('so many at once as there is room for, and those who were counted before besides', () => {
  const budget = { max: 3, percent: 100, atLeast: 1, perMs: 1_000 };
  const question = { now: start, managed: 100 };
  const first = spendBudget(budget, { entries: [] }, { ...question, hashes: ['a', 'b'] });
  const more = spendBudget(budget, first.next ?? { entries: [] }, {
    ...question,
    hashes: ['c', 'b', 'd', 'e'],
  });
  expect([...more.allowed].sort()).toEqual(['b', 'c']);
  expect(more).toMatchObject({ spent: 3, limit: 3 });
});

test('so many may go whatever the percentage, unless the budget is less', () => {
  const one = { hashes: ['a', 'b'], now: start, managed: 3 };
  const budget = { max: 20, percent: 5, atLeast: 1, perMs: 1_000 };
  const allowed = (over: Partial<typeof budget>) =>
    spendBudget({ ...budget, ...over }, { entries: [] }, one).allowed.size;
  expect(allowed({})).toBe(1);
  expect(allowed({ atLeast: 2 })).toBe(2);
  expect(allowed({ atLeast: 2, max: 1 })).toBe(1);
  expect(allowed({ max: 0, percent: 100 })).toBe(0);
});

test('a large budget fits its row, and its sum stays true until it is out of its time', () => {
  const budget = { max: 20_000, percent: 100, atLeast: 1, perMs: 86_400_000 };
  let spending: BudgetSpending = { entries: [] };
  const rounds = 100;
  for (let round = 0; round < rounds; round += 1) {
    const hashes = Array.from({ length: 150 }, (_, index) => `${round}-${index}`);
    const verdict = spendBudget(budget, spending, { hashes, now: start + round * 60_000, managed: 50_000 });
    spending = verdict.next ?? spending;
    expect(verdict.spent).toBe((round + 1) * 150);
    expect(spending.entries.length).toBeLessThan(4_200);
  }
  const question = { hashes: ['x'], managed: 50_000 };
  const half = spendBudget(budget, spending, { ...question, now: start + budget.perMs + 50 * 60_000 });
  // What is put together leaves with the latest of its minute, never before its time.
  expect(half.spent).toBe(49 * 150 + 1);
});
