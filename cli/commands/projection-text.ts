import { redactedText } from '../../shared/rules/redact-value.ts';
import type { Projection } from '../../shared/rules/projection.ts';
import type { Sync } from '../../shared/rules/rule-set.ts';
import type { TestKeys } from '../rule-tests/stage-test-object.ts';
import { moment } from '../text/moments.ts';
import { oneLine } from '../text/one-line.ts';
import type { Paint } from '../text/paint.ts';
import { table } from '../text/table.ts';

/** What rules make of an object: in or out and by which clause, and every value. */
export function projectionText(
  sync: Sync | null,
  projection: Projection | null,
  keys: TestKeys,
  paint: Paint,
): string {
  if (sync === null || projection === null) return 'no sync wants an object of this class';
  const head = `sync ${sync.name}: ${paint('bold', outcomeOf(projection))}`;
  if (projection.kind === 'waiting') {
    const missing = [...projection.attributes, ...projection.containers];
    return `${head}\n  never read: ${missing.map(oneLine).join(', ')}`;
  }
  const clauses = projection.clauses.map(
    ({ clause, passed }) => `  ${passed ? paint('green', '✓') : paint('red', '✗')} ${oneLine(clause)}`,
  );
  const problems = (projection.kind === 'out' ? [] : projection.problems).map(
    ({ target, message }) => `  ${paint('red', '!')} ${oneLine(target)}: ${oneLine(message)}`,
  );
  const values = projection.kind === 'in' ? ['', valuesText(sync, projection, keys, paint)] : [];
  const again =
    projection.kind !== 'failed' && projection.reviewAt !== null
      ? [`  looked at again at ${moment(projection.reviewAt)}, since time may change it`]
      : [];
  return [head, ...clauses, ...problems, ...again, ...values].join('\n');
}

function outcomeOf(projection: Projection): string {
  switch (projection.kind) {
    case 'in':
      return projection.holdCreate === null
        ? 'in scope'
        : `in scope, held at creation: ${projection.holdCreate}`;
    case 'out':
      return 'out of scope';
    case 'waiting':
      return 'waits';
    case 'failed':
      return 'cannot be computed';
  }
}

function valuesText(
  sync: Sync,
  projection: Extract<Projection, { kind: 'in' }>,
  keys: TestKeys,
  paint: Paint,
): string {
  const shown = (value: unknown): string =>
    value === null ? paint('dim', 'emptied') : oneLine(JSON.stringify(value));
  const valueOf = (target: string, value: unknown): string =>
    projection.redacted?.includes(target) === true && value !== null ? redactedText : shown(value);
  const { chosen = [] } = projection;
  const rows = [
    ['anchor', shown(projection.anchor), ''],
    ...Object.entries(projection.values).map(([target, value]) => [target, valueOf(target, value), '']),
    ...Object.entries(projection.createOnly).map(([target, value]) => [
      target,
      valueOf(target, value),
      chosen.includes(target) ? 'at creation only, if nobody has it' : 'at creation only',
    ]),
    ...chosen
      .filter((target) => !Object.hasOwn(projection.createOnly, target))
      .map((target) => [target, paint('dim', 'chosen at creation'), 'random']),
    ...untouchedBy(sync, projection).map((target) => [target, paint('dim', 'left as it is'), '']),
    ...Object.entries(projection.references).map(([target, key]) => [
      target,
      shown(key === null ? null : keys.nameOf(key)),
      'reference',
    ]),
  ];
  return table(['PROPERTY', 'VALUE', ''], rows, paint);
}

/** Where there is no value and the flow says keep, ignores itself, or has a problem. */
function untouchedBy(
  { flows }: Sync,
  { values, createOnly, chosen = [] }: Extract<Projection, { kind: 'in' }>,
): readonly string[] {
  const touched = new Set([...Object.keys(values), ...Object.keys(createOnly), ...chosen]);
  return flows
    .flatMap((flow) => (flow.kind === 'value' ? [flow.target.path] : []))
    .filter((target) => !touched.has(target));
}
