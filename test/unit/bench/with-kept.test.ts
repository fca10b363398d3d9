import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, expect, test } from 'vitest';
import type { BenchOutcome, BenchResult } from '../../bench/frame/result.ts';
import { withKept } from '../../bench/frame/with-kept.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'bench-'));
const file = path.join(folder, 'bench.json');
afterEach(() => rmSync(file, { force: true }));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const machine = {
  ...{ cores: 2, processor: 'one', memoryGiB: 24, system: 'Linux 6', node: 'v24.0.0', loadAtStart: 0.1 },
};
const outcome = (name: string, date: string): BenchOutcome => ({
  name,
  title: name,
  date,
  seconds: 1,
  load: 0,
});
const result = (benches: readonly BenchOutcome[], over: Partial<BenchResult> = {}): BenchResult => ({
  isQuick: false,
  machine,
  benches,
  ...over,
});
const old = result([outcome('b', 'old'), outcome('c', 'old')]);
const datesIn = ({ benches }: BenchResult): string =>
  benches.map(({ name, date }) => `${name} ${date}`).join(', ');

test('what was not measured now is kept, in order of names', () => {
  writeFileSync(file, JSON.stringify(old));
  const now = result([outcome('c', 'new'), outcome('a', 'new')], {
    machine: { ...machine, loadAtStart: 0.9 },
  });
  expect(datesIn(withKept(now, file))).toBe('a new, b old, c new');
});

test.each([
  ['there is no file', null, {}],
  ['the file is something else', '{"colour":"red"}', {}],
  ['the file is no JSON', 'nothing', {}],
  ['it was another machine', JSON.stringify(old), { machine: { ...machine, cores: 8 } }],
  ['it was measured in full, and this is not', JSON.stringify(old), { isQuick: true }],
])('nothing is kept where %s', (_why, text, over) => {
  if (text !== null) writeFileSync(file, text);
  expect(datesIn(withKept(result([outcome('a', 'new')], over), file))).toBe('a new');
});
