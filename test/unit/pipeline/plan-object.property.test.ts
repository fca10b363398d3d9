import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Link } from '../../../shared/model/link.ts';
import { applyEffect } from '../../../shared/plan/apply-effects.ts';
import type { OperationKind } from '../../../shared/plan/operation.ts';
import { planObject, type PlanInput } from '../../../shared/plan/plan-object.ts';
import { settleStep } from '../../../shared/plan/settle-step.ts';
import { stepsOf } from '../../../shared/plan/step.ts';
import { emptyObject } from '../../../shared/fold/fold-object.ts';

const now = 1_800_000_000_000;
const staged = {
  ...emptyObject('a1b2c3d4e5f60718293a4b5c6d7e8f90'),
  life: { version: { epoch: now, n: 1 }, isDeleted: false },
};

const value = fc.option(fc.constantFrom('x', 'y', ''), { nil: null });
const values = fc.record(
  {
    jobTitle: value,
    department: value,
    userPrincipalName: fc.constant('a@contoso.com'),
    accountEnabled: fc.boolean(),
  },
  { requiredKeys: ['userPrincipalName'] },
);
const leaveRule = fc.oneof(
  fc.record({ action: fc.constant('disable' as const), deleteAfterMs: fc.constantFrom(null, 0, 5_000) }),
  fc.record({ action: fc.constant('delete' as const), deleteAfterMs: fc.constantFrom(0, 5_000) }),
  fc.constant({ action: 'keep' as const, deleteAfterMs: null }),
);
const lifecycle = fc.record({
  disabled: fc.record({
    action: fc.constantFrom('disable' as const, 'keep' as const),
    revokeSessions: fc.boolean(),
  }),
  leftScope: leaveRule,
  deleted: leaveRule,
  returned: fc.constantFrom('restore' as const, 'create' as const),
});
const flag = fc.option(fc.constant(true as const), { nil: undefined });
const link: fc.Arbitrary<Link> = fc
  .record({
    applied: fc.record(
      { jobTitle: value, department: value, accountEnabled: fc.boolean() },
      { requiredKeys: [] },
    ),
    manager: fc.option(fc.constantFrom('m1', 'm2'), { nil: undefined }),
    state: fc.constantFrom('live' as const, 'deleted' as const),
    leaving: fc.option(
      fc.record({
        cause: fc.constantFrom('left-scope' as const, 'deleted' as const),
        since: fc.constantFrom(now - 10_000, now - 1_000),
      }),
      { nil: null },
    ),
    isFound: flag,
    owesRevocation: flag,
  })
  .map(({ manager, isFound, owesRevocation, ...one }) => ({
    ...one,
    sync: 'users',
    cloudId: 'c1',
    cloudClass: 'user',
    anchor: 'anchor',
    linkedAt: now - 20_000,
    appliedReferences: manager === undefined ? {} : { manager },
    deletedAt: one.state === 'deleted' ? now - 500 : null,
    lagUntil: null,
    ...(isFound === undefined ? {} : { isFound }),
    ...(owesRevocation === undefined ? {} : { owesRevocation }),
  }));
const projection: fc.Arbitrary<PlanInput['projection']> = fc.oneof(
  fc.constant(null),
  fc.constant({ kind: 'out' as const, clauses: [], reviewAt: null }),
  fc.record({ values, isResourceMailbox: fc.boolean() }).map((one) => ({
    ...one,
    kind: 'in' as const,
    clauses: [],
    anchor: 'anchor',
    createOnly: { employeeType: 'Employee' },
    references: {},
    members: null,
    holdCreate: null,
    problems: [],
    reviewAt: null,
  })),
);
const input: fc.Arbitrary<PlanInput> = fc.record({
  sync: lifecycle.map((one) => ({ name: 'users', targetClass: 'user' as const, lifecycle: one })),
  staged: fc.constant(staged),
  link: fc.option(link, { nil: null }),
  projection,
  references: fc.constantFrom(
    {},
    { manager: null },
    { manager: { targetKey: 'k1', cloudId: 'm1' } },
    { manager: { targetKey: 'k2', cloudId: null } },
  ),
  isAppliedUnknown: fc.boolean(),
  now: fc.constant(now),
});

/** Every step of a plan answered with success, in order, as the pipeline takes it into the link. */
function carriedOut(question: PlanInput): Link | null {
  const plan = planObject(question);
  let after = question.link;
  for (const step of stepsOf(plan.operations)) {
    const body = step.kind === 'create' ? { id: 'new' } : undefined;
    const settlement = settleStep(
      step,
      { id: '0', ok: true, status: 200, body, requestId: null },
      { lagUntil: null, failures: 0, now },
    );
    expect(settlement.kind).toBe('done');
    if (settlement.kind !== 'done') continue;
    for (const effect of settlement.effects)
      after = applyEffect(after, effect, { sync: 'users', cloudClass: 'user', anchor: 'anchor', now });
  }
  return after === null ? null : { ...after, leaving: plan.leaving };
}

test('a plan that was carried out in full leaves nothing to plan', () => {
  fc.assert(
    fc.property(input, (question) => {
      const after = carriedOut(question);
      const again = planObject({ ...question, link: after, isAppliedUnknown: false });
      expect(again.operations).toEqual([]);
    }),
    { numRuns: 3_000 },
  );
});

/** An update repeats the disable of an attempt whose outcome is unknown: it was counted already. */
const leavingKinds: readonly OperationKind[] = ['disable', 'revoke-sessions', 'delete', 'update'];

test('nothing but a creation or a restoration touches what is not live, and what belongs is never deleted', () => {
  fc.assert(
    fc.property(input, (question) => {
      const kinds = planObject(question).operations.map((operation) => operation.kind);
      if (question.link === null)
        expect(kinds.every((kind) => kind === 'create' || kind === 'set-reference')).toBe(true);
      if (question.link?.state === 'deleted' && kinds.length > 0)
        expect(kinds[0]).toMatch(/^(create|restore)$/);
      if (question.projection?.kind === 'in') expect(kinds).not.toContain('delete');
      else expect(kinds.filter((kind) => !leavingKinds.includes(kind))).toEqual([]);
    }),
    { numRuns: 2_000 },
  );
});

test('who is disabled is thrown out in the end, whenever a turn ends in between', () => {
  fc.assert(
    fc.property(input, fc.nat(4), (question, cut) => {
      const plan = planObject(question);
      if (!plan.operations.some((operation) => operation.kind === 'revoke-sessions')) return;
      let after = question.link;
      for (const step of stepsOf(plan.operations).slice(0, cut)) {
        const body = step.kind === 'create' ? { id: 'new' } : undefined;
        const answer = { id: '0', ok: true, status: 200, body, requestId: null } as const;
        const settlement = settleStep(step, answer, { lagUntil: null, failures: 0, now });
        if (settlement.kind !== 'done') continue;
        for (const effect of settlement.effects)
          after = applyEffect(after, effect, { sync: 'users', cloudClass: 'user', anchor: 'anchor', now });
      }
      const isRevoked = stepsOf(plan.operations)
        .slice(0, cut)
        .some((step) => step.kind === 'revoke-sessions');
      const next = planObject({ ...question, link: after, isAppliedUnknown: false });
      const isPlanned = next.operations.some((operation) => operation.kind === 'revoke-sessions');
      expect(isRevoked || isPlanned).toBe(true);
    }),
    { numRuns: 3_000 },
  );
});
