import { writeFile } from 'node:fs/promises';
import { loadavg } from 'node:os';
import type { Bench, BenchRun } from './bench.ts';
import { loadBenches } from './frame/load-benches.ts';
import { quietLoadMax, thisMachine } from './frame/machine.ts';
import { readBenchOptions, usage, type BenchOptions } from './frame/options.ts';
import { machineText, outcomeText } from './frame/report-text.ts';
import type { BenchOutcome, BenchResult } from './frame/result.ts';

const tell = (text: string): void => void process.stderr.write(`${text}\n`);

function optionsOf(benches: readonly Bench[]): BenchOptions {
  let options: BenchOptions | 'help' | 'list';
  try {
    options = readBenchOptions(
      process.argv.slice(2),
      benches.map(({ name }) => name),
    );
  } catch (error) {
    tell(`bench: ${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
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
  const load = Number((loadavg()[0] ?? 0).toFixed(2));
  const { name, title } = bench;
  const seconds = (): number => Number(((performance.now() - began) / 1_000).toFixed(1));
  tell(`${name}: ${title}`);
  try {
    const measurement = await bench.run((text) => tell(`  ${name}: ${text}`), run);
    return { name, title, seconds: seconds(), load, measurement };
  } catch (error) {
    const failure = error instanceof Error ? error.message : String(error);
    tell(`  ${name}: failed: ${failure}`);
    return { name, title, seconds: seconds(), load, failure };
  }
}

const benches = await loadBenches();
const options = optionsOf(benches);
const machine = thisMachine();
const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => {
    stop.abort(new Error('stopped'));
    tell('\nbench: stopped; what was started ends with it');
    // The pipes to the children close with this process, which ends them (local/until-parent-ends.ts).
    process.exit(130);
  });

if (!options.isJson) process.stdout.write(`${machineText(machine)}\n\n`);
if (machine.loadAtStart > quietLoadMax)
  tell(`bench: the machine is busy (load ${machine.loadAtStart}): times are worse than they need to be`);
const outcomes: BenchOutcome[] = [];
for (const bench of benches.filter(({ name }) => options.only.includes(name))) {
  const outcome = await measure(bench, { isQuick: options.isQuick, signal: stop.signal });
  outcomes.push(outcome);
  if (!options.isJson) process.stdout.write(`${outcomeText(outcome)}\n`);
}
const result: BenchResult = {
  date: new Date().toISOString(),
  isQuick: options.isQuick,
  machine,
  benches: outcomes,
};
const text = `${JSON.stringify(result, null, 2)}\n`;
if (options.out !== undefined) await writeFile(options.out, text);
if (options.isJson) process.stdout.write(text);
const failed = outcomes.filter(({ failure }) => failure !== undefined);
if (failed.length > 0) tell(`bench: failed: ${failed.map(({ name }) => name).join(', ')}`);
process.exit(failed.length > 0 ? 1 : 0);
