import { describe, expect, test } from 'vitest';
import type { ErrorCode } from '../../../shared/errors/error-codes.ts';
import type { CloudAnswer } from '../../../shared/model/cloud-request.ts';
import type { Operation } from '../../../shared/plan/operation.ts';
import { settleStep } from '../../../shared/plan/settle-step.ts';
import type { SettleContext, Settlement } from '../../../shared/plan/settlement.ts';
import type { Step } from '../../../shared/plan/step.ts';

const now = 1_800_000_000_000;
const common = { key: 'k', cloudClass: 'user', cloudId: 'c1', reasons: [] } as const;
const create: Extract<Operation, { kind: 'create' }> = {
  ...{ key: 'k', cloudClass: 'user', reasons: [] },
  ...{ kind: 'create', anchor: 'a', values: { jobTitle: 'x' } },
};
const update: Extract<Operation, { kind: 'update' }> = {
  ...common,
  kind: 'update',
  changes: { jobTitle: { before: null, after: 'x' } },
};
const disable = { ...common, kind: 'disable', before: true } as const;
const member = { key: 'm', cloudId: 'cm' };
const members = (count: number): Step => ({
  kind: 'add-members',
  operation: { ...common, kind: 'add-members', members: Array.from({ length: count }, () => member) },
});
const steps = {
  create: { kind: 'create', operation: create },
  'find-anchor': { kind: 'find-anchor', operation: create, conflict: null },
  'find-deleted': { kind: 'find-deleted', operation: create, conflict: null },
  restore: { kind: 'restore', operation: { ...common, kind: 'restore' } },
  patch: { kind: 'patch', update, account: null },
  'patch with account': { kind: 'patch', update, account: disable },
  'patch of the account': { kind: 'patch', update: null, account: disable },
  'revoke-sessions': { kind: 'revoke-sessions', operation: { ...common, kind: 'revoke-sessions' } },
  'set-reference': {
    kind: 'set-reference',
    operation: {
      ...common,
      kind: 'set-reference',
      name: 'manager',
      before: null,
      target: 't',
      targetCloudId: 'ct',
    },
  },
  'clear-reference': {
    kind: 'clear-reference',
    operation: { ...common, kind: 'clear-reference', name: 'manager', before: 'ct' },
  },
  'one member': members(1),
  members: members(4),
  'remove-member': { kind: 'remove-member', operation: { ...common, kind: 'remove-member', member } },
  delete: { kind: 'delete', operation: { ...common, kind: 'delete' } },
} as const satisfies Record<string, Step>;
type StepName = keyof typeof steps;

const failure = (code: ErrorCode, over: Partial<Extract<CloudAnswer, { ok: false }>> = {}): CloudAnswer => ({
  ...{ id: '0', ok: false, code, status: 400, graphCode: null, targets: [], message: code },
  ...{ retryAfterMs: null, isAmbiguous: false, requestId: null },
  ...over,
});
const success = (body?: unknown): CloudAnswer => ({ id: '0', ok: true, status: 200, body, requestId: null });
const calm: SettleContext = { lagUntil: null, failures: 99, now };
const settle = (name: StepName, answer: CloudAnswer, context = calm) =>
  settleStep(steps[name], answer, context);
const names = Object.keys(steps) as StepName[];

/** Rows: steps. Columns: codes in the order of `codes`. i: instead, l: later, r: refused, d: done, p: planned again. */
const codes = [
  ...(['GRAPH_NOT_FOUND', 'GRAPH_CONFLICT', 'GRAPH_FORBIDDEN', 'TARGET_PROTECTED'] as const),
  ...(['GRAPH_INVALID_VALUE', 'GRAPH_CONCURRENCY', 'GRAPH_UNREACHABLE', 'GRAPH_GARBAGE'] as const),
] as const;
const table: Record<StepName, string> = {
  create: 'rirrrlll',
  'find-anchor': 'illlllll',
  'find-deleted': 'llllllll',
  restore: 'prrrrlll',
  patch: 'prrrrlll',
  'patch with account': 'piiiilll',
  'patch of the account': 'prrrrlll',
  'revoke-sessions': 'rrrrrlll',
  'set-reference': 'rrrrrlll',
  'clear-reference': 'drrrrlll',
  'one member': 'irrrrlll',
  members: 'iiiiilll',
  'remove-member': 'drrrrlll',
  delete: 'drrrrlll',
};
const letters: Record<string, Settlement['kind']> = {
  ...{ i: 'instead', l: 'later', r: 'refused', d: 'done', p: 'replan' },
};
const cases = names.flatMap((name) =>
  codes.map((code, index) => [name, code, letters[table[name].charAt(index)]] as const),
);

describe('what becomes of a step that was refused', () => {
  test.each(cases)('%s, %s: %s', (name, code, kind) => {
    expect(settle(name, failure(code)).kind).toBe(kind);
  });

  test.each(names)('%s, throttled or unauthorized: everyone waits', (name) => {
    for (const code of ['GRAPH_THROTTLED', 'GRAPH_UNAUTHORIZED'] as const)
      expect(settle(name, failure(code, { retryAfterMs: 7_000 }))).toMatchObject({
        ...{ kind: 'later', code, waitMs: 7_000, isForAll: true },
      });
  });

  test.each(names)('%s, an answer that may hide an effect: later, for this object alone', (name) => {
    for (const code of ['GRAPH_UNREACHABLE', 'GRAPH_GARBAGE'] as const)
      expect(settle(name, failure(code, { isAmbiguous: true }))).toMatchObject({
        ...{ kind: 'later', code, isForAll: false },
      });
  });

  test.each(['patch', 'delete', 'set-reference', 'revoke-sessions', 'one member'] as const)(
    '%s, not found just after the object was made: replication lag',
    (name) => {
      const lagging = { ...calm, lagUntil: now + 1 };
      expect(settle(name, failure('GRAPH_NOT_FOUND'), lagging).kind).toBe('later');
      expect(settle(name, failure('GRAPH_NOT_FOUND'), { ...calm, lagUntil: now }).kind).not.toBe('later');
    },
  );
});

describe('what stands in place of a refused step', () => {
  const insteadOf = (name: StepName, answer: CloudAnswer): readonly Step[] => {
    const settlement = settle(name, answer);
    return settlement.kind === 'instead' ? settlement.steps : [];
  };

  test('a conflict at a creation looks for our own object first, and keeps what the conflict was about', () => {
    const answer = failure('GRAPH_CONFLICT', { targets: ['userPrincipalName'] });
    expect(insteadOf('create', answer)).toMatchObject([
      { kind: 'find-anchor', conflict: { targets: ['userPrincipalName'] } },
    ]);
  });

  test('a list of members is halved', () => {
    const halves = insteadOf('members', failure('GRAPH_INVALID_VALUE'));
    expect(halves.map((step) => step.kind === 'add-members' && step.operation.members.length)).toEqual([
      2, 2,
    ]);
  });

  test('a refused value does not keep a leaver enabled: the account goes first, alone', () => {
    expect(insteadOf('patch with account', failure('GRAPH_INVALID_VALUE'))).toMatchObject([
      { update: null, account: { kind: 'disable' } },
      { update: { kind: 'update' }, account: null },
    ]);
  });

  test('the value that Graph names goes apart from the others; alone it is refused', () => {
    const change = { before: null, after: 'x' };
    const changes = {
      jobTitle: change,
      usageLocation: change,
      'onPremisesExtensionAttributes.extensionAttribute1': change,
    };
    const step = { kind: 'patch', update: { ...update, changes }, account: null } as const;
    const bad = (...targets: string[]) => settleStep(step, failure('GRAPH_INVALID_VALUE', { targets }), calm);
    expect(bad('usageLocation')).toEqual({
      kind: 'instead',
      steps: [['jobTitle', 'onPremisesExtensionAttributes.extensionAttribute1'], ['usageLocation']].map(
        (names) => ({
          kind: 'patch',
          update: { ...update, changes: Object.fromEntries(names.map((name) => [name, change])) },
          account: null,
        }),
      ),
    });
    expect(bad('onPremisesExtensionAttributes').kind).toBe('instead');
    expect(bad().kind).toBe('refused');
    expect(bad('jobTitle', 'usageLocation', 'extensionAttribute1').kind).toBe('refused');
  });

  test('what is sensitive of a protected user is parted from the ordinary values', () => {
    expect(insteadOf('patch with account', failure('GRAPH_FORBIDDEN'))).toMatchObject([
      { update: { changes: { jobTitle: {} } }, account: null },
      { update: null, account: { kind: 'disable' } },
    ]);
  });
});

describe('what a success means', () => {
  test('who is there already counts as added', () => {
    expect(settle('one member', failure('GRAPH_CONFLICT', { targets: ['members'] }))).toMatchObject({
      ...{ kind: 'done', effects: [{ kind: 'members', isPresent: true }] },
    });
  });

  test('an upsert that answers without a body asks for the id', () => {
    expect(settle('create', success())).toMatchObject({ kind: 'instead', steps: [{ kind: 'find-anchor' }] });
    expect(settle('create', success({ id: 'c9' }))).toMatchObject({
      effects: [{ kind: 'linked', cloudId: 'c9', isNew: true, values: { jobTitle: 'x' } }],
    });
  });

  test('an object found by its anchor is linked with nothing known, unless Microsoft’s sync owns it', () => {
    expect(settle('find-anchor', success({ value: [{ id: 'c9' }] }))).toMatchObject({
      ...{ kind: 'replan', effects: [{ kind: 'linked', cloudId: 'c9', isNew: false, values: {} }] },
    });
    expect(settle('find-anchor', success({ id: 'c9', onPremisesSyncEnabled: true }))).toMatchObject({
      ...{ kind: 'refused', code: 'TARGET_PROTECTED' },
    });
    expect(settle('find-anchor', success({ value: [] }))).toMatchObject({
      ...{ kind: 'instead', steps: [{ kind: 'find-deleted' }] },
    });
  });

  test('an object found among the deleted is restored; not found, it is made', () => {
    expect(settle('find-deleted', success({ value: [{ id: 'c9' }] }))).toMatchObject({
      ...{ kind: 'replan', effects: [{ kind: 'linked', cloudId: 'c9' }, { kind: 'deleted' }] },
    });
    expect(settle('find-deleted', success({ value: [] }))).toMatchObject({ steps: [{ kind: 'create' }] });
  });

  test('disabling owes a revocation, enabling and revoking owe none', () => {
    const effects = (step: Step) => {
      const settlement = settleStep(step, success(), calm);
      return settlement.kind === 'done' ? settlement.effects : [];
    };
    expect(effects(steps['patch of the account'])).toContainEqual({ kind: 'sessions', areOwed: true });
    expect(effects({ kind: 'patch', update: null, account: { ...disable, kind: 'enable' } })).toContainEqual({
      ...{ kind: 'sessions', areOwed: false },
    });
    expect(effects(steps['revoke-sessions'])).toEqual([{ kind: 'sessions', areOwed: false }]);
  });
});
