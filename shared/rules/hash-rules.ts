import { createHash } from 'node:crypto';
import type { CompiledExpression } from './expressions/compiled-expression.ts';
import type { Flow, RuleSet, Sync } from './rule-set.ts';

/** SHA-256 of what the rules mean: keys in order, expressions in their canonical print, defaults filled in. */
export function hashRules(rules: Omit<RuleSet, 'hash'>): string {
  const content = {
    form: 1,
    parameters: rules.parameters,
    connectors: rules.connectors,
    syncs: rules.syncs.map(describeSync),
  };
  return createHash('sha256')
    .update(JSON.stringify(ordered(content)))
    .digest('hex');
}

/** A sync as plain data: equal where it means the same. */
export function describeSync(sync: Sync): unknown {
  return {
    ...sync,
    scope: { ...sync.scope, where: sync.scope.where.map(meaningOf) },
    match: sync.match.map((rule) => ({ source: meaningOf(rule.source), target: rule.target })),
    flows: sync.flows.map(describeFlow),
  };
}

/** The same text may mean two things in two dialects. */
const meaningOf = ({ syntax, text }: CompiledExpression): string =>
  syntax === 'cloud-sync' ? text : `${syntax}: ${text}`;

function describeFlow(flow: Flow): unknown {
  return flow.kind === 'value'
    ? { ...flow, target: flow.target.path, expression: meaningOf(flow.expression) }
    : flow;
}

function ordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(ordered);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, item]) => [key, ordered(item)] as const);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}
