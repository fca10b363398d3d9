import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../../local/product.ts';
import type { Configure } from '../../../shared/contracts/agent-command.v1.ts';
import { captureNeeds } from '../../../shared/rules/capture-needs.ts';
import { compileRules } from '../../../shared/rules/compile-rules.ts';

/** What the default rules ask the agent for: so an import reads as much of each object as it would in earnest. */
export function defaultNeeds(): Configure {
  const text = readFileSync(join(root, 'rules/users-and-groups.yaml'), 'utf8');
  const compiled = compileRules([{ name: 'users-and-groups.yaml', text }]);
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.problems));
  return { revision: 1, ...captureNeeds(compiled.rules, 'corp') };
}
