import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ObjectChange } from '../../../shared/contracts/change-set.v1.ts';
import { partitionOf } from '../../../shared/model/partition.ts';
import { connector, group, keyIn, memberChange, user, World } from '../pipeline-review/world.ts';
import { quietly } from './quietly.ts';
import { membershipsIn } from './memberships-in.ts';

/** Users and groups of two partitions; the last user never arrives. */
const users = [keyIn('p01', 0), keyIn('p02', 0), keyIn('p01', 1), keyIn('p02', 1)];
const groups = [keyIn('p01', 2), keyIn('p02', 2), keyIn('p01', 3)];
const never = users[3] ?? '';
const everyone = [...users, ...groups];

interface Arrival {
  readonly change: ObjectChange;
  readonly lane: 'live' | 'bulk';
  /** A turn of the partition comes between this message and the next. */
  readonly isTurn: boolean;
}

const scene = fc
  .record({
    edges: fc.uniqueArray(fc.tuple(fc.nat(groups.length - 1), fc.nat(everyone.length - 1)), {
      maxLength: 12,
      selector: ([from, to]) => `${from}-${to}`,
    }),
    isLater: fc.array(fc.boolean(), { minLength: 12, maxLength: 12 }),
    removed: fc.array(fc.boolean(), { minLength: 12, maxLength: 12 }),
  })
  .chain(({ edges, isLater, removed }) => {
    // No group in itself: Graph refuses it. Rings of two and more are left in.
    const memberships = edges
      .map(([from, to]) => ({ group: groups[from] ?? '', member: everyone[to] ?? '' }))
      .filter((one) => one.group !== one.member);
    const changes: ObjectChange[] = [
      ...users.filter((key) => key !== never).map((key) => user(key, nameOf(key))),
      ...groups.map((key) => {
        const members = memberships.filter((one, index) => one.group === key && isLater[index] !== true);
        return group(
          key,
          nameOf(key),
          members.map((one) => one.member),
        );
      }),
      ...memberships.flatMap((one, index) =>
        isLater[index] === true ? [memberChange(one.group, [one.member])] : [],
      ),
    ];
    const taken = memberships.filter((_, index) => removed[index] === true);
    return fc.record({
      memberships: fc.constant(memberships.filter((one) => !taken.includes(one))),
      taken: fc.constant(taken),
      order: fc.shuffledSubarray(changes, { minLength: changes.length, maxLength: changes.length }),
      lanes: fc.array(fc.constantFrom('live', 'bulk'), { minLength: 30, maxLength: 30 }),
      turns: fc.array(fc.boolean(), { minLength: 30, maxLength: 30 }),
    });
  });

const nameOf = (key: string): string => `n${everyone.indexOf(key)}`;

test('a group and its members arrive in any order, nested and in rings: all who are there are in', async () => {
  await fc.assert(
    fc.asyncProperty(scene, async ({ memberships, taken, order, lanes, turns }) => {
      const world = new World();
      const arrivals = order.map((change, index): Arrival => ({
        change,
        lane: lanes[index] ?? 'live',
        isTurn: turns[index] ?? false,
      }));
      for (const { change, lane, isTurn } of arrivals) {
        await world.fold([change], { lane });
        if (isTurn) await world.turns(partitionOf(connector, change.key), world.pipeline, 1);
      }
      for (const { group: key, member } of taken) await world.fold([memberChange(key, [], [member])]);
      await quietly(world, ['p01', 'p02']);
      const wanted = memberships.filter(({ member }) => member !== never);
      const lines = (some: readonly { group: string; member: string }[]) =>
        some.map((one) => `${nameOf(one.group)}<${nameOf(one.member)}`).sort();
      const found = await membershipsIn(world, groups, everyone);
      expect(lines(found)).toEqual(lines(wanted));
      // One creation an object, and at most one write for each membership that was ever wanted.
      const creations = world.requests.filter(({ method, path }) => method === 'POST' && path === '/users');
      expect(creations).toHaveLength(users.length - 1);
    }),
    { numRuns: 25 },
  );
}, 60_000);
