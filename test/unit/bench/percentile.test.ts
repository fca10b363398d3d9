import { describe, expect, test } from 'vitest';
import { median, percentile } from '../../bench/frame/percentile.ts';

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1).reverse();

describe('percentile', () => {
  test.each([
    { percent: 50, expected: 50 },
    { percent: 95, expected: 95 },
    { percent: 99, expected: 99 },
    { percent: 100, expected: 100 },
    { percent: 0, expected: 1 },
  ])('$percent of a hundred values is a value that was measured', ({ percent, expected }) => {
    expect(percentile(upTo(100), percent)).toBe(expected);
  });

  test('few values: the 99th is the largest, not something between two', () => {
    expect(percentile([10, 400, 20], 99)).toBe(400);
    expect(percentile([7], 50)).toBe(7);
  });

  test('numbers are compared as numbers', () => {
    expect(percentile([9, 100, 20], 100)).toBe(100);
  });

  test('of nothing there is none', () => {
    expect(() => percentile([], 50)).toThrow(RangeError);
    expect(() => median([])).toThrow(RangeError);
  });
});

test('the median lies between the two middle values of an even number', () => {
  expect(median([4, 1, 3, 2])).toBe(2.5);
  expect(median([100, 9, 20])).toBe(20);
});
