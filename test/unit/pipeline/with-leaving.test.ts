import { expect, test } from 'vitest';
import type { Link } from '../../../shared/model/link.ts';
import { planObject, type ObjectPlan } from '../../../shared/plan/plan-object.ts';
import { withLeaving } from '../../../shared/plan/with-leaving.ts';
import { emptyObject } from '../../../shared/fold/fold-object.ts';
import type { Projection } from '../../../shared/rules/projection.ts';

const gone: Link = {
  sync: 'users',
  cloudId: 'c1',
  cloudClass: 'user',
  anchor: 'a',
  linkedAt: 0,
  applied: { displayName: 'ada', accountEnabled: false },
  appliedReferences: {},
  state: 'live',
  leaving: { cause: 'left-scope', since: 1_000 },
  deletedAt: null,
  lagUntil: null,
};
const projection: Extract<Projection, { kind: 'in' }> = {
  kind: 'in',
  clauses: [],
  anchor: 'a',
  values: { displayName: 'ada' },
  createOnly: {},
  references: {},
  members: null,
  holdCreate: null,
  isResourceMailbox: false,
  problems: [],
  reviewAt: null,
};

function plan(link: Link, over: Partial<typeof projection> | 'out' = {}, now = 10_000): ObjectPlan {
  return planObject({
    sync: {
      name: 'users',
      targetClass: 'user',
      lifecycle: {
        disabled: { action: 'disable', revokeSessions: false },
        leftScope: { action: 'disable', deleteAfterMs: 5_000 },
        deleted: { action: 'disable', deleteAfterMs: 5_000 },
        returned: 'restore',
      },
    },
    staged: emptyObject('aa'),
    link,
    projection: over === 'out' ? { kind: 'out', clauses: [], reviewAt: null } : { ...projection, ...over },
    references: {},
    isAppliedUnknown: false,
    now,
  });
}

test('who could not be enabled in the turn of the return is enabled in a later one', () => {
  const returned = plan(gone);
  const notYet = withLeaving(gone, returned);
  expect(notYet).toMatchObject({ leaving: null, owesEnabling: true });
  if (notYet === null) throw new Error('no link');
  const next = plan(notYet);
  expect(next.operations).toMatchObject([{ kind: 'enable' }]);
  const enabled = withLeaving({ ...notYet, applied: { ...notYet.applied, accountEnabled: true } }, next);
  expect(enabled).not.toHaveProperty('owesEnabling');
});

test('the time of grace of the next leave begins with it', () => {
  const notYet = withLeaving(gone, plan(gone));
  if (notYet === null) throw new Error('no link');
  const again = plan(notYet, 'out', 20_000);
  expect(again).toMatchObject({ operations: [], leaving: { since: 20_000 }, reviewAt: 25_000 });
  expect(withLeaving(notYet, again)).not.toHaveProperty('owesEnabling');
});

test('an account that was made disabled by rule stays so', () => {
  expect(plan(gone, { createOnly: { accountEnabled: false } }).operations).toEqual([]);
});
