import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from './support/cloud.ts';
import { groupRead, keyOf, userRead } from './support/relay.ts';
import { startScene, type CloudObject, type Scene } from './support/scene.ts';

/** Graph shows what was made only a minute later, to reads and to whoever refers to it. */
let scene: Scene;
const lagMs = 60_000;
const longMs = 300_000;

beforeAll(async () => {
  scene = await startScene({ graphArguments: ['--lag', String(lagMs)] });
}, 300_000);
afterAll(async () => scene.stop());

test('managers and members arrive all the same, for a bounded number of requests', async () => {
  const boss = 'boss';
  const people = Array.from({ length: 24 }, (_, index) => `worker${index}`);
  const everyone = [boss, ...people];
  await scene.relay.changes([
    userRead(boss),
    ...people.map((name) => {
      const read = userRead(name);
      return { ...read, attributes: { ...read.attributes, manager: [{ r: keyOf(boss) }] } };
    }),
    groupRead('crew', everyone),
    groupRead('outer', ['crew', boss]),
  ]);
  const cloud = async () =>
    (await scene.cloud.graphObjects()) as {
      users: CloudObject[];
      groups: (CloudObject & { members: string[] })[];
    };
  await eventually(
    'all managers and members are there',
    async () => {
      const { users, groups } = await cloud();
      const chief = users.find(({ displayName }) => displayName === `User ${boss}`);
      const crew = groups.find(({ displayName }) => displayName === 'Group crew');
      const outer = groups.find(({ displayName }) => displayName === 'Group outer');
      const areManaged = users.filter(({ manager }) => manager === chief?.id).length === people.length;
      return areManaged && crew?.members.length === everyone.length && outer?.members.length === 2;
    },
    longMs,
  );
  await Promise.all([...everyone, 'crew', 'outer'].map((name) => scene.settled(name)));
  const entries = (await scene.cloud.graphLog()).filter(({ path }) => !path.endsWith('/$batch'));
  const refused = entries.filter(({ status }) => status >= 400);
  // 25 users, 2 groups, 24 managers, and 25 and 2 members in 3 writes.
  const needed = everyone.length + 2 + people.length + 3;
  const made = entries.filter(({ effective }) => effective).length;
  console.log(`${entries.length} requests for ${needed} that were needed; ${refused.length} were refused`);
  expect(made).toBeGreaterThanOrEqual(needed);
  expect(entries.length - needed).toBeLessThan(needed * 15);
}, 500_000);
