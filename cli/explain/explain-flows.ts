import type { Operation } from '../../shared/plan/operation.ts';
import type { Projection } from '../../shared/rules/projection.ts';
import { redactValue } from '../../shared/rules/redact-value.ts';
import { isRedacted } from '../../shared/rules/redacted-targets.ts';
import type { Flow, Sync, ValueFlow } from '../../shared/rules/rule-set.ts';
import type { ObjectRecord } from '../../shared/state/object-record.ts';
import type { FlowExplanation } from './explanation.ts';

type In = Extract<Projection, { kind: 'in' }>;

/**
 * Every flow of the sync with what it gives now beside what was written last.
 * @param operations what is planned for the object: a value that is in one of them is not in the cloud yet.
 */
export function explainFlows(
  sync: Sync,
  projection: Projection | null,
  record: ObjectRecord,
  operations: readonly Operation[],
): readonly FlowExplanation[] {
  const belongs = projection?.kind === 'in' ? projection : null;
  const pending = new Set(operations.flatMap(pathsOf));
  return sync.flows.map((flow) => {
    switch (flow.kind) {
      case 'value':
        return explainValue(sync, flow, { projection: belongs, record, pending });
      case 'reference':
        return explainReference(sync, flow, { projection: belongs, record, pending });
      case 'members':
        return {
          target: flow.target,
          sync: sync.name,
          losers: [],
          rule: flow.attribute,
          outcome: { kind: 'not-computed' },
          applied: undefined,
          isPending: false,
          reads: [flow.attribute],
        };
    }
  });
}

interface FlowGrounds {
  readonly projection: In | null;
  readonly record: ObjectRecord;
  readonly pending: ReadonlySet<string>;
}

function explainValue(
  sync: Sync,
  flow: ValueFlow,
  { projection, record, pending }: FlowGrounds,
): FlowExplanation {
  const { path } = flow.target;
  const outcome =
    projection === null ? ({ kind: 'not-computed' } as const) : outcomeOf(path, flow, projection);
  const applied = record.link?.applied[path];
  // Whether it differs may be told; what it is may not.
  const isHidden = isRedacted(flow.expression);
  return {
    target: path,
    sync: sync.name,
    losers: [],
    rule: flow.expression.text,
    outcome:
      isHidden && outcome.kind === 'value' ? { ...outcome, value: redactValue(outcome.value) } : outcome,
    applied: isHidden ? redactValue(applied) : applied,
    isPending: pending.has(path),
    reads: flow.expression.attributes,
  };
}

/** What an operation writes, by the names of flows. */
function pathsOf(operation: Operation): readonly string[] {
  switch (operation.kind) {
    case 'create':
      return Object.keys(operation.values);
    case 'update':
      return Object.keys(operation.changes);
    case 'enable':
    case 'disable':
      return ['accountEnabled'];
    case 'set-reference':
    case 'clear-reference':
      return [operation.name];
    case 'add-members':
    case 'remove-member':
      return ['members'];
    case 'restore':
    case 'revoke-sessions':
    case 'delete':
      return [];
  }
}

function outcomeOf(path: string, flow: ValueFlow, projection: In): FlowExplanation['outcome'] {
  const problem = projection.problems.find(({ target }) => target === path);
  if (problem !== undefined) return { kind: 'problem', message: problem.message };
  if (projection.chosen?.includes(path) === true && !Object.hasOwn(projection.createOnly, path))
    return { kind: 'chosen-at-creation' };
  const values = flow.apply === 'create' ? projection.createOnly : projection.values;
  if (!Object.hasOwn(values, path)) return { kind: 'untouched' };
  return { kind: 'value', value: values[path], at: flow.apply === 'create' ? 'creation' : 'always' };
}

function explainReference(
  sync: Sync,
  flow: Extract<Flow, { kind: 'reference' }>,
  { projection, record, pending }: FlowGrounds,
): FlowExplanation {
  const value = projection?.references[flow.target] ?? null;
  return {
    target: flow.target,
    sync: sync.name,
    losers: [],
    rule: flow.attribute,
    outcome: projection === null ? { kind: 'not-computed' } : { kind: 'value', value, at: 'always' },
    applied: record.link?.appliedReferences[flow.target],
    isPending: pending.has(flow.target),
    reads: [flow.attribute],
  };
}

/** Flows that write the attribute, or read it. */
export function concerns(flow: FlowExplanation, attribute: string): boolean {
  const name = attribute.toLowerCase();
  return flow.target.toLowerCase() === name || flow.reads.some((one) => one.toLowerCase() === name);
}
