import { writeFile } from 'node:fs/promises';
import { loadavg } from 'node:os';
import { refusedOptions } from '../support/refused-options.ts';
import type { Bench, BenchRun } from './bench.ts';
import { endChildren, watchChildren } from './frame/end-children.ts';
import { withKept } from './frame/with-kept.ts';
import { loadBenches } from './frame/load-benches.ts';
import { quietLoadMax, thisMachine } from './frame/machine.ts';
import { optionNames, readBenchOptions, usage, type BenchOptions } from './frame/options.ts';
import { machineText, outcomeText } from './frame/report-text.ts';
import type { BenchOutcome, BenchResult } from './frame/result.ts';
import { Scratch } from './frame/scratch.ts';

/** A domain controller takes a while. */
const graceMs = 10_000;

const tell = (text: string): void => void process.stderr.write(`${text}\n`);

function optionsOf(benches: readonly Bench[]): BenchOptions {
  let options: BenchOptions | 'help' | 'list';
  try {
    options = readBenchOptions(
      process.argv.slice(2),
      benches.map(({ name }) => name),
    );
  } catch (error) {
    tell(`bench: ${refusedOptions(error, optionNames)}`);
    process.exit(2);
  }
  if (options === 'help') {
    process.stdout.write(usage);
    process.exit(0);
  }
  if (options === 'list') {
    const width = Math.max(...benches.map(({ name }) => name.length));
    for (const { name, title } of benches) process.stdout.write(`${name.padEnd(width)}  ${title}\n`);
    process.exit(0);
  }
  return options;
}

async function measure(bench: Bench, run: BenchRun): Promise<BenchOutcome> {
  const began = performance.now();
  const date = new Date().toISOString();
  const load = Number((loadavg()[0] ?? 0).toFixed(2));
  const { name, title } = bench;
  const seconds = (): number => Number(((performance.now() - began) / 1_000).toFixed(1));
  tell(`${name}: ${title}`);
  try {
    const say = (text: string): void => {
      // That processes end is news only while they should not.
      if (!run.signal.aborted) tell(`  ${name}: ${text}`);
    };
    const measurement = await bench.run(say, run);
    return { name, title, date, seconds: seconds(), load, measurement };
  } catch (error) {
    // What fails because it is being stopped is no failure: the process ends with the stop.
    if (run.signal.aborted) return new Promise<never>(() => undefined);
    const failure = error instanceof Error ? error.message : String(error);
    tell(`  ${name}: failed: ${failure}`);
    return { name, title, date, seconds: seconds(), load, failure };
  }
}

const benches = await loadBenches();
const options = optionsOf(benches);
const machine = thisMachine();
const stop = new AbortController();
const scratch = new Scratch();
watchChildren();

/** A second signal does not wait for anybody. */
async function end(code: number): Promise<void> {
  if (stop.signal.aborted) process.exit(code);
  stop.abort(new Error('stopped'));
  tell('\nbench: stopping; what was started ends with it');
  await endChildren(graceMs);
  process.exit(code);
}
for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const)
  process.on(signal, () => void end(code));

if (!options.isJson) process.stdout.write(`${machineText(machine)}\n\n`);
if (machine.loadAtStart > quietLoadMax)
  tell(`bench: the machine is busy (load ${machine.loadAtStart}): times are worse than they need to be`);
const outcomes: BenchOutcome[] = [];
for (const bench of benches.filter(({ name }) => options.only.includes(name))) {
  scratch.use(bench.sharesTemporaryFiles !== true);
  const outcome = await measure(bench, { isQuick: options.isQuick, signal: stop.signal });
  outcomes.push(outcome);
  if (!options.isJson) process.stdout.write(`${outcomeText(outcome)}\n`);
}
const result: BenchResult = {
  isQuick: options.isQuick,
  machine,
  benches: outcomes,
};
const textOf = (some: BenchResult): string => `${JSON.stringify(some, null, 2)}\n`;
if (options.out !== undefined) await writeFile(options.out, textOf(withKept(result, options.out)));
if (options.isJson) process.stdout.write(textOf(result));
const failed = outcomes.filter(({ failure }) => failure !== undefined);
if (failed.length > 0) tell(`bench: failed: ${failed.map(({ name }) => name).join(', ')}`);
process.exit(failed.length > 0 ? 1 : 0);
