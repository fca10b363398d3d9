import { InvalidArgumentError, type Command } from 'commander';
import { planRules, type PlanOptions } from './commands/plan.ts';
import { examples } from './examples.ts';
import type { Perform } from './perform.ts';

const aboutPlan = `
Read from the tables alone: nothing is written, and neither Graph nor a directory is asked. Signs: + made, ~ changed,
- disabled or deleted, ! held in part or not possible. The summary stands last, with what hurts first.
--out and --html hold names and values of people; both are written for your account alone (mode 0600).
Exit code 0 says that there is a plan, whether or not it has something to do. See docs/guides/plan.md.`;

function blocks(text: string): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && number <= 1_000_000) return number;
  throw new InvalidArgumentError('It must be a whole number up to 1,000,000.');
}

/** What rules would do before anybody publishes them. */
export function addPlan(program: Command, perform: Perform): void {
  examples(
    program
      .command('plan')
      .description('what rules would do if they were published now, object by object')
      .requiredOption(
        '--rules <paths...>',
        'rule files, or folders of *.yaml; together they are the whole rules',
      )
      .option('--out <file>', 'write the whole plan as JSON, for apply and for scripts')
      .option('--html <file>', 'write the whole plan as one page to look at and search')
      .option('--connector <name>', 'of one source only')
      .option('--domains <list>', 'suffixes that the tenant has verified, separated by commas')
      .option('--limit <number>', 'show at most so many objects', blocks, 50)
      .action((options: PlanOptions) => perform((context) => planRules(context, options))),
    'dirbridge plan --rules rules/users-and-groups.yaml',
    'dirbridge plan --rules rules/ --out plan.json --html plan.html --domains contoso.com,contoso.net',
    'dirbridge plan --rules users.yaml groups.yaml --json --limit 0',
  ).addHelpText('after', aboutPlan);
}
