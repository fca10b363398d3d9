import { existsSync, readFileSync } from 'node:fs';
import { figureHeadings, figureRows } from '../../test/bench/frame/figure-rows.ts';
import { machineText, optionsText } from '../../test/bench/frame/report-text.ts';
import type { BenchOutcome, BenchResult } from '../../test/bench/frame/result.ts';
import { tableCell } from './table-cell.ts';

// Absent in a checkout in which nobody has kept a run yet.
const results = new URL('bench.json', new URL('../../docs/reference/', import.meta.url));

/** Text of the page of measurements; null while no run has been kept. */
export function benchPage(): string | null {
  if (!existsSync(results)) return null;
  const result = JSON.parse(readFileSync(results, 'utf8')) as BenchResult;
  return [
    '# Measurements',
    '',
    '<!-- Generated from bench.json, the result of a run of the bench, by "npm run docs". -->',
    '',
    `Measured on: ${machineText(result.machine)}${result.isQuick ? '; shortened (`--quick`)' : ''}.`,
    'How to read this, and how to run it: [the bench](../guides/bench.md).',
    '',
    ...result.benches.map(section),
  ].join('\n');
}

function section({ name, title, date, seconds, load, measurement, failure }: BenchOutcome): string {
  const head = [
    `## ${name}`,
    '',
    `${title}. ${date.slice(0, 10)}, ${seconds.toFixed(0)} s; load ${load} when it began.`,
    '',
  ];
  if (measurement === undefined)
    return [...head, `Failed: ${tableCell(failure ?? 'unknown')}`, ''].join('\n');
  const row = (cells: readonly string[]): string => `| ${cells.map(tableCell).join(' | ')} |`;
  return [
    ...head,
    row(figureHeadings),
    `|${figureHeadings.map(() => '---').join('|')}|`,
    ...figureRows(measurement.figures).map(row),
    '',
    `Options: ${optionsText(measurement.options)}.`,
    '',
    ...(measurement.notes ?? []).map((note) => `- ${note}`),
    ...(measurement.notes === undefined ? [] : ['']),
  ].join('\n');
}
