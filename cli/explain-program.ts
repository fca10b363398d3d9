import type { Command } from 'commander';
import { explain, type ExplainOptions } from './commands/explain.ts';
import { examples } from './examples.ts';
import type { Perform } from './perform.ts';

const about = `
Read from the tables alone, by key: as quick with a million objects as with ten. Values of the directory are shown.
What stands under WHY is in the order of its weight; WRITTEN says "not yet" where the cloud differs.`;

export function addExplain(program: Command, perform: Perform): void {
  examples(
    program
      .command('explain')
      .description('why an object is, or is not, in the cloud, and why an attribute is what it is')
      .argument('<who>', 'userPrincipalName, DN, account name, objectGUID or anchor, or id in the cloud')
      .argument('[attribute]', 'one attribute of the source or of the target')
      .option('--connector <name>', 'of one source only')
      .action((who: string, attribute: string | undefined, options: ExplainOptions) =>
        perform((context) => explain(context, who, attribute, options)),
      ),
    'dirbridge explain ada@contoso.com',
    'dirbridge explain "CN=Ada Lovelace,OU=Staff,DC=corp,DC=example" jobTitle',
    'dirbridge explain 6f9619ff-8b86-d011-b42d-00c04fc964ff --json',
  ).addHelpText('after', about);
}
