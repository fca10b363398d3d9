import { Command } from 'commander';
import { addApply } from './apply-program.ts';
import { forgetPending } from './commands/agents-forget.ts';
import { listAgents } from './commands/agents-list.ts';
import { revokeAgent } from './commands/agents-revoke.ts';
import { trustAgent, type TrustOptions } from './commands/agents-trust.ts';
import type { KeyChoice } from './commands/choose-key.ts';
import { decideHolds, type DecideOptions } from './commands/holds-decide.ts';
import { listHolds, type ListHoldsOptions } from './commands/holds-list.ts';
import { showJournal, type JournalOptions } from './commands/journal.ts';
import { listQuarantine, type ListQuarantineOptions } from './commands/quarantine-list.ts';
import { evaluateRules, type RulesEvalOptions } from './commands/rules-eval.ts';
import { lintRules } from './commands/rules-lint.ts';
import { publishRules } from './commands/rules-publish.ts';
import { testRules } from './commands/rules-test.ts';
import { validateRules } from './commands/rules-validate.ts';
import { showStatus } from './commands/status.ts';
import { examples } from './examples.ts';
import { addExplain } from './explain-program.ts';
import { addExpressions } from './expressions-program.ts';
import type { Perform } from './perform.ts';
import { addPlan } from './plan-program.ts';
import { wholeNumber } from './whole-number.ts';

export interface GlobalOptions {
  readonly json?: boolean;
  readonly envFile?: string;
}

const about = `The operator's command of Dirbridge: publish rules, trust agents, decide what is held, see how things stand.

Settings come from the environment (DIRBRIDGE_…, docs/reference/settings.md) or from --env-file.`;

const alsoThere = `
Also:
  dirbridge agent --help     the relay agent, on premises
  dirbridge local --help     the cloud and a directory on a laptop (from a checkout only)

Exit codes: 0 done, 1 failed, 2 wrong usage or settings, 3 refused by the operator function, 130 interrupted.`;

/** Every command with its options and help; docs/reference/command.md is made from it. */
export function commandProgram(perform: Perform): Command {
  const program = new Command('dirbridge')
    .description(about)
    .version('0.1.0')
    .option('--json', 'print one JSON document instead of text')
    .option('--env-file <file>', 'read settings from a file of KEY=VALUE lines instead of the environment')
    .configureHelp({ showGlobalOptions: true, sortSubcommands: false })
    .showSuggestionAfterError(true)
    .showHelpAfterError('See --help for what there is.')
    .addHelpText('after', alsoThere);
  addRules(program, perform);
  addExpressions(program, perform);
  addPlan(program, perform);
  addApply(program, perform);
  addAgents(program, perform);
  addHolds(program, perform);
  addStatus(program, perform);
  addExplain(program, perform);
  addQuarantine(program, perform);
  addJournal(program, perform);
  return program;
}

function addRules(program: Command, perform: Perform): void {
  const rules = program.command('rules').description('check and publish mapping rules');
  examples(
    rules
      .command('validate')
      .description('check rule files here, without asking anybody')
      .argument('<paths...>', 'rule files, or folders of *.yaml')
      .action((paths: string[]) => perform((context) => validateRules(context, paths))),
    'dirbridge rules validate rules/users-and-groups.yaml',
    'dirbridge rules validate users.yaml groups.yaml --json',
  );
  examples(
    rules
      .command('lint')
      .description(
        'look for what is valid and probably not meant: the known traps of the expression languages',
      )
      .argument('<paths...>', 'rule files, or folders of *.yaml')
      .action((paths: string[]) => perform((context) => lintRules(context, paths))),
    'dirbridge rules lint rules/users-and-groups.yaml',
  );
  examples(
    rules
      .command('test')
      .description('run tests of rules here: an object in, what becomes of it out')
      .argument('[paths...]', '*.test.yaml, or folders of them (default: rules)')
      .action((paths: string[]) =>
        perform((context) => testRules(context, paths.length === 0 ? ['rules'] : paths)),
      ),
    'dirbridge rules test',
    'dirbridge rules test rules/users-and-groups.test.yaml --json',
  );
  examples(
    rules
      .command('eval')
      .description('what rules make of one object that a file describes, without asking anybody')
      .argument('<paths...>', 'rule files, or folders of *.yaml')
      .requiredOption(
        '--object <file>',
        'the object as in tests of rules: class, dn, attributes; - reads standard input',
      )
      .option('--connector <name>', 'its source, where the rules have several')
      .option('--now <time>', 'the time that Now() gives, as a date in UTC')
      .action((paths: string[], options: RulesEvalOptions) =>
        perform((context) => evaluateRules(context, paths, options)),
      ),
    'dirbridge rules eval rules/users-and-groups.yaml --object ada.yaml',
  );
  examples(
    rules
      .command('publish')
      .description('check rule files and put them in force as the next revision')
      .argument('<paths...>', 'rule files, or folders of *.yaml; together they are the whole rules')
      .action((paths: string[]) => perform((context) => publishRules(context, paths))),
    'dirbridge rules publish rules/users-and-groups.yaml',
  );
}

const named = (command: Command): Command =>
  command
    .option('--agent <name>', 'name of the agent, where several fit')
    .option('--key <id>', 'id of the key, as the agent logs it at its start')
    .option('--connector <name>', 'connector of the agent')
    .option('--yes', 'do not ask');

function addAgents(program: Command, perform: Perform): void {
  const agents = program.command('agents').description('relay agents and the keys they sign with');
  examples(
    agents
      .command('list')
      .description('every key that introduced itself, and what its agent last said')
      .option('--connector <name>', 'of one connector only')
      .action((options: { connector?: string }) => perform((context) => listAgents(context, options))),
    'dirbridge agents list',
  );
  examples(
    named(
      agents
        .command('trust')
        .description('pin the key of an agent to its connector; until then nothing it sends counts'),
    )
      .option(
        '--wait <seconds>',
        'wait so long for an agent that has not introduced itself yet',
        wholeNumber(86_400),
      )
      .action((options: TrustOptions) => perform((context) => trustAgent(context, options))),
    'dirbridge agents trust',
    'dirbridge agents trust --agent relay-1 --key kWq1x…',
    'dirbridge agents trust --yes --wait 60',
  );
  examples(
    named(agents.command('revoke').description('refuse a key from now on'))
      .option('--pending', 'forget all keys that wait to be trusted instead')
      .action((options: KeyChoice & { readonly yes?: boolean; readonly pending?: boolean }) =>
        perform((context) =>
          options.pending === true ? forgetPending(context, options) : revokeAgent(context, options),
        ),
      ),
    'dirbridge agents revoke --agent relay-1',
    'dirbridge agents revoke --pending',
  );
}

function addHolds(program: Command, perform: Perform): void {
  const holds = program.command('holds').description('operations that were held for a person to decide');
  examples(
    holds
      .command('list')
      .description('what is held, and why')
      .option('--all', 'also what was approved, carried out, rejected or overtaken')
      .option('--connector <name>', 'of one connector only')
      .option('--sync <name>', 'of one sync only')
      .option('--operation <kind>', 'of one kind only, such as delete or remove-member')
      .option('--property <path>', 'emptied values of one target property only, such as department')
      .option('--key <key>', 'of one object only, by its source key')
      .option(
        '--limit <number>',
        'show each, at most so many; without it, groups where there are many (with --json always all)',
        wholeNumber(1_000_000),
      )
      .action((options: ListHoldsOptions) => perform((context) => listHolds(context, options))),
    'dirbridge holds list',
    'dirbridge holds list --property department --limit 100',
    'dirbridge holds list --all --json',
  );
  for (const decision of ['approve', 'reject'] as const) {
    const description = {
      approve: 'let held operations happen, each once and only as they were held',
      reject: 'refuse held operations for good',
    }[decision];
    examples(
      holds
        .command(decision)
        .description(description)
        .argument('[hashes...]', 'hashes from "holds list"')
        .option('--all', 'everything that is held, or all of it that the next options leave')
        .option('--connector <name>', 'of one connector only')
        .option('--sync <name>', 'with --all: of one sync only')
        .option('--operation <kind>', 'with --all: of one kind only, such as delete or remove-member')
        .option('--property <path>', 'with --all: emptied values of one target property only')
        .option('--key <key>', 'with --all: of one object only, by its source key')
        .option('--yes', 'do not ask')
        .action((hashes: string[], options: DecideOptions) =>
          perform((context) => decideHolds(context, decision, hashes, options)),
        ),
      `dirbridge holds ${decision} 0f3c9a7be2d14c55a860`,
      `dirbridge holds ${decision} --all --connector corp`,
      `dirbridge holds ${decision} --all --sync users --property department`,
    );
  }
}

const aboutStatus = `
Read from the tables alone, so it works while the function app is down. What is wrong stands at the end, marked WRONG, and
what waits for a person, marked LOOK: what it is, since when, and what to do; with --json they are "findings".
Figures of the last minutes come from the journal; latency is that of single changes, not of imports.
Exit code 0 says that it could be read, not that all is well.`;

function addStatus(program: Command, perform: Perform): void {
  examples(
    program
      .command('status')
      .description('how things stand: rules, agents, what is left to do, the last minutes, what is wrong')
      .option('--connector <name>', 'of one connector only')
      .action((options: { connector?: string }) => perform((context) => showStatus(context, options))),
    'dirbridge status',
    'dirbridge status --json --env-file .dirbridge/dev.env',
  ).addHelpText('after', aboutStatus);
}

function addQuarantine(program: Command, perform: Perform): void {
  const quarantine = program.command('quarantine').description('objects that cannot be written as they are');
  examples(
    quarantine
      .command('list')
      .description('which objects, why, and what to do')
      .option('--connector <name>', 'of one connector only')
      .option('--limit <number>', 'show at most so many', wholeNumber(1_000_000), 200)
      .action((options: ListQuarantineOptions) => perform((context) => listQuarantine(context, options))),
    'dirbridge quarantine list',
  );
}

function addJournal(program: Command, perform: Perform): void {
  examples(
    program
      .command('journal')
      .description('what was done, planned, held or refused, value by value')
      .option('--since <time>', 'from then on: 90s, 30m, 1h, 7d or a date in UTC', '1h')
      .option('--key <key>', 'of one object, by its source key (objectGUID in hex)')
      .option('--failures', 'only what failed')
      .option('--limit <number>', 'the latest so many', wholeNumber(100_000), 50)
      .action((options: JournalOptions) => perform((context) => showJournal(context, options))),
    'dirbridge journal --since 15m',
    'dirbridge journal --since 7d --key 0f3c9a7be2d14c55a8600f3c9a7be2d1',
    'dirbridge journal --since 1d --failures --json',
  );
}
