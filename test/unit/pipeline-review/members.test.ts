import { expect, test } from 'vitest';
import { foldListEnd } from '../../../functions/pipeline/fold-readings.ts';
import { closedList } from '../../../functions/pipeline/pending-members.ts';
import { foldMember, isMember } from '../../../shared/fold/fold-member.ts';
import { foldObject } from '../../../shared/fold/fold-object.ts';
import { closeList, foldListComplete } from '../../../shared/fold/fold-reading.ts';
import { pendingRange } from '../../../shared/state/keys.ts';
import { connector, group, Killed, keyIn, memberChange, refusal, user, World } from './world.ts';

const [ada, staff] = [keyIn('p01', 0), keyIn('p01', 1)];

async function linkedWorld(): Promise<World> {
  const world = new World();
  await world.fold([user(ada, 'ada'), group(staff, 'staff')]);
  await world.turns('p01');
  world.requests.length = 0;
  return world;
}

const isGone = (path: string): boolean => path.startsWith('/groups/');
const isRestore = (path: string): boolean => path.endsWith('/restore');
const isMembersPost = (path: string): boolean => path.endsWith('/members/$ref');
const isMemberDelete = ({ method, path }: { method: string; path: string }): boolean =>
  method === 'DELETE' && path.includes('/members/u-ada/');

test('finding 1: a member whose adding was not recorded is taken out when the directory removes it', async () => {
  const world = await linkedWorld();
  await world.fold([memberChange(staff, [ada])]);
  // The cloud has taken the member; the process dies before it writes that down.
  world.intercept = (request) => {
    if (isMembersPost(request.path)) throw new Killed();
    return null;
  };
  await expect(world.turns('p01')).rejects.toThrow(Killed);
  world.intercept = () => null;
  await world.fold([memberChange(staff, [], [ada])]);
  world.now += 70_000;
  await world.turns('p01');
  expect(world.requests.some(isMemberDelete)).toBe(true);
});

test('finding 1: a member whose taking out was not recorded is added when the directory has it again', async () => {
  const world = await linkedWorld();
  await world.fold([memberChange(staff, [ada])]);
  await world.turns('p01');
  await world.fold([memberChange(staff, [], [ada])]);
  world.intercept = (request) => {
    if (isMemberDelete(request)) throw new Killed();
    return null;
  };
  await expect(world.turns('p01')).rejects.toThrow(Killed);
  world.requests.length = 0;
  // What is to be made certain is not forgotten because Graph asks to wait in between.
  let isThrottled = true;
  world.intercept = (request) => {
    if (!isThrottled) return null;
    isThrottled = false;
    return refusal(request, { code: 'GRAPH_THROTTLED', status: 429, retryAfterMs: 5_000 });
  };
  await world.fold([memberChange(staff, [ada])]);
  world.now += 70_000;
  await world.turns('p01');
  expect(isThrottled).toBe(false);
  expect(world.requests.filter(({ path }) => isMembersPost(path))).toHaveLength(1);
  expect(await world.member(staff, ada)).toMatchObject({ applied: 'u-ada', pending: null });
  expect((await world.object(staff))?.attempt).toBe(null);
});

test('finding 1b: who lost an object to another holder does not write down what it did to members', async () => {
  const world = await linkedWorld();
  await world.fold([memberChange(staff, [ada])]);
  world.intercept = async (request) => {
    if (!isMembersPost(request.path)) return null;
    // While the answer is on its way the process is stopped, and another one takes the group over and ends in peace.
    world.intercept = () => null;
    world.now += 70_000;
    await world.fold([memberChange(staff, [], [ada])]);
    await world.turns('p01');
    return null;
  };
  await world.turns('p01', world.pipeline, 1);
  expect((await world.member(staff, ada))?.applied).toBe(null);
});

test('finding 2: a member added again by the bulk lane while its removal is under way is added again', async () => {
  const world = await linkedWorld();
  await world.fold([memberChange(staff, [ada])]);
  await world.turns('p01');
  await world.fold([memberChange(staff, [], [ada])]);
  world.intercept = async (request) => {
    if (isMemberDelete(request)) await world.fold([memberChange(staff, [ada])], { lane: 'bulk' });
    return null;
  };
  world.requests.length = 0;
  await world.turns('p01');
  world.now += 3_600_000;
  await world.turns('p01');
  expect(world.requests.map(({ method }) => method)).toEqual(['DELETE', 'POST']);
});

test('finding 3: what a closed list no longer shows is removed although the process dies while marking it', async () => {
  const world = await linkedWorld();
  await world.fold([memberChange(staff, [ada])]);
  await world.turns('p01');
  const list = world.version();
  await foldListEnd(world.pipeline, world.envelope('p01'), {
    key: staff,
    attribute: 'member',
    version: list,
    total: 0,
  });
  let isClosed = false;
  world.tables.after = async () => {
    if (!isClosed && (await peek(world, staff))) {
      isClosed = true;
      throw new Killed();
    }
  };
  await expect(world.turns('p01')).rejects.toThrow(Killed);
  world.tables.after = undefined;
  world.requests.length = 0;
  world.now += 70_000;
  await world.turns('p01');
  expect(world.requests.some(isMemberDelete)).toBe(true);
});

/** Whether the stored list is closed, without calling the hooks again. */
async function peek(world: World, key: string): Promise<boolean> {
  const { after } = world.tables;
  world.tables.after = undefined;
  const list = (await world.object(key))?.staged.lists['member'];
  world.tables.after = after;
  return list?.isClosed === true;
}

test('finding 4: a member is not left waiting when its target is linked between look and note', async () => {
  const world = new World();
  const bob = keyIn('p02', 0);
  await world.fold([group(staff, 'staff', [bob])]);
  await world.fold([user(bob, 'bob')]);
  // The group's slice has looked for bob in vain; before it notes that, bob's partition creates and wakes.
  let isBobDone = false;
  world.tables.before = async (call) => {
    const isNote =
      call.kind === 'transact' &&
      call.writes.some(({ rowKey }) => rowKey.startsWith(pendingRange(staff, 'waiting').from));
    if (!isNote || isBobDone) return;
    isBobDone = true;
    await world.turns('p02');
  };
  await world.turns('p01');
  world.now += 3_600_000;
  await world.turns('p01');
  expect(isBobDone).toBe(true);
  expect((await world.member(staff, bob))?.applied).toBe('u-bob');
});

test('finding 4b: a target linked between look and note is not forgotten when the write has to wait', async () => {
  const world = new World();
  const bob = keyIn('p02', 0);
  await world.fold([group(staff, 'staff', [bob])]);
  await world.fold([user(bob, 'bob')]);
  let isBobDone = false;
  world.tables.before = async (call) => {
    const isNote =
      call.kind === 'transact' &&
      call.writes.some(({ rowKey }) => rowKey.startsWith(pendingRange(staff, 'waiting').from));
    if (!isNote || isBobDone) return;
    isBobDone = true;
    await world.turns('p02');
  };
  let isThrottled = true;
  world.intercept = (request) => {
    if (!isThrottled || !isMembersPost(request.path)) return null;
    isThrottled = false;
    return refusal(request, { code: 'GRAPH_THROTTLED', status: 429, retryAfterMs: 5_000 });
  };
  await world.turns('p01');
  for (let hour = 0; hour < 3; hour += 1) {
    world.now += 3_600_000;
    await world.turns('p01');
  }
  expect(isThrottled).toBe(false);
  expect((await world.member(staff, bob))?.applied).toBe('u-bob');
});

test('finding 8: a group that is made anew gets its members again', async () => {
  const world = await linkedWorld();
  await world.fold([memberChange(staff, [ada])]);
  await world.turns('p01');
  world.requests.length = 0;
  world.now += 3_600_000;
  world.intercept = (request) =>
    (request.method === 'PATCH' && isGone(request.path)) || isRestore(request.path)
      ? refusal(request, {})
      : null;
  await world.fold([{ key: staff, attributes: { displayName: ['Everybody'] } }]);
  await world.turns('p01');
  expect(world.requests.some(({ path }) => path.startsWith('/groups(uniqueName='))).toBe(true);
  expect(world.requests.some(({ path }) => isMembersPost(path))).toBe(true);
});

test('finding 10: a member that is gone in the cloud does not keep the others of its group out', async () => {
  const world = new World();
  const people = Array.from({ length: 30 }, (_, i) => keyIn('p01', i + 10));
  await world.fold(people.slice(0, 15).map((key, i) => user(key, `n${i}`)));
  await world.fold(people.slice(15).map((key, i) => user(key, `n${i + 15}`)));
  await world.fold([group(staff, 'staff')]);
  await world.turns('p01');
  world.now += 3_600_000;
  world.intercept = (request) =>
    request.method !== 'GET' && JSON.stringify(request.body).includes('/u-n0"') ? refusal(request, {}) : null;
  await world.fold([memberChange(staff, people)]);
  await world.turns('p01');
  for (let round = 0; round < 10; round += 1) {
    world.now += 120_000;
    await world.turns('p01');
  }
  const applied = await Promise.all(
    people.map(async (key) => (await world.member(staff, key))?.applied ?? null),
  );
  expect(applied.filter((one) => one !== null)).toHaveLength(29);
});

test('finding 28: a group that is gone in the cloud is noticed when only its members change', async () => {
  const world = await linkedWorld();
  const [bob, cyd] = [keyIn('p01', 2), keyIn('p01', 3)];
  await world.fold([user(bob, 'bob'), user(cyd, 'cyd')]);
  await world.turns('p01');
  world.now += 3_600_000;
  world.intercept = (request) =>
    isGone(request.path) || isRestore(request.path) ? refusal(request, {}) : null;
  await world.fold([memberChange(staff, [ada, bob, cyd])]);
  for (let hour = 0; hour < 24; hour += 1) {
    await world.turns('p01');
    world.now += 3_600_000;
  }
  expect(world.requests.some(({ path }) => path.startsWith('/groups(uniqueName='))).toBe(true);
});

test('finding 18: a list whose values never all arrive is given up', async () => {
  const world = await linkedWorld();
  const version = world.version();
  await foldListEnd(world.pipeline, world.envelope('p01'), {
    key: staff,
    attribute: 'member',
    version,
    total: 5,
  });
  for (let minute = 0; minute < 24 * 60; minute += 10) {
    world.now += 600_000;
    await world.turns('p01');
  }
  const rows = await world.tables.range('Objects', `${connector}|p01`, { from: 'i|0', to: 'i|9' });
  expect(rows).toEqual([]);
});

test('finding 20: who was left out of a closed list does not count again because a newer list is begun', () => {
  const version = (n: number) => ({ epoch: 1, n });
  const change = {
    key: staff,
    attributes: {},
    links: { member: { added: [], removed: [], list: version(2) } },
  };
  const closed = closeList(
    foldListComplete(foldObject(null, change, { version: version(2), asked: [] }), {
      key: staff,
      attribute: 'member',
      version: version(2),
      total: 0,
    }),
    'member',
    version(2),
  );
  const silent = foldMember(null, { version: version(1), isPresent: true });
  expect(isMember(silent, closed.floor, closedList(closed))).toBe(false);
  const begun = { ...change, links: { member: { added: [], removed: [], list: version(3) } } };
  const next = foldObject(closed, begun, { version: version(3), asked: [] });
  expect(isMember(silent, next.floor, closedList(next))).toBe(false);
});
