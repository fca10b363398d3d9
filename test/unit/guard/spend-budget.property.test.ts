import fc from 'fast-check';
import { expect, test } from 'vitest';
import { spendBudget, type BudgetSpending } from '../../../shared/guard/spend-budget.ts';

const start = 1_800_000_000_000;

test('never more different operations than the limit in any window, in whatever order and rhythm they come', () => {
  const step = fc.record({ hash: fc.nat(30), pauseMs: fc.nat(4_000), managed: fc.nat(400) });
  const budget = fc.record({
    max: fc.nat(8),
    percent: fc.nat(100),
    perMs: fc.integer({ min: 1, max: 20_000 }),
  });
  fc.assert(
    fc.property(budget, fc.array(step, { maxLength: 60 }), (limits, steps) => {
      let spending: BudgetSpending = { entries: [] };
      let now = start;
      const passed: { hash: string; at: number }[] = [];
      for (const { hash, pauseMs, managed } of steps) {
        now += pauseMs;
        const verdict = spendBudget(limits, spending, { hash: String(hash), now, managed });
        spending = verdict.next;
        const inWindow = passed.filter((one) => one.at > now - limits.perMs);
        const isCounted = inWindow.some((one) => one.hash === String(hash));
        if (verdict.isAllowed && !isCounted) passed.push({ hash: String(hash), at: now });
        const share = Math.max(1, Math.floor((managed * limits.percent) / 100));
        const allowed = limits.max === 0 ? 0 : Math.min(limits.max, share);
        // What was counted may be repeated free of charge; anything new must fit.
        expect(verdict.isAllowed).toBe(isCounted || inWindow.length < allowed);
        expect(passed.filter((one) => one.at > now - limits.perMs).length).toBeLessThanOrEqual(
          Math.max(limits.max, inWindow.length),
        );
      }
    }),
    { numRuns: 500 },
  );
});

test('a repeated operation costs nothing, and says the same', () => {
  const budget = { max: 2, percent: 100, perMs: 1_000 };
  const first = spendBudget(budget, { entries: [] }, { hash: 'a', now: start, managed: 100 });
  const again = spendBudget(budget, first.next, { hash: 'a', now: start + 10, managed: 100 });
  expect(again).toEqual(first);
});

test('one object may go whatever the percentage, unless the budget is none', () => {
  const one = { hash: 'a', now: start, managed: 3 };
  expect(spendBudget({ max: 20, percent: 5, perMs: 1_000 }, { entries: [] }, one).isAllowed).toBe(true);
  expect(spendBudget({ max: 0, percent: 100, perMs: 1_000 }, { entries: [] }, one)).toMatchObject({
    isAllowed: false,
    limit: 0,
  });
});
