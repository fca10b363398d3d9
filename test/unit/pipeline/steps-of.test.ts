import { describe, expect, test } from 'vitest';
import type { MemberTarget, Operation } from '../../../shared/plan/operation.ts';
import { isWrite, operationsOf, stepsOf } from '../../../shared/plan/step.ts';

const common = { key: 'k', cloudClass: 'user', cloudId: 'c1', reasons: [] } as const;
const update: Operation = { ...common, kind: 'update', changes: { jobTitle: { before: null, after: 'x' } } };
const disable: Operation = { ...common, kind: 'disable', before: true };
const revoke: Operation = { ...common, kind: 'revoke-sessions' };
const restore: Operation = { ...common, kind: 'restore' };
const remove: Operation = { ...common, kind: 'delete' };
const adding = (count: number): Operation => ({
  ...common,
  kind: 'add-members',
  members: Array.from({ length: count }, (_, index): MemberTarget => ({
    key: `m${index}`,
    cloudId: `c${index}`,
  })),
});

describe('the steps of one object', () => {
  test('values and account share one request, and the revocation follows it', () => {
    expect(stepsOf([update, disable, revoke])).toEqual([
      { kind: 'patch', update, account: disable },
      { kind: 'revoke-sessions', operation: revoke },
    ]);
  });

  test('what makes the object comes before what belongs to it, whatever the order', () => {
    expect(stepsOf([update, restore]).map((step) => step.kind)).toEqual(['restore', 'patch']);
    const create: Operation = { ...common, kind: 'create', anchor: 'a', values: {} };
    const manager: Operation = {
      ...{ ...common, cloudId: null, kind: 'set-reference', name: 'manager' },
      ...{ before: null, target: 't', targetCloudId: 'ct' },
    };
    expect(stepsOf([manager, create]).map((step) => step.kind)).toEqual(['create', 'set-reference']);
  });

  test.each([
    [0, []],
    [1, [1]],
    [20, [20]],
    [21, [20, 1]],
    [100, [20, 20, 20, 20, 20]],
  ])('%i members are written twenty at a time', (count, sizes) => {
    const steps = stepsOf([adding(count)]);
    expect(steps.map((step) => (step.kind === 'add-members' ? step.operation.members.length : 0))).toEqual(
      sizes,
    );
    const written = steps.flatMap((step) => (step.kind === 'add-members' ? step.operation.members : []));
    expect(new Set(written.map((member) => member.key)).size).toBe(count);
  });

  test('no operation is lost or doubled on the way', () => {
    const operations = [update, disable, revoke, remove];
    expect(stepsOf(operations).flatMap(operationsOf)).toEqual(operations);
    expect(stepsOf([])).toEqual([]);
  });
});

test('only look-ups cost no write', () => {
  const operation = { ...common, kind: 'create', anchor: 'a', values: {} } as const;
  expect(isWrite({ kind: 'find-anchor', operation, conflict: null })).toBe(false);
  expect(isWrite({ kind: 'find-deleted', operation, conflict: null })).toBe(false);
  expect(stepsOf([update, revoke, remove, adding(3)]).every(isWrite)).toBe(true);
});
