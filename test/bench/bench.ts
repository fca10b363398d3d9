/** One measured figure with what it is held against, both from the same run. */
export interface Figure {
  /** What was measured, such as `latency p50, embedded`. */
  readonly what: string;
  readonly value: number;
  readonly unit: string;
  /** The reference or ceiling, measured (or computed) in the same run; absent where the aim is absolute. */
  readonly reference?: { readonly what: string; readonly value: number; readonly unit: string };
  /** Value over reference; absent where there is no reference. */
  readonly ratio?: number;
  /** What we want, in words, and whether this run reached it; absent for figures given for information. */
  readonly aim?: { readonly text: string; readonly isMet: boolean };
}

export interface Measurement {
  readonly figures: readonly Figure[];
  /** Options in force: sizes, lag, session settings, versions. */
  readonly options: Readonly<Record<string, string | number | boolean>>;
  /** What a reader must know to judge the figures; few and short. */
  readonly notes?: readonly string[];
}

/** What the person at the terminal decided for all measurements of a run. */
export interface BenchRun {
  /** `--quick`: fewer repetitions and shorter watches. The figures say less, and the result says that it was so. */
  readonly isQuick: boolean;
  /** Fires at Ctrl-C; the frame ends all processes, and removes the folders, by itself. */
  readonly signal: AbortSignal;
}

/** One measurement of `npm run bench`; a file of its own in test/bench/benches, named like its `name`. */
export interface Bench {
  /** As `--only` takes it: kebab-case. */
  readonly name: string;
  /** One line for `--list`. */
  readonly title: string;
  /** Takes temporary files from run to run; others get a folder that goes with the run. */
  readonly sharesTemporaryFiles?: boolean;
  /** Starts whatever it needs and stops it again, also when it fails; `say` reports progress on stderr. */
  run(say: (text: string) => void, run: BenchRun): Promise<Measurement>;
}
