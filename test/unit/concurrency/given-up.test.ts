import { expect, test } from 'vitest';
import type { CloudRequest } from '../../../shared/model/cloud-request.ts';
import { keyIn, refusal, user, World } from '../pipeline-review/world.ts';

const partition = 'p01';
const ada = keyIn(partition, 0);
const givenUpMs = 20_000;
const aliveMs = 60_000;

/** The first matching request is given up after so long; when the service applies it is nobody's knowledge. */
function giveUp(world: World, is: (request: CloudRequest) => boolean): { startedAt: number | null } {
  const seen: { startedAt: number | null } = { startedAt: null };
  world.intercept = (request) => {
    if (seen.startedAt !== null || !is(request)) return null;
    seen.startedAt = world.now;
    world.now += givenUpMs;
    return refusal(request, { code: 'GRAPH_UNREACHABLE', status: null, isAmbiguous: true });
  };
  return seen;
}

/** Requests with the time they were sent at. */
function timed(world: World): { at: number; request: CloudRequest }[] {
  const all: { at: number; request: CloudRequest }[] = [];
  const before = world.intercept;
  world.intercept = (request) => {
    all.push({ at: world.now, request });
    return before(request);
  };
  return all;
}

test('a value that was given up without an answer may still be applied: a newer one waits until it cannot', async () => {
  const world = new World();
  await world.fold([user(ada, 'ada')]);
  await world.turns(partition);
  world.now += 300_000;
  const first = giveUp(world, ({ method }) => method === 'PATCH');
  const sent = timed(world);
  await world.fold([{ key: ada, attributes: { title: ['Old'] } }]);
  await world.turns(partition, world.pipeline, 1);
  await world.fold([{ key: ada, attributes: { title: ['New'] } }]);
  await world.turns(partition);
  const [old, next, ...more] = sent;
  expect(old?.request.body).toMatchObject({ jobTitle: 'Old' });
  expect(next?.request.body).toMatchObject({ jobTitle: 'New' });
  expect((next?.at ?? 0) - (first.startedAt ?? 0)).toBeGreaterThanOrEqual(aliveMs);
  expect(more).toEqual([]);
  expect(await world.object(ada)).toMatchObject({ attempt: null, link: { applied: { jobTitle: 'New' } } });
});

test('an account whose creation was given up is looked for when it must be there, and not made twice', async () => {
  const world = new World();
  const first = giveUp(world, ({ method, path }) => method === 'POST' && path === '/users');
  const before = world.intercept;
  world.intercept = (request) => {
    // Made just before the service would give it up itself.
    const isMade = first.startedAt !== null && world.now >= first.startedAt + aliveMs - 1;
    if (request.method !== 'GET' || !isMade) return before(request);
    return { id: request.id, ok: true, status: 200, body: { value: [{ id: 'u-ada' }] }, requestId: null };
  };
  await world.fold([user(ada, 'ada')]);
  await world.turns(partition);
  expect(world.requests.filter(({ method, path }) => method === 'POST' && path === '/users')).toHaveLength(1);
  expect((await world.object(ada))?.link?.cloudId).toBe('u-ada');
});

test('what was answered, refused or cut is tried again at once as before', async () => {
  const world = new World();
  await world.fold([user(ada, 'ada')]);
  await world.turns(partition);
  world.now += 300_000;
  let failures = 0;
  world.intercept = (request) =>
    (failures += 1) > 1
      ? null
      : refusal(request, { code: 'GRAPH_UNREACHABLE', status: null, isAmbiguous: true });
  const sent = timed(world);
  await world.fold([{ key: ada, attributes: { title: ['New'] } }]);
  await world.turns(partition);
  expect(sent).toHaveLength(2);
  expect((sent[1]?.at ?? 0) - (sent[0]?.at ?? 0)).toBeLessThan(5_000);
});
