import { expect, test } from 'vitest';
import { keyIn, user } from '../pipeline-review/world.ts';
import { deletesAtOnce, NamesWorld } from '../names/names-world.ts';

const ada = keyIn('p01', 0);

test('who is restored gets its values a moment later, when Graph’s replicas know it', async () => {
  const names = new NamesWorld(deletesAtOnce);
  await names.create(ada, 'ada');
  await names.drive(5_000);
  await names.tombstone(ada);
  await names.drive(5_000);
  expect([...names.users.values()]).toMatchObject([{ isDeleted: true }]);
  const { world } = names;
  const sentAt: [string, number][] = [];
  const answer = world.intercept;
  world.intercept = (request) => {
    if (request.method !== 'GET') sentAt.push([request.method, world.now]);
    return answer(request);
  };
  await names.fold({ key: ada, deleted: false, attributes: {} });
  const back = user(ada, 'ada');
  await names.fold({ ...back, attributes: { ...back.attributes, title: ['Engineer'] } });
  const since = world.now;
  await names.drive(10_000);
  expect([...names.users.values()]).toMatchObject([{ isDeleted: false, values: { jobTitle: 'Engineer' } }]);
  expect(sentAt).toEqual([
    ['POST', since],
    ['PATCH', since + 1_000],
  ]);
});
