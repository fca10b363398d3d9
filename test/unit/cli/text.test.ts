import { describe, expect, test } from 'vitest';
import { count, countsByKind } from '../../../cli/text/count.ts';
import { ago, moment, parseSince } from '../../../cli/text/moments.ts';
import { paintFor, plain } from '../../../cli/text/paint.ts';
import { table } from '../../../cli/text/table.ts';

const now = Date.UTC(2026, 10, 23, 12, 0, 0);

describe('tables', () => {
  test('columns line up, also with wide letters and accents that combine', () => {
    const rows = [
      ['東京', 'x'],
      ['e\u0301a', 'y'],
      ['long one', 'z'],
    ];
    expect(table(['A', 'B'], rows, plain)).toBe('A         B\n東京      x\ne\u0301a        y\nlong one  z');
  });

  test('a value cannot fake a line or steer the terminal', () => {
    const text = table(['A', 'B'], [['a\r\nforged  row', '\u001b[2Jx\u202egnp']], plain);
    expect(text.split('\n')).toHaveLength(2);
    // eslint-disable-next-line no-control-regex
    expect(text).not.toMatch(/[\u001b\r\u202e]/);
  });

  test('colours do not move columns', () => {
    const paint = paintFor({ write: () => true, isTTY: true }, {});
    const painted = table(['A', 'B'], [[{ text: 'held', style: 'yellow' }, 'x']], paint);
    // eslint-disable-next-line no-control-regex
    expect(painted.replaceAll(/\u001b\[\d+m/g, '')).toBe(table(['A', 'B'], [['held', 'x']], plain));
    expect(painted).toContain('\u001b[33mheld\u001b[39m');
  });

  test.each([
    ['no terminal', undefined, {}],
    ['NO_COLOR', true, { NO_COLOR: '1' }],
    ['TERM=dumb', true, { TERM: 'dumb' }],
  ])('%s: no escape codes', (_why, isTTY, env) => {
    const output = isTTY === undefined ? { write: () => true } : { write: () => true, isTTY };
    expect(paintFor(output, env)('red', 'x')).toBe('x');
  });
});

describe('times', () => {
  test.each([
    ['90s', now - 90_000],
    ['30m', now - 1_800_000],
    ['30min', now - 1_800_000],
    ['1h', now - 3_600_000],
    ['7d', now - 604_800_000],
    ['PT2H', now - 7_200_000],
    ['2026-11-22', Date.UTC(2026, 10, 22)],
    ['2026-11-22T10:30:00Z', Date.UTC(2026, 10, 22, 10, 30)],
    ['2026-11-22 10:30', Date.UTC(2026, 10, 22, 10, 30)],
    ['2026-11-22T10:30+02:00', Date.UTC(2026, 10, 22, 8, 30)],
  ])('--since %s', (text, at) => {
    expect(parseSince(text, now)).toBe(at);
  });

  test.each(['', '5', 'h', '1w', '-1h', '1.5h', 'yesterday', '2026-13-01', '2026'])(
    '--since %j is no time',
    (text) => {
      expect(parseSince(text, now)).toBeNull();
    },
  );

  test('moments are in UTC, ages by their largest unit', () => {
    expect(moment(now)).toBe('2026-11-23 12:00:00Z');
    expect(
      [0, -5_000, 999, 1_000, 59_999, 60_000, 3_600_000, 172_800_001].map((ms) => ago(now - ms, now)),
    ).toEqual([
      ...['just now', 'just now', 'just now', '1 s ago', '59 s ago', '1 min ago', '1 h ago', '2 d ago'],
    ]);
  });
});

test('counts', () => {
  expect([0, 1, 1200].map((number) => count(number, 'operation'))).toEqual([
    '0 operations',
    '1 operation',
    '1,200 operations',
  ]);
  expect(countsByKind(['disable', 'delete', 'delete', 'add', 'disable', 'delete'])).toBe(
    '3 delete, 2 disable, 1 add',
  );
  expect(countsByKind([])).toBe('');
});
