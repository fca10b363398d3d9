import { parseArgs } from 'node:util';
import { refusedOptions } from '../support/refused-options.ts';
import { runSeed, type SeedResult } from './run-seed.ts';

const usage = `Kills, cuts and pauses the parts of Dirbridge while it synchronizes, and compares both sides from outside.

  npm run kill-test -- [--seeds 1-5] [--objects 2000] [--faults 16] [--verbose]

  --seeds LIST    which runs, as 7 or 1-20 or 1,5,9 (1-3); the seed decides what changes and what falls
  --objects N     people in the directory at the start, and changes made to them and their groups (2000)
  --faults N      kills, cuts and pauses of one run (16)
  --verbose       tell what falls while it falls
  --help          this text

Prints a line for each seed: faults with the points where they fell, duration, verdict. A run that fails prints what
differs, keeps the chronicle and the logs of its processes, names their folder and ends in exit code 1. Exit codes
beside that: 2 wrong options, 130 stopped by Ctrl-C.
The built product is run: npm run kill-test builds it first.
`;

interface Arguments {
  readonly seeds: readonly number[];
  readonly people: number;
  readonly faults: number;
  readonly isVerbose: boolean;
}

const shownMax = 30;

const options = {
  seeds: { type: 'string', default: '1-3' },
  objects: { type: 'string', default: '2000' },
  faults: { type: 'string', default: '16' },
  verbose: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

function readArguments(args: readonly string[]): Arguments | null {
  const { values } = parseArgs({ args: [...args], options });
  if (values.help) return null;
  return {
    seeds: seedsOf(values.seeds),
    // The company of the demo needs so many to fill its departments.
    people: wholeNumber('--objects', values.objects, 40),
    faults: wholeNumber('--faults', values.faults, 1),
    isVerbose: values.verbose,
  };
}

function seedsOf(text: string): readonly number[] {
  return text.split(',').flatMap((part) => {
    const match = /^(\d+)(?:-(\d+))?$/.exec(part.trim());
    if (match === null) throw new Error(`--seeds must be like 7 or 1-20, not '${part}'`);
    const first = Number(match[1]);
    const last = Number(match[2] ?? first);
    if (last < first) throw new Error(`--seeds: there is nothing from ${first} to ${last}`);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}

function wholeNumber(name: string, text: string, least: number): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < least)
    throw new Error(`${name} must be a number from ${least} on`);
  return number;
}

function tell({ seed, falls, seconds, writes, ineffective, failures, logs }: SeedResult): void {
  const faults = falls.map(({ fault, point }) => (point === null ? fault : `${fault} ${point}`));
  const verdict =
    failures.length === 0 ? 'equal, nothing twice, nothing lost' : `${failures.length} FAILURES`;
  const figures = `${writes} writes, ${ineffective} without effect`;
  process.stdout.write(
    `seed ${seed}: ${verdict}; ${figures}; ${seconds.toFixed(0)} s; ${faults.join('; ')}\n`,
  );
  for (const failure of failures.slice(0, shownMax)) process.stdout.write(`  ${failure}\n`);
  if (failures.length > shownMax) process.stdout.write(`  … and ${failures.length - shownMax} more\n`);
  if (logs !== null) process.stdout.write(`  logs: ${logs}\n`);
}

async function main(): Promise<void> {
  let wanted: Arguments | null;
  try {
    wanted = readArguments(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`kill-test: ${refusedOptions(error, Object.keys(options))}\n`);
    process.exitCode = 2;
    return;
  }
  if (wanted === null) {
    process.stdout.write(usage);
    return;
  }
  const { seeds, people, faults, isVerbose } = wanted;
  const say = (text: string): void => {
    if (isVerbose) process.stderr.write(`${text}\n`);
  };
  for (const seed of seeds) {
    const result = await runSeed({ seed, people, faults, say });
    tell(result);
    if (result.failures.length > 0) process.exitCode = 1;
  }
}

for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const)
  // Processes and folders go with this one (cast.ts).
  process.once(signal, () => process.exit(code));
await main();
