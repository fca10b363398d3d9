import { expect, test } from 'vitest';
import type { ObjectChange } from '../../../shared/contracts/change-set.v1.ts';
import { partitionOf } from '../../../shared/model/partition.ts';
import { connector, group, keyIn, user, World } from '../pipeline-review/world.ts';

const [ada, bob, crew] = [keyIn('p01', 0), keyIn('p01', 1), keyIn('p01', 2)];
const eve = keyIn('p02', 0);
const bulk = { lane: 'bulk' } as const;

async function imported(objects: readonly ObjectChange[]): Promise<World> {
  const world = new World();
  for (const one of objects) await world.fold([one], bulk);
  return world;
}

const memberWrites = (world: World): number =>
  world.requests.filter(({ body }) => JSON.stringify(body ?? {}).includes('directoryObjects')).length;

/** Ms until ada is in the group; turns go on for as long as something is due. */
async function msUntilIn(world: World): Promise<number> {
  const began = world.now;
  for (let turn = 0; turn < 100; turn += 1) {
    await world.turns('p01', world.pipeline, 1);
    if ((await world.member(crew, ada))?.applied === 'u-ada') return world.now - began;
  }
  throw new Error('ada is not in the group');
}

test.each<[string, ObjectChange]>([
  ['is deleted already', { key: bob, attributes: {}, deleted: true }],
  [
    'is out of scope',
    user(bob, 'bob', { attributes: { ...user(bob, 'bob').attributes, info: ['left out'] } }),
  ],
  ['has a class that no rule maps', user(bob, 'bob', { class: 'computer' })],
])('the rest of a new group does not wait for a member that %s', async (_what, other) => {
  const world = await imported([user(ada, 'ada'), other, group(crew, 'crew', [ada, bob])]);
  expect(await msUntilIn(world)).toBeLessThan(15_000);
});

test('a member that nothing has been read about is waited for as long as an import takes to bring it, not longer', async () => {
  const world = await imported([user(ada, 'ada'), group(crew, 'crew', [ada, bob])]);
  const ms = await msUntilIn(world);
  expect(ms).toBeGreaterThan(20_000);
  expect(ms).toBeLessThan(60_000);
});

test('a member that is about to be made is waited for: both go in one write', async () => {
  const world = await imported([user(ada, 'ada'), user(eve, 'eve'), group(crew, 'crew', [ada, eve])]);
  expect(partitionOf(connector, eve)).toBe('p02');
  await world.turns('p01', world.pipeline, 5);
  expect(await world.member(crew, ada)).toMatchObject({ applied: null, pending: 'ready' });
  await world.turns('p02');
  await world.turns('p01');
  expect(await world.member(crew, ada)).toMatchObject({ applied: 'u-ada', pending: null });
  expect(await world.member(crew, eve)).toMatchObject({ applied: 'u-eve', pending: null });
  expect(memberWrites(world)).toBe(1);
});
