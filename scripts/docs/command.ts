import type { Argument, Command, Option } from 'commander';
import { commandProgram } from '../../cli/program.ts';

const introduction = `# The command \`dirbridge\`

<!-- Generated from cli/program.ts by "npm run docs". -->

It reads the state tables and asks the operator function; it never writes to Microsoft Graph or to the tables itself.

- **Settings**: \`DIRBRIDGE_STATE\` or \`DIRBRIDGE_STATE__tableServiceUri\` to look, \`DIRBRIDGE_OPERATOR_URL\` and
  \`DIRBRIDGE_OPERATOR_AUDIENCE\` besides to change something ([settings](settings.md)). With \`--env-file\` the settings of
  Dirbridge come from that file alone, so that two deployments cannot mix.
- **Sign-in**: whatever Azure's DefaultAzureCredential finds, such as \`az login\`. Looking needs the role Storage Table Data
  Reader on the state account, changing the app role that \`DIRBRIDGE_OPERATOR_ROLE\` names.
- **Output**: the result on standard output, everything else on standard error. With \`--json\` the result is one JSON
  document, also of a failure: \`{ "error": { "code", "message", "action" } }\`. Colours only on a terminal, never with \`NO_COLOR\`.
- **Confirmations**: asked on the terminal. Without one, \`--yes\` has to be given.

| exit code | meaning |
|---|---|
| 0 | done |
| 1 | failed: something does not answer, is not there, or was declined |
| 2 | wrong usage or settings |
| 3 | refused by the operator function, with its reason |
| 130 | interrupted by Ctrl-C |
`;

/** Text of docs/reference/command.md. */
export function commandPage(): string {
  const program = commandProgram(() => Promise.resolve());
  const options = optionTable(
    '| option of every command | |',
    program.options.filter((option) => !option.hidden),
  );
  const sections = program.commands.flatMap((command) =>
    command.commands.length === 0
      ? [section(command, '##', command.name())]
      : [
          `## ${command.name()}\n\n${sentence(command.description())}`,
          ...command.commands.map((one) => section(one, '###', `${command.name()} ${one.name()}`)),
        ],
  );
  return [introduction, options, '', sections.join('\n\n'), ''].join('\n');
}

function section(command: Command, mark: string, name: string): string {
  const usage = ['dirbridge', name, command.usage()].join(' ').trim();
  const parts = [`${mark} ${name}`, sentence(command.description()), `\`\`\`\n${usage}\n\`\`\``];
  const rows = [...command.registeredArguments.map(argumentRow), ...command.options.map(optionRow)];
  if (rows.length > 0) parts.push(['| argument or option | |', '|---|---|', ...rows].join('\n'));
  const { examples, about } = afterHelpOf(command);
  if (about !== '') parts.push(about);
  if (examples !== '') parts.push(`\`\`\`sh\n${examples}\n\`\`\``);
  return parts.join('\n\n');
}

/** Examples, and what is told about a command, stand in the text that follows the help; commander gives it only with the whole. */
function afterHelpOf(command: Command): { readonly examples: string; readonly about: string } {
  let text = '';
  command.configureOutput({ writeOut: (part) => (text += part) });
  command.outputHelp();
  const [, after = ''] = text.split('\nExamples:\n');
  const lines = after.split('\n').filter((line) => line !== '');
  const isExample = (line: string): boolean => line.startsWith('  $ ');
  return {
    examples: lines
      .filter(isExample)
      .map((line) => line.slice(4))
      .join('\n'),
    about: lines.filter((line) => !isExample(line)).join('\n'),
  };
}

function optionTable(head: string, options: readonly Option[]): string {
  return [head, '|---|---|', ...options.map(optionRow)].join('\n');
}

function optionRow(option: Option): string {
  const fallback = option.defaultValue === undefined ? '' : ` (default: ${String(option.defaultValue)})`;
  return `| \`${option.flags}\` | ${option.description}${fallback} |`;
}

const argumentRow = (argument: Argument): string => `| \`${argument.name()}\` | ${argument.description} |`;

const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
