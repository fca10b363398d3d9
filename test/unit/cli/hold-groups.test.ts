import { describe, expect, test } from 'vitest';
import { groupsText, holdsText, type LabelledHold } from '../../../cli/commands/holds-list.ts';
import { groupHolds, isMeant, kindsOf } from '../../../cli/state/hold-groups.ts';
import { plain } from '../../../cli/text/paint.ts';

const now = Date.UTC(2026, 10, 23, 12, 0, 0);
const hour = 3_600_000;

const hold = (over: Partial<LabelledHold>): LabelledHold => ({
  hash: '0f3c9a7be2d14c55a860',
  key: '00ff00ff',
  partition: 'p00',
  operation: 'delete',
  sync: 'users',
  cause: 'budget',
  message: '2 of 2 spent',
  heldAt: now - hour,
  status: 'held',
  decidedAt: null,
  decidedBy: null,
  spentBy: null,
  connector: 'corp',
  object: { displayName: 'Ada', account: 'ada@contoso.com', dn: 'CN=ada' },
  ...over,
});
const emptied = (key: string, heldAt: number) =>
  hold({
    key,
    heldAt,
    operation: 'update',
    draw: { budget: 'blank', path: 'department' },
    message: `at ${heldAt}`,
  });
const removals = (key: string, members: readonly string[]) =>
  hold({
    key,
    operation: 'remove-member',
    sync: 'groups',
    draw: { budget: 'removeMembers', path: null },
    members,
  });

const many = [
  hold({}),
  emptied('a', now - 3 * hour),
  emptied('b', now - 2 * hour),
  removals('g1', ['a', 'b', 'c']),
  removals('g1', ['d']),
  removals('g2', ['a']),
];

describe('many holds', () => {
  test('are told by what is to be decided: how many operations of how many objects, since when, why', () => {
    expect(groupsText(groupHolds(many), now, plain).split('\n')).toEqual([
      'HELD  SYNC    OPERATION          OF         CAUSE   SINCE    WHY (THE LATEST)',
      '5     groups  remove-member      2 objects  budget  1 h ago  2 of 2 spent',
      `2     users   update department  2 objects  budget  3 h ago  at ${now - 2 * hour}`,
      '1     users   delete             1 object   budget  1 h ago  2 of 2 spent',
    ]);
  });

  test('are counted by operations, not by holds', () => {
    expect(kindsOf(many).filter((kind) => kind === 'remove-member')).toHaveLength(5);
    expect(groupHolds(many)[0]).toMatchObject({ holds: 3, operations: 5, objects: 2 });
  });

  test.each([
    [{}, 6],
    [{ sync: 'groups' }, 3],
    [{ operation: 'remove-member', key: 'g1' }, 2],
    [{ property: 'department' }, 2],
    [{ property: 'department', key: 'b' }, 1],
    [{ sync: 'groups', property: 'department' }, 0],
  ])('are narrowed by %j', (filter, expected) => {
    expect(many.filter((one) => isMeant(one, filter))).toHaveLength(expected);
  });
});

test('one hold says what it empties, and how many members it takes out', () => {
  const text = holdsText([emptied('a', now), removals('g1', ['a', 'b'])], 2, now, plain);
  expect(text).toContain('update department  Ada');
  expect(text).toContain('remove-member (2)  Ada');
});
