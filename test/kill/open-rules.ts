import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { root } from '../../local/product.ts';

interface RulesText {
  readonly syncs: Readonly<Record<string, { budgets: Record<string, unknown> }>>;
}

/** The demo's rules with budgets that never hold anything: what is held would not be equal, and is tested elsewhere. */
export async function openRules(): Promise<string> {
  const rules = parse(await readFile(join(root, 'rules/demo.yaml'), 'utf8')) as RulesText;
  for (const sync of Object.values(rules.syncs))
    for (const name of Object.keys(sync.budgets))
      sync.budgets[name] = { max: 1_000_000, percent: 100, per: 'PT1S' };
  return stringify(rules, { lineWidth: 0 });
}
