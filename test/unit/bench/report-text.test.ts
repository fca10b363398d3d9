import { describe, expect, test } from 'vitest';
import { numberText } from '../../bench/frame/number-text.ts';
import { outcomeText } from '../../bench/frame/report-text.ts';
import { textTable } from '../../bench/frame/text-table.ts';

describe('the table', () => {
  test('columns line up, and one that is empty everywhere is left out', () => {
    const lines = textTable(
      ['what', 'aim', 'value'],
      [
        ['a long name', '', '1 ms'],
        ['b', '', '22,000 ms'],
      ],
    );
    expect(lines).toEqual([
      'what         value',
      '-----------  ---------',
      'a long name  1 ms',
      'b            22,000 ms',
    ]);
  });

  test.each([
    [0.123456, '0.123'],
    [99.96, '100'],
    [1_234.56, '1,235'],
    [0, '0'],
    [Number.NaN, '–'],
  ])('%d is printed as %s', (value, text) => expect(numberText(value)).toBe(text));
});

describe('one measurement', () => {
  const date = '2026-01-02T03:04:05.000Z';
  const common = { name: 'latency', title: 'how long it takes', date, seconds: 12.3, load: 0.4 };

  test('shows each figure with its reference, and whether the aim was reached', () => {
    const text = outcomeText({
      ...common,
      measurement: {
        figures: [
          {
            what: 'p50',
            value: 80.4,
            unit: 'ms',
            reference: { what: 'bare hops', value: 60, unit: 'ms' },
            ratio: 1.34,
            aim: { text: '<= 1.5x', isMet: true },
          },
          { what: 'p99', value: 300, unit: 'ms', aim: { text: '<= 250 ms', isMet: false } },
        ],
        options: { lag: '50-300', objects: 100 },
        notes: ['a note'],
      },
    });
    expect(text.split('\n')).toEqual([
      'latency: how long it takes',
      '  12 s, load 0.4 when it began',
      '  figure  value    reference of the same run  ratio  aim        met',
      '  ------  -------  -------------------------  -----  ---------  ---',
      '  p50     80.4 ms  bare hops: 60 ms           1.34x  <= 1.5x    yes',
      '  p99     300 ms                                     <= 250 ms  NO',
      '  options: lag 50-300, objects 100',
      '  note: a note',
      '',
    ]);
  });

  test('a failure stands where the figures would', () => {
    expect(outcomeText({ ...common, failure: 'slapd is not installed' })).toContain(
      'FAILED: slapd is not installed',
    );
  });
});
