import { expect, test } from 'vitest';
import { carryOutRequest } from '../../../functions/operator/carry-out-request.ts';
import type { StoredRequest } from '../../../functions/operator/operator-request.ts';
import { foldVanishedKeys } from '../../../functions/pipeline/fold-readings.ts';
import type { Hold } from '../../../shared/guard/hold.ts';
import { connector, keyIn, user, World, type WorldOptions } from './world.ts';

/** What a probe did not find is held; what is heard of it afterwards decides, and no longer a person. */

const people = [0, 1, 2].map((number) => keyIn('p01', number));
const [ann = '', bob = '', cid = ''] = people;

/** Three in the cloud, of whom a probe then finds so many neither alive nor deleted. */
async function vanished(keys: readonly string[], options: WorldOptions = {}): Promise<World> {
  const world = new World(options);
  await world.fold(people.map((key, index) => user(key, `n${index}`)));
  await world.turns('p01');
  world.now += 200_000;
  world.requests.length = 0;
  await foldVanishedKeys(world.pipeline, world.envelope('p01'), {
    version: world.version(),
    keys: [...keys],
  });
  await world.turns('p01');
  return world;
}

const remove = (key: string) => ({ key, deleted: true, attributes: {} });
const holdsOf = async (world: World): Promise<Hold[]> =>
  (await world.tables.range('Holds', connector, { from: '0', to: 'g', limit: 100 })).map(
    ({ data }) => data as Hold,
  );
const disabled = (world: World): number =>
  world.requests.filter(({ body }) => (body as { accountEnabled?: boolean }).accountEnabled === false).length;
const heldLines = async (world: World): Promise<number> =>
  (await world.journal()).filter(({ tags }) => tags['outcome'] === 'held').length;

async function decide(world: World, kind: 'approve' | 'reject'): Promise<void> {
  const holds = (await holdsOf(world)).map(({ hash }) => hash);
  const data: StoredRequest = { kind, by: 'op', at: world.now, holds };
  await world.tables.transact('Requests', connector, [{ kind: 'upsert', rowKey: 'r1', content: { data } }]);
  await carryOutRequest(world.pipeline, { connector, partition: 'p01' }, 'r1');
  await world.turns('p01');
}

test('what is found neither alive nor deleted is held, whatever else is heard of it', async () => {
  const world = await vanished([ann]);
  expect(await holdsOf(world)).toMatchObject([{ operation: 'disable', cause: 'vanished', status: 'held' }]);
  await world.turns('p01');
  expect(disabled(world)).toBe(0);
  expect(await heldLines(world)).toBe(1);
});

test('its tombstone is a certain deletion: it is disabled at once, and the hold closes', async () => {
  const world = await vanished([ann]);
  await world.fold([remove(ann)]);
  await world.turns('p01');
  expect(disabled(world)).toBe(1);
  expect(await holdsOf(world)).toMatchObject([{ cause: 'vanished', status: 'overtaken' }]);
  expect((await world.object(ann))?.holds).toEqual([]);
});

test('certain deletions beyond their budget are held because of that, which is told', async () => {
  const world = await vanished(people, { disableBudget: 1 });
  await world.fold(people.map(remove));
  await world.turns('p01');
  expect(disabled(world)).toBe(1);
  const holds = await holdsOf(world);
  const open = holds.filter(({ status }) => status === 'held');
  expect(open.map(({ cause, message }) => [cause, /1 of 1 spent/.test(message)])).toEqual([
    ['budget', true],
    ['budget', true],
  ]);
  // Three as vanished, two because of the budget.
  expect(await heldLines(world)).toBe(5);
  // A person who approves one sees what it is held for.
  await decide(world, 'approve');
  expect(disabled(world)).toBe(3);
});

test('a rejection stands when the tombstone comes', async () => {
  const world = await vanished([bob]);
  await decide(world, 'reject');
  await world.fold([remove(bob)]);
  await world.turns('p01');
  expect(disabled(world)).toBe(0);
  expect(await holdsOf(world)).toMatchObject([{ status: 'rejected' }]);
});

test('what exceeded a budget waits for a person still, after it had vanished for a while', async () => {
  const world = await vanished([], { disableBudget: 1 });
  const leave = [ann, bob].map((key) => ({ key, attributes: { userAccountControl: ['514'] } }));
  await world.fold(leave);
  await world.turns('p01');
  const [held] = await holdsOf(world);
  expect(held).toMatchObject({ cause: 'budget', status: 'held' });
  const key = held?.key ?? '';
  await foldVanishedKeys(world.pipeline, world.envelope('p01'), { version: world.version(), keys: [key] });
  await world.turns('p01');
  // The budget has room again.
  world.now += 2 * 86_400_000;
  await world.fold(leave);
  await world.turns('p01');
  expect(disabled(world)).toBe(1);
  expect(cid).not.toBe(key);
});

test('an approval that was given while it was vanished is good for the certain deletion', async () => {
  const world = await vanished([ann], { disableBudget: 1 });
  await decide(world, 'approve');
  expect(disabled(world)).toBe(1);
  expect(await holdsOf(world)).toMatchObject([{ status: 'spent' }]);
  await world.fold([remove(ann)]);
  await world.turns('p01');
  expect(disabled(world)).toBe(1);
});
