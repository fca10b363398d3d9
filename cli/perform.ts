import type { CommandContext } from './command-context.ts';
import type { Outcome } from './outcome.ts';

/** Runs a command and shows what came of it. */
export type Perform = (command: (context: CommandContext) => Outcome | Promise<Outcome>) => Promise<void>;
