import { existsSync, readFileSync } from 'node:fs';
import type { BenchResult } from './result.ts';

/**
 * A result with what a file keeps of earlier runs on the same machine, as long and by the same Node: all measurements
 * together take more than an hour, and one of them may be repeated when the machine is quiet.
 */
export function withKept(result: BenchResult, file: string): BenchResult {
  const kept = read(file);
  if (kept === null || kept.isQuick !== result.isQuick || !isSameMachine(kept, result)) return result;
  const names = new Set(result.benches.map(({ name }) => name));
  const benches = [...kept.benches.filter(({ name }) => !names.has(name)), ...result.benches];
  return { ...result, benches: benches.toSorted((a, b) => (a.name < b.name ? -1 : 1)) };
}

/** Null where there is none, or something else. */
function read(file: string): BenchResult | null {
  if (!existsSync(file)) return null;
  try {
    const kept = JSON.parse(readFileSync(file, 'utf8')) as Partial<BenchResult>;
    return Array.isArray(kept.benches) && kept.machine !== undefined ? (kept as BenchResult) : null;
  } catch {
    return null;
  }
}

function isSameMachine({ machine: a }: BenchResult, { machine: b }: BenchResult): boolean {
  const { loadAtStart: _a, ...one } = a;
  const { loadAtStart: _b, ...other } = b;
  return JSON.stringify(one) === JSON.stringify(other);
}
