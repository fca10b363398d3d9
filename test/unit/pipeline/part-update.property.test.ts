import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { countedOperations } from '../../../shared/guard/budget-draw.ts';
import {
  canonical,
  operationHash,
  type Operation,
  type ValueChange,
} from '../../../shared/plan/operation.ts';
import {
  includesOperation,
  mergeUpdates,
  partUpdate,
  type Update,
} from '../../../shared/plan/part-update.ts';
import { requestOf } from '../../../shared/plan/request-of.ts';
import { stepsOf } from '../../../shared/plan/step.ts';

const common = { key: 'k1', cloudClass: 'user', cloudId: 'c1' } as const;
const paths = [
  ...['city', 'jobTitle', 'mail', 'userPrincipalName', 'securityEnabled', 'businessPhones'],
  ...[
    'onPremisesExtensionAttributes.extensionAttribute1',
    'onPremisesExtensionAttributes.extensionAttribute2',
  ],
];
const value = fc.constantFrom<unknown>(null, '', [], 'a', 'b', ['1'], ['1', '2'], true, false);
const change: fc.Arbitrary<ValueChange> = fc.record({ before: value, after: value });
const update: fc.Arbitrary<Update> = fc
  .dictionary(fc.constantFrom(...paths), change, { minKeys: 1 })
  .map((changes) => ({
    ...common,
    kind: 'update',
    changes,
    reasons: Object.keys(changes).map((path) => ({ rule: `users.${path}`, version: null })),
  }));

const bodyOf = (operations: readonly Operation[]): unknown => {
  const steps = stepsOf(operations);
  expect(steps).toHaveLength(1);
  const [step] = steps;
  if (step === undefined) throw new Error('no step');
  return requestOf(step, '1', { cloudId: 'c1', root: 'http://graph', newPassword: () => '' });
};

describe('an update in parts', () => {
  test('merges to the same request, with the same reasons', () => {
    fc.assert(
      fc.property(update, (whole) => {
        const parts = countedOperations([whole]);
        expect(bodyOf(parts)).toEqual(bodyOf([whole]));
        const merged = mergeUpdates(parts as Update[]);
        expect(canonical(merged?.changes)).toBe(canonical(whole.changes));
        const rules = (one: Update | null) => one?.reasons.map(({ rule }) => rule).sort();
        expect(rules(merged)).toEqual(rules(whole));
      }),
    );
  });

  test('has each change in exactly one part, and each part is named by what it changes alone', () => {
    fc.assert(
      fc.property(update, (whole) => {
        const parts = countedOperations([whole]) as Update[];
        const names = parts.flatMap((part) => Object.keys(part.changes));
        expect([...names].sort()).toEqual(Object.keys(whole.changes).sort());
        const more = { ...whole, changes: { ...whole.changes, department: { before: 'x', after: 'y' } } };
        const counted = parts.slice(1).map(operationHash);
        const again = countedOperations([more]).map(operationHash);
        for (const hash of counted) expect(again).toContain(hash);
      }),
    );
  });

  test('of one change, or with nothing that is counted, is the very operation that was planned', () => {
    const single: Update = {
      ...common,
      kind: 'update',
      changes: { city: { before: 'a', after: null } },
      reasons: [],
    };
    expect(partUpdate(single, () => true)).toEqual([single]);
    const plain = {
      ...single,
      changes: { city: { before: 'a', after: 'b' }, mail: { before: 'a', after: 'b' } },
    };
    expect(partUpdate(plain, () => false)[0]).toBe(plain);
  });
});

describe('what was carried out', () => {
  const part: Update = {
    ...common,
    kind: 'update',
    changes: { city: { before: 'a', after: null } },
    reasons: [],
  };
  const whole: Update = { ...part, changes: { ...part.changes, mail: { before: 'a', after: 'b' } } };

  test.each<[string, Operation, boolean]>([
    ['itself', part, true],
    ['what it was merged into', whole, true],
    ['another value', { ...part, changes: { city: { before: 'a', after: 'b' } } }, false],
    ['another object', { ...whole, key: 'k2' }, false],
    ['another cloud object', { ...whole, cloudId: 'c2' }, false],
    ['another kind', { ...common, kind: 'delete', reasons: [] }, false],
  ])('includes a part: %s', (_title, done, expected) => {
    expect(includesOperation(done, part)).toBe(expected);
  });

  test('a part does not include the whole', () => {
    expect(includesOperation(part, whole)).toBe(false);
  });
});
