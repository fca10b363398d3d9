import type { BenchOutcome } from './result.ts';
import { figureHeadings, figureRows } from './figure-rows.ts';
import type { Machine } from './machine.ts';
import { textTable } from './text-table.ts';

export function machineText({ cores, processor, memoryGiB, system, node, loadAtStart }: Machine): string {
  return `${cores} cores ${processor}, ${memoryGiB} GiB, ${system}, Node ${node}, load ${loadAtStart} at the start`;
}

/** What one measurement brought, for a terminal. */
export function outcomeText({ name, title, seconds, load, measurement, failure }: BenchOutcome): string {
  const head = [`${name}: ${title}`, `  ${seconds.toFixed(0)} s, load ${load} when it began`];
  if (measurement === undefined) return [...head, `  FAILED: ${failure ?? 'unknown'}`, ''].join('\n');
  const { figures, options, notes = [] } = measurement;
  return [
    ...head,
    ...textTable(figureHeadings, figureRows(figures)).map((line) => `  ${line}`),
    `  options: ${optionsText(options)}`,
    ...notes.map((note) => `  note: ${note}`),
    '',
  ].join('\n');
}

export function optionsText(options: Readonly<Record<string, string | number | boolean>>): string {
  return Object.entries(options)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ');
}
