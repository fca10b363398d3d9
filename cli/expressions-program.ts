import { Option, type Command } from 'commander';
import { evaluateExpressions, type EvalOptions } from './commands/expressions-eval.ts';
import { examples } from './examples.ts';
import type { Perform } from './perform.ts';

const collect = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

const aboutCases = `
A case file has one JSON document a line: { "dialect": "cloud-sync" or "connect", "expression", "attributes", "parameters",
"existing" (values somebody has already, for SelectUniqueValue), "now" }; all but the expression may be missing. Each is answered
by one line: { "value", "logged" (where logs show something else) }, { "ignoreFlow": true } or { "error": { "code", "message",
"column" } }. Binary values are { "$base64": … }.`;

/** Commands about single expressions. */
export function addExpressions(program: Command, perform: Perform): void {
  const expressions = program.command('expressions').description('try out expressions of mapping rules');
  examples(
    expressions
      .command('eval')
      .description('what an expression gives, without asking anybody')
      .argument('[expression]', 'the expression; quote it for your shell')
      .option('--cases <file>', 'evaluate every line of a file instead; - reads standard input')
      .addOption(
        new Option('--dialect <name>', 'dialect of the expression')
          .choices(['cloud-sync', 'connect'])
          .default('cloud-sync'),
      )
      .option('--attribute <name=value>', 'a value of the object; again for more values', collect)
      .option('--parameter <name=value>', 'a parameter of the connect dialect', collect)
      .option('--existing <value>', 'a value that somebody has already', collect)
      .option('--now <time>', 'the time that Now() gives, as a date in UTC')
      .action((expression: string | undefined, options: EvalOptions) =>
        perform((context) => evaluateExpressions(context, expression, options)),
      ),
    `dirbridge expressions eval 'Append([sAMAccountName], "@contoso.com")' --attribute sAMAccountName=joe`,
    `dirbridge expressions eval --dialect connect '[givenName] & " " & [sn]' --attribute givenName=Joe --attribute sn=Doe`,
    'dirbridge expressions eval --cases cases.jsonl',
  ).addHelpText('after', aboutCases);
}
