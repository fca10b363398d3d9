import type { Command } from 'commander';
import { applyPlan, type ApplyOptions } from './commands/apply.ts';
import { examples } from './examples.ts';
import type { Perform } from './perform.ts';
import { wholeNumber } from './whole-number.ts';

const minutesMax = 7 * 24 * 60;

const aboutApply = `
Publishes exactly the rules of the plan and carries out exactly the operations that it names. What the rules come to
otherwise, since the directory went on changing, is held or left; what the plan named and is not planned any more is listed
as overtaken. The guard counts as always, and what the plan said would be held is held. In mode plan of the function app
the plan is carried out all the same, and nothing else is.
Refused, with exit code 3, when other rules were published since the plan was made, or when it is older than seven days.
Then it watches until everything is settled; Ctrl-C ends the watching only, and the same command goes on with it.
Exit code 0 says that everything is in effect, or held as the plan said. See docs/guides/plan.md.`;

/** A plan that somebody has looked at is carried out. */
export function addApply(program: Command, perform: Perform): void {
  examples(
    program
      .command('apply')
      .description('carry out a plan that "plan --out" wrote: its rules, its operations and no other')
      .argument('<plan>', 'the file')
      .option('--yes', 'do not ask')
      .option('--no-wait', 'do not watch until it is carried out')
      .option('--timeout <minutes>', 'watch for so long at most', wholeNumber(minutesMax), 60)
      .action((path: string, options: ApplyOptions) =>
        perform((context) => applyPlan(context, path, options)),
      ),
    'dirbridge apply plan.json',
    'dirbridge apply plan.json --yes --timeout 240 --json',
    'dirbridge apply plan.json --no-wait',
  ).addHelpText('after', aboutApply);
}
