import { expect, test } from 'vitest';
import { group, keyIn, user, World } from './world.ts';

// Says that the world below the findings works: what fails there fails because of the finding.
test('a user and a group with that user reach the cloud in a few requests', async () => {
  const world = new World();
  const [ada, staff] = [keyIn('p01', 0), keyIn('p01', 1)];
  await world.fold([user(ada, 'ada'), group(staff, 'staff', [ada])]);
  await world.turns('p01');
  expect((await world.object(ada))?.link?.cloudId).toBe('u-ada');
  expect((await world.member(staff, ada))?.applied).toBe('u-ada');
  expect(world.requests.map(({ method, path }) => `${method} ${path.split('(')[0]}`)).toEqual([
    'POST /users',
    'PATCH /groups',
    expect.stringMatching(/^POST \/groups\/.*\/members\/\$ref$/),
  ]);
});
