import * as z from 'zod';
import { signatureOf } from '../../shared/rules/expressions/function-definition.ts';
import { functionTable } from '../../shared/rules/expressions/function-table.ts';
import { ruleFileSchema } from '../../shared/rules/rule-file-schema.ts';
import { targetProperties } from '../../shared/rules/target-properties.ts';

/** Texts of docs/reference that follow from the rules core, by file name. */
export function rulesReference(): Readonly<Record<'rules.schema.json' | 'rule-functions.md', string>> {
  return { 'rules.schema.json': schemaText(), 'rule-functions.md': functionsText() };
}

function schemaText(): string {
  const schema = { title: 'Dirbridge rules', ...z.toJSONSchema(ruleFileSchema, { io: 'input' }) };
  return `${JSON.stringify(schema, null, 2)}\n`;
}

function functionsText(): string {
  const functions = [...functionTable.values()].map(
    (definition) => `| \`${signatureOf(definition)}\` | ${definition.family} | ${cell(definition.summary)} |`,
  );
  const targets = targetProperties.map(
    (one) =>
      `| ${one.class} | \`${one.path}\` | ${one.type} | ${one.maxLength ?? ''} | ${one.isRequired ? 'required' : one.isClearable ? '' : 'cannot be cleared'} |`,
  );
  return [
    '# Functions and target properties',
    '',
    'Generated from shared/rules; do not edit.',
    '',
    '## Functions',
    '',
    '| signature | family | what it gives |',
    '| --- | --- | --- |',
    ...functions,
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
