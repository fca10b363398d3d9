import { describe, expect, it } from 'vitest';
import { rulesReference } from '../../../scripts/docs/rules-schema.ts';
import { functionTable } from '../../../shared/rules/expressions/function-table.ts';

describe('reference pages of the rules', () => {
  it('list every function and describe the file', () => {
    const texts = rulesReference();
    for (const name of functionTable.keys()) expect(texts['rule-functions.md']).toContain(`\`${name}(`);
    expect(JSON.parse(texts['rules.schema.json'])).toMatchObject({
      type: 'object',
      required: ['version'],
      additionalProperties: false,
      properties: { syncs: { type: 'object' } },
    });
  });
});
