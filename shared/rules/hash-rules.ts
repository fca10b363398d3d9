import { createHash } from 'node:crypto';
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

function describeSync(sync: Sync): unknown {
  return {
    ...sync,
    scope: { ...sync.scope, where: sync.scope.where.map((clause) => clause.text) },
    match: sync.match.map((rule) => ({ source: rule.source.text, target: rule.target })),
    flows: sync.flows.map(describeFlow),
  };
}

function describeFlow(flow: Flow): unknown {
  return flow.kind === 'value'
    ? { ...flow, target: flow.target.path, expression: flow.expression.text }
    : flow;
}

function ordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(ordered);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, item]) => [key, ordered(item)] as const);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}
