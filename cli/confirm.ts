import { createInterface } from 'node:readline/promises';
import { CommandError, interrupted, usageError } from './command-error.ts';
import type { CommandIo } from './command-io.ts';

export interface Confirmation {
  readonly question: string;
  /** What has to be typed: `yes`, or the number of what is destroyed. */
  readonly expected: string;
  /** --yes was given. */
  readonly isGiven: boolean;
}

/**
 * Asks on the terminal before something is changed.
 *
 * @throws CommandError with exit code 2 without a terminal and --yes, 1 when the answer is another one.
 */
export async function confirm(io: CommandIo, confirmation: Confirmation): Promise<void> {
  if (confirmation.isGiven) return;
  if (io.stdin.isTTY !== true)
    throw usageError(`${confirmation.question} Nobody can be asked here.`, 'Give --yes if this is meant.');
  const answer = await ask(io, `${confirmation.question} Type ${confirmation.expected} to go on: `);
  if (answer.trim().toLowerCase() !== confirmation.expected)
    throw new CommandError('DECLINED', 'nothing was changed');
}

async function ask(io: CommandIo, question: string): Promise<string> {
  // The terminal answers to Ctrl-C through readline while it is open, not through a signal.
  const closed = new AbortController();
  const lines = createInterface({ input: io.stdin, terminal: false });
  lines.once('SIGINT', () => closed.abort());
  lines.once('close', () => closed.abort());
  io.stderr.write(question);
  try {
    return await lines.question('', { signal: AbortSignal.any([io.stop, closed.signal]) });
  } catch {
    throw interrupted();
  } finally {
    lines.close();
  }
}
