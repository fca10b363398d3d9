import { describe, expect, test } from 'vitest';
import { budgetDrawOf, countedOperations } from '../../../shared/guard/budget-draw.ts';
import type { Operation, ValueChange } from '../../../shared/plan/operation.ts';

const common = { key: 'k1', cloudClass: 'user', cloudId: 'c1', reasons: [] } as const;
const member = { key: 'm1', cloudId: 'c2' };
const update = (changes: Readonly<Record<string, ValueChange>>): Operation => ({
  ...common,
  kind: 'update',
  changes,
});

const operations: readonly Operation[] = [
  { ...common, kind: 'create', anchor: 'a', values: { jobTitle: 'x' } },
  { ...common, kind: 'restore' },
  update({ jobTitle: { before: 'a', after: 'b' } }),
  { ...common, kind: 'enable', before: false },
  { ...common, kind: 'disable', before: true },
  { ...common, kind: 'revoke-sessions' },
  { ...common, kind: 'set-reference', name: 'manager', before: 'c3', target: 'k2', targetCloudId: 'c2' },
  { ...common, kind: 'clear-reference', name: 'manager', before: 'c3' },
  { ...common, kind: 'add-members', members: [member] },
  { ...common, kind: 'remove-member', member },
  { ...common, kind: 'delete' },
];

test('only what destroys draws on a budget', () => {
  const draws = operations.flatMap((one) => {
    const draw = budgetDrawOf(one);
    return draw === null ? [] : [[one.kind, draw.budget, draw.path]];
  });
  expect(draws).toEqual([
    ['disable', 'disable', null],
    ['clear-reference', 'blank', 'manager'],
    ['remove-member', 'removeMembers', null],
    ['delete', 'delete', null],
  ]);
});

test('a reference that is only perhaps there costs nothing', () => {
  expect(budgetDrawOf({ ...common, kind: 'clear-reference', name: 'manager', before: null })).toBeNull();
});

describe('a change of a value', () => {
  test.each([
    ['jobTitle', 'a', null, 'blank jobTitle'],
    ['jobTitle', 'a', '', 'blank jobTitle'],
    ['businessPhones', ['1'], [], 'blank businessPhones'],
    [
      'onPremisesExtensionAttributes.extensionAttribute1',
      'a',
      null,
      'blank onPremisesExtensionAttributes.extensionAttribute1',
    ],
    ['userPrincipalName', 'a@x', null, 'blank userPrincipalName'],
    ['accountEnabled', false, null, 'blank accountEnabled'],
    ['jobTitle', null, null, null],
    ['jobTitle', '', null, null],
    ['jobTitle', [], null, null],
    ['jobTitle', null, 'a', null],
    ['jobTitle', 'a', 'b', null],
    ['businessPhones', ['1', '2'], ['1'], null],
    ['accountEnabled', true, false, null],
    ['userPrincipalName', 'a@x', 'b@x', 'rename '],
    ['userPrincipalName', 'a@x', 'a@x', null],
    ['userPrincipalName', 'a@x', 'a.0123456789@x', 'rename '],
    // Who has a temporary name is to lose it, whatever the budget says.
    ['userPrincipalName', 'a.0123456789@x', 'b@x', null],
    ['userPrincipalName', null, 'a@x', null],
    ['securityEnabled', true, false, 'groupType '],
    ['mailEnabled', true, true, null],
    ['groupTypes', ['Unified'], ['Unified'], null],
  ])('of %s from %j to %j: %s', (path, before, after, expected) => {
    const draw = budgetDrawOf(update({ [path]: { before, after } }));
    expect(draw === null ? null : `${draw.budget} ${draw.path ?? ''}`).toBe(expected);
  });
});

test('what is counted is taken out of an update, value by value; the rest stays together, first', () => {
  const change = { before: 'a', after: null };
  const ordinary = { before: 'a', after: 'b' };
  const [whole] = [update({ city: change, jobTitle: ordinary, mail: change, surname: ordinary })];
  expect(countedOperations([whole, operations[10] as Operation])).toMatchObject([
    { kind: 'update', changes: { jobTitle: ordinary, surname: ordinary } },
    { kind: 'update', changes: { city: change } },
    { kind: 'update', changes: { mail: change } },
    { kind: 'delete' },
  ]);
});
