import { describe, expect, test } from 'vitest';
import { readBenchOptions } from '../../bench/frame/options.ts';

const known = ['agent-memory', 'agent-reader', 'latency-embedded'];

describe('options of the bench', () => {
  test('without any, everything is measured', () => {
    expect(readBenchOptions([], known)).toEqual({
      only: known,
      isQuick: false,
      isJson: false,
      out: undefined,
    });
  });

  test('--only may be repeated; the order is that of the list', () => {
    const args = ['--only', 'latency-embedded', '--only', 'agent-memory', '--out', 'x.json'];
    expect(readBenchOptions(args, known)).toMatchObject({
      only: ['agent-memory', 'latency-embedded'],
      out: 'x.json',
    });
  });

  test('a mistyped name brings the nearest one', () => {
    expect(() => readBenchOptions(['--only', 'latency-embeded'], known)).toThrow(
      "there is no measurement 'latency-embeded'; did you mean 'latency-embedded'?",
    );
    expect(() => readBenchOptions(['--only', 'weather'], known)).toThrow('--list names them');
  });

  test('an option that does not exist is refused', () => {
    expect(() => readBenchOptions(['--onyl', 'x'], known)).toThrow();
  });

  test('help and list win over everything else that is right', () => {
    expect(readBenchOptions(['--help', '--quick'], known)).toBe('help');
    expect(readBenchOptions(['--list'], known)).toBe('list');
  });
});
