import { parseArgs } from 'node:util';
import { nearestName } from '../../../agent/configuration/nearest-name.ts';

export interface BenchOptions {
  /** Names of those to run, in the order of the list. */
  readonly only: readonly string[];
  readonly isQuick: boolean;
  readonly isJson: boolean;
  readonly out: string | undefined;
}

export const usage = `Measures Dirbridge on this machine; each figure stands beside its reference from the same run.

  npm run bench [-- options]

  --only NAME   this measurement alone; may be repeated
  --list        names the measurements and ends
  --quick       fewer repetitions and shorter watches: for trying out, not for keeping
  --json        one JSON document on standard output instead of the table
  --out FILE    write that document to FILE as well; what FILE holds of other measurements on this machine stays
  --help

Progress goes to standard error. Exit codes: 0 all were measured (an aim that was missed is a result, not a failure),
1 a measurement failed, 2 wrong options, 130 stopped by Ctrl-C.
`;

const options = {
  only: { type: 'string', multiple: true, default: [] as string[] },
  list: { type: 'boolean', default: false },
  quick: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  out: { type: 'string' },
  help: { type: 'boolean', default: false },
} as const;

export const optionNames = Object.keys(options);

/** @throws Error with what is wrong, for a person. */
export function readBenchOptions(
  args: readonly string[],
  known: readonly string[],
): BenchOptions | 'help' | 'list' {
  const { values } = parseArgs({ args: [...args], options });
  if (values.help) return 'help';
  if (values.list) return 'list';
  for (const name of values.only) {
    if (known.includes(name)) continue;
    const near = nearestName(name, known);
    const hint = near === undefined ? 'npm run bench -- --list names them' : `did you mean '${near}'?`;
    throw new Error(`there is no measurement '${name}'; ${hint}`);
  }
  if (values.out === '') throw new Error('--out takes the name of a file');
  const only = values.only.length === 0 ? known : known.filter((name) => values.only.includes(name));
  return { only, isQuick: values.quick, isJson: values.json, out: values.out };
}
