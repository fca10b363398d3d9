import type { Figure } from '../bench.ts';
import type { ImportOutcome } from './import-run.ts';

/** What an import cost the processes: for information, since it depends on the machine. */
export function costFigures({ cpu, graph }: ImportOutcome, of = ''): readonly Figure[] {
  const perWrite = (seconds: number): number => (seconds * 1_000) / Math.max(1, graph.writes);
  return [
    { what: `CPU of the hosts for a write${of}`, value: perWrite(cpu.hosts), unit: 'ms' },
    { what: `CPU of Azurite for a write${of}`, value: perWrite(cpu.tables), unit: 'ms' },
  ];
}
