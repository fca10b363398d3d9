import { parseArgs } from 'node:util';
import { usersMin } from './cast.ts';

export interface DemoOptions {
  readonly users: number;
  readonly directory: 'embedded' | 'samba';
  readonly lag: string;
  readonly keep: boolean;
  readonly json: boolean;
  readonly color: boolean;
  readonly folder: string | undefined;
}

export const usage = `Starts everything, imports a company, compares, changes something and tells what it took.

  npm run demo [-- options]

  --users N                   people in the company, ${usersMin} to 2000 (200)
  --directory embedded|samba  a real Samba domain controller needs Linux, root and Samba (embedded)
  --lag A-B                   milliseconds until Graph shows a write (50-300)
  --keep                      leave everything running afterwards, until Ctrl-C
  --folder DIR                keep settings, keys and logs there (a temporary folder, removed at the end)
  --json                      one JSON document on standard output; the text goes to standard error
  --no-color
  --help

Exit codes: 0 both sides are equal and nothing was written that nobody asked for, 1 something differs or failed,
2 wrong options or something is missing, 130 stopped by Ctrl-C.
`;

/** undefined: help is asked for. @throws Error with what is wrong. */
export function readOptions(args: readonly string[]): DemoOptions | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      users: { type: 'string', default: '200' },
      directory: { type: 'string', default: 'embedded' },
      lag: { type: 'string', default: '50-300' },
      keep: { type: 'boolean', default: false },
      folder: { type: 'string' },
      json: { type: 'boolean', default: false },
      'no-color': { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return undefined;
  const users = Number(values.users);
  if (!Number.isInteger(users) || users < usersMin || users > 2_000)
    throw new Error(`--users takes a whole number from ${usersMin} to 2000, not '${values.users}'`);
  const { directory, lag, keep, json, folder } = values;
  if (directory !== 'embedded' && directory !== 'samba')
    throw new Error(`--directory takes embedded or samba, not '${directory}'`);
  if (!/^\d+(-\d+)?$/.test(lag)) throw new Error(`--lag takes milliseconds as A-B, not '${lag}'`);
  return { users, directory, lag, keep, json, color: !values['no-color'], folder };
}
