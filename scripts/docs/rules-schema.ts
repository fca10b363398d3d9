import * as z from 'zod';
import { connectDialect } from '../../shared/rules/expressions/connect-dialect.ts';
import type { Dialect } from '../../shared/rules/expressions/dialect.ts';
import { signatureOf } from '../../shared/rules/expressions/function-definition.ts';
import { cloudSyncDialect } from '../../shared/rules/expressions/function-table.ts';
import { ruleTestFileSchema } from '../../cli/rule-tests/rule-test-schema.ts';
import { ruleFileSchema } from '../../shared/rules/rule-file-schema.ts';
import { targetProperties } from '../../shared/rules/target-properties.ts';

/** Texts of docs/reference that follow from the rules core, by file name. */
export function rulesReference(): Readonly<
  Record<'rules.schema.json' | 'rule-tests.schema.json' | 'rule-functions.md', string>
> {
  return {
    'rules.schema.json': schemaText('Dirbridge rules', ruleFileSchema),
    'rule-tests.schema.json': schemaText('Tests of Dirbridge rules', ruleTestFileSchema),
    'rule-functions.md': functionsText(),
  };
}

function schemaText(title: string, file: z.ZodType): string {
  const schema = { title, ...z.toJSONSchema(file, { io: 'input' }) };
  return `${JSON.stringify(schema, null, 2)}\n`;
}

function functionTableOf({ functions, syntax }: Dialect): string[] {
  const rows = [...functions.values()].map((definition) => {
    const mark = syntax === 'connect' && definition.isPerValue === true ? ' *' : '';
    return `| \`${signatureOf(definition)}\`${mark} | ${definition.family} | ${cell(definition.summary)} |`;
  });
  return ['| signature | family | what it gives |', '| --- | --- | --- |', ...rows];
}

function functionsText(): string {
  const targets = targetProperties.map(
    (one) =>
      `| ${one.class} | \`${one.path}\` | ${one.type} | ${one.maxLength ?? ''} | ${one.isRequired ? 'required' : one.isClearable ? '' : 'cannot be cleared'} |`,
  );
  return [
    '# Functions and target properties',
    '',
    'Generated from shared/rules; do not edit.',
    '',
    '## Functions of the cloud-sync dialect',
    '',
    ...functionTableOf(cloudSyncDialect),
    '',
    '## Functions of the connect dialect',
    '',
    'For rules with `dialect: connect`. A function marked * works on each value of a multi-valued attribute.',
    '',
    ...functionTableOf(connectDialect),
    '',
    '## Target properties',
    '',
    '| class | property | type | characters | remarks |',
    '| --- | --- | --- | --- | --- |',
    ...targets,
    '',
  ].join('\n');
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}
