import { expect, test } from 'vitest';
import { group, keyIn, refusal, user, World } from '../pipeline-review/world.ts';

const partition = 'p01';
const crew = keyIn(partition, 0);
const people = Array.from({ length: 40 }, (_, index) => keyIn(partition, index + 1));
const lagMs = 60_000;

test('a list of members is not taken apart while Graph does not show its group yet', async () => {
  const world = new World();
  await world.fold(people.slice(0, 20).map((key, index) => user(key, `n${index}`)));
  await world.fold(people.slice(20).map((key, index) => user(key, `n${index + 20}`)));
  await world.turns(partition);
  world.now += 600_000;
  await world.fold([group(crew, 'crew', people)]);
  const madeAt = world.now;
  world.intercept = (request) => {
    const isHidden = request.path.startsWith('/groups/') && world.now < madeAt + lagMs;
    return isHidden ? refusal(request, {}) : null;
  };
  world.requests.length = 0;
  await world.turns(partition, world.pipeline, 200);
  const added = world.requests.filter(({ body }) => JSON.stringify(body ?? {}).includes('directoryObjects'));
  // Two lists of twenty, tried again after 1, 2, 4 and then every 5 seconds.
  expect(added.length).toBeLessThan(2 * 20);
  const members = await Promise.all(people.map((key) => world.member(crew, key)));
  expect(members.every((member) => member?.applied?.startsWith('u-n') === true)).toBe(true);
});
