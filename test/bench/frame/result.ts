import type { Measurement } from '../bench.ts';
import type { Machine } from './machine.ts';

/** What became of one measurement. */
export interface BenchOutcome {
  readonly name: string;
  readonly title: string;
  /** ISO time when it began. */
  readonly date: string;
  readonly seconds: number;
  /** Runnable processes over the last minute, when it began: what came before it in the same run is in it. */
  readonly load: number;
  readonly measurement?: Measurement;
  /** Why there is none. */
  readonly failure?: string;
}

/** What `--json` prints and `--out` writes; the page with the results of the last quiet run is made of it. */
export interface BenchResult {
  readonly isQuick: boolean;
  readonly machine: Machine;
  readonly benches: readonly BenchOutcome[];
}
