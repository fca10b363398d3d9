import type { Projection } from '../../shared/rules/projection.ts';
import type { Expectation } from './rule-test-schema.ts';
import type { TestKeys } from './stage-test-object.ts';

/** One thing that is not as expected. */
export interface Difference {
  /** What it is about: a target property, `out`, `anchor`. */
  readonly what: string;
  readonly expected: string;
  readonly found: string;
}

/** Stands for a value that is random; no file can say which it is to be. */
const chosen: unique symbol = Symbol('chosen at creation');

function shown(value: unknown): string {
  if (value === chosen) return 'chosen at creation';
  return value === undefined ? 'left as it is' : JSON.stringify(value);
}

/** What a projection has otherwise than it was expected to. Null stands for an object that no sync wants. */
export function judgeProjection(
  expectation: Expectation,
  projection: Projection | null,
  keys: TestKeys,
): readonly Difference[] {
  const outcome = outcomeText(projection);
  const other = (what: string, expected: string): readonly Difference[] => [
    { what, expected, found: outcome },
  ];
  if (expectation.noSync === true) return projection === null ? [] : other('noSync', 'no sync wants it');
  if (expectation.out !== undefined) {
    const { out } = expectation;
    const isSo =
      projection?.kind === 'out' && failedClauses(projection).some((clause) => clause.includes(out));
    return isSo ? [] : other('out', `out of scope by ${out}`);
  }
  if (expectation.waitingFor !== undefined) {
    const wanted = [...expectation.waitingFor].sort();
    const isSo = projection?.kind === 'waiting' && sameSet(projection.attributes, wanted);
    return isSo ? [] : other('waitingFor', `waiting for ${wanted.join(', ')}`);
  }
  if (expectation.failed !== undefined) {
    const { failed } = expectation;
    const isSo =
      projection?.kind === 'failed' && projection.problems.some(({ message }) => message.includes(failed));
    return isSo ? [] : other('failed', `cannot be computed: ${failed}`);
  }
  if (projection?.kind !== 'in') return other('in', 'in scope');
  return judgeValues(expectation, projection, keys);
}

function judgeValues(
  expectation: Expectation,
  projection: Extract<Projection, { kind: 'in' }>,
  keys: TestKeys,
): readonly Difference[] {
  const values: Record<string, unknown> = {
    ...projection.values,
    ...projection.createOnly,
  };
  for (const target of projection.chosen ?? []) values[target] ??= chosen;
  const differences: Difference[] = [];
  const compare = (what: string, expected: unknown, found: unknown): void => {
    if (shown(expected) === shown(found)) return;
    const told = (value: unknown, other: string): string =>
      projection.redacted?.includes(what) === true && typeof value === 'string' ? other : shown(value);
    differences.push({ what, expected: told(expected, '[Redact]'), found: told(found, 'another [Redact]') });
  };
  for (const [target, value] of Object.entries(expectation.values ?? {}))
    compare(target, value, values[target]);
  for (const target of expectation.untouched ?? []) compare(target, undefined, values[target]);
  for (const target of expectation.chosenAtCreation ?? []) compare(target, chosen, values[target]);
  for (const [target, dn] of Object.entries(expectation.references ?? {})) {
    const key = projection.references[target];
    const isSame = dn !== null && key === keys.of(dn);
    if (!isSame) compare(target, dn, typeof key === 'string' ? keys.nameOf(key) : key);
  }
  if (expectation.anchor !== undefined) compare('anchor', expectation.anchor, projection.anchor);
  if (
    expectation.heldAtCreation !== undefined &&
    projection.holdCreate?.includes(expectation.heldAtCreation) !== true
  )
    compare('heldAtCreation', expectation.heldAtCreation, projection.holdCreate);
  return [...differences, ...judgeProblems(expectation.problems ?? {}, projection)];
}

/** A problem that nobody expects is one: the property would silently keep what it has. */
function judgeProblems(
  expected: Readonly<Record<string, string>>,
  { problems }: Extract<Projection, { kind: 'in' }>,
): readonly Difference[] {
  const found = new Map(problems.map(({ target, message }) => [target, message]));
  const missing = Object.entries(expected)
    .filter(([target, part]) => found.get(target)?.includes(part) !== true)
    .map(([target, part]) => ({
      what: target,
      expected: `a problem: ${part}`,
      found: found.has(target) ? `a problem: ${found.get(target) ?? ''}` : 'no problem',
    }));
  const unexpected = problems
    .filter(({ target }) => expected[target] === undefined)
    .map(({ target, message }) => ({ what: target, expected: 'no problem', found: `a problem: ${message}` }));
  return [...missing, ...unexpected];
}

const sameSet = (a: readonly string[], sorted: readonly string[]): boolean =>
  [...a].sort().join('\n').toLowerCase() === sorted.join('\n').toLowerCase();

const failedClauses = ({ clauses }: Extract<Projection, { kind: 'out' }>): readonly string[] =>
  clauses.flatMap(({ clause, passed }) => (passed ? [] : [clause]));

function outcomeText(projection: Projection | null): string {
  if (projection === null) return 'no sync wants it';
  switch (projection.kind) {
    case 'in':
      return 'in scope';
    case 'out':
      return `out of scope by ${failedClauses(projection).join('; ')}`;
    case 'waiting':
      return `waiting for ${[...projection.attributes, ...projection.containers].join(', ')}`;
    case 'failed':
      return `cannot be computed: ${projection.problems.map(({ target, message }) => `${target}: ${message}`).join('; ')}`;
  }
}
