import { describe, expect, test } from 'vitest';
import { parseNcrontab } from '../../local/host/ncrontab.ts';

const next = (expression: string, after: string, times = 1): readonly string[] => {
  const schedule = parseNcrontab(expression);
  const found: string[] = [];
  for (let at = new Date(after), n = 0; n < times; n++) {
    const occurrence = schedule(at);
    if (occurrence === undefined) return [...found, 'never'];
    found.push(occurrence.toISOString().replace('.000Z', 'Z'));
    at = occurrence;
  }
  return found;
};

describe('NCRONTAB', () => {
  test.each([
    ['0 */5 * * * *', '2026-01-01T00:00:00Z', ['2026-01-01T00:05:00Z', '2026-01-01T00:10:00Z']],
    ['*/15 * * * * *', '2026-01-01T00:00:00.250Z', ['2026-01-01T00:00:15Z', '2026-01-01T00:00:30Z']],
    ['30 9 * * Mon', '2026-01-01T00:00:00Z', ['2026-01-05T09:30:00Z', '2026-01-12T09:30:00Z']],
    ['0 0 0 29 2 *', '2026-01-01T00:00:00Z', ['2028-02-29T00:00:00Z', '2032-02-29T00:00:00Z']],
    ['0 0 12 * 1,JUL Tuesday', '2026-06-30T12:00:00Z', ['2026-07-07T12:00:00Z', '2026-07-14T12:00:00Z']],
    ['59 59 23 31 12 *', '2026-12-31T23:59:58Z', ['2026-12-31T23:59:59Z', '2027-12-31T23:59:59Z']],
    ['0 0 0 31 * *', '2026-01-31T00:00:00Z', ['2026-03-31T00:00:00Z', '2026-05-31T00:00:00Z']],
    ['0 0 8-10/2 * * 1-5', '2026-01-02T10:00:00Z', ['2026-01-05T08:00:00Z', '2026-01-05T10:00:00Z']],
  ])('%s after %s', (expression, after, expected) => {
    expect(next(expression, after, 2)).toEqual(expected);
  });

  test('a/n runs from a to the maximum', () => {
    expect(next('20/15 * * * * *', '2026-01-01T00:00:00Z', 4)).toEqual([
      '2026-01-01T00:00:20Z',
      '2026-01-01T00:00:35Z',
      '2026-01-01T00:00:50Z',
      '2026-01-01T00:01:20Z',
    ]);
  });

  test('day and day-of-week must both fit', () => {
    expect(next('0 0 0 13 * Fri', '2026-01-01T00:00:00Z', 2)).toEqual([
      '2026-02-13T00:00:00Z',
      '2026-03-13T00:00:00Z',
    ]);
  });

  test('names match by prefix, without regard to case', () => {
    const [byPrefix, byName] = [
      next('0 0 0 * sept mo', '2026-01-01T00:00:00Z'),
      next('0 0 0 * 9 1', '2026-01-01T00:00:00Z'),
    ];
    expect(byPrefix).toEqual(byName);
  });

  test('30 February never comes', () => {
    expect(next('0 0 0 30 2 *', '2026-01-01T00:00:00Z')).toEqual(['never']);
  });

  test.each([
    '* * * *',
    '* * * * * * *',
    '0 0 0 * * 7',
    '0 0 0 L * *',
    '0 0 0 ? * *',
    '0 0 0 15W * *',
    '0 0 0 * * 5#2',
    '@hourly',
    '60 * * * * *',
    '0 0 24 * * *',
    '0 0 0 0 * *',
    '*/0 * * * * *',
    '0 0 0 * 13 *',
    '0 0 0 * * Xday',
    '',
  ])('refuses %s', (expression) => {
    expect(() => parseNcrontab(expression)).toThrow('is not a schedule');
  });
});
