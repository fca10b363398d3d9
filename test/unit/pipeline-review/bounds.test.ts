import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { gather } from '../../../functions/pipeline/gather.ts';
import { writeObject } from '../../../functions/pipeline/object-rows.ts';
import { bulkPace } from '../../../functions/pipeline/bulk-pace.ts';
import { purseTokens } from '../../../functions/pipeline/purse-tokens.ts';
import { runSlice } from '../../../functions/pipeline/run-slice.ts';
import { walkStep } from '../../../functions/pipeline/walk-revision.ts';
import { loadWork } from '../../../functions/pipeline/work.ts';
import { foldObject } from '../../../shared/fold/fold-object.ts';
import { newRecord, type ObjectRecord } from '../../../shared/state/object-record.ts';
import { objectsPartition } from '../../../shared/state/keys.ts';
import { tokenPurse } from '../../../shared/state/token-purse.ts';
import { connector, group, keyIn, user, World } from './world.ts';

const [ada, bob, staff] = [keyIn('p01', 0), keyIn('p01', 1), keyIn('p01', 2)];
const place = { connector, partition: 'p01' };
const dayMs = 24 * 3_600_000;

test('a version from the far future is refused, one of a clock that is a little off is taken', async () => {
  const world = new World();
  const version = (ahead: number) => ({ epoch: world.now + ahead, n: 1 });
  await expect(world.fold([user(ada, 'ada')], { version: version(2 * dayMs) })).rejects.toMatchObject({
    code: 'CONTRACT_INVALID',
  });
  const listed = { ...group(staff, 'staff') };
  const link = { added: [ada], removed: [], list: version(2 * dayMs) };
  await expect(world.fold([{ ...listed, links: { member: link } }])).rejects.toMatchObject({
    code: 'CONTRACT_INVALID',
  });
  expect(await world.object(ada)).toBeUndefined();
  await world.fold([user(ada, 'ada')], { version: version(dayMs / 2) });
  expect((await world.object(ada))?.staged.base).not.toBeNull();
});

test('what the bulk lane folds while a turn ends has a turn of its own', async () => {
  const world = new World();
  await world.fold([user(ada, 'ada')]);
  const first = (await world.work('p01'))?.work ?? '';
  // The fold has seen the work that is named; before it writes, that one comes to its end.
  world.tables.before = async (call) => {
    const isFold = call.kind === 'transact' && call.writes.some(({ rowKey }) => rowKey === `o|${bob}`);
    if (!isFold) return;
    world.tables.before = undefined;
    await runSlice(world.pipeline, place, first);
  };
  await world.fold([user(bob, 'bob')], { lane: 'bulk' });
  const work = (await world.work('p01'))?.work;
  expect(work).toEqual(expect.any(String));
  expect(work).not.toBe(first);
  expect(world.works()).toContain(work);
});

test('a walk over objects that have grown large comes to its end', async () => {
  const world = new World();
  await world.fold([user(ada, 'ada')]);
  const version = world.version();
  for (let i = 10; i < 43; i += 1) {
    const key = keyIn('p01', i);
    const attributes = { info: [randomBytes(100_000).toString('base64')] };
    const staged = foldObject(null, { key, attributes }, { version, asked: [] });
    await world.tables.transact('Objects', objectsPartition(connector, 'p01'), [
      writeObject(newRecord(staged), null),
    ]);
  }
  for (let step = 0; step < 20; step += 1) {
    const work = await loadWork(world.pipeline, place);
    if (work === null) throw new Error('no work row');
    if (!(await walkStep(world.pipeline, place, work, await world.pipeline.rules.inForce(0)))) break;
  }
  expect((await world.work('p01'))?.observed).toBe(1);
  const index = (await world.row<ObjectRecord>('p01', `o|${keyIn('p01', 42)}`))?.index;
  expect(index).toEqual(expect.stringMatching(/^i\|2\|/));
});

test('a few tokens left over are filled up', async () => {
  const world = new World();
  const quota = { app: 'a', tenant: 't', writesPer150s: 3_000 };
  const purse = tokenPurse(world.tables, quota);
  const tokens = purseTokens(purse, world.pipeline.clock, bulkPace(quota.writesPer150s));
  expect(await tokens.take(17, 'live')).toEqual({ granted: 17, waitUntil: null });
  expect(await tokens.take(20, 'live')).toEqual({ granted: 20, waitUntil: null });
  // 20 and 20 were drawn, 37 spent.
  expect(await purse.take({ now: world.now, want: 3, priority: 'live' })).toMatchObject({ granted: 3 });
});

test('callers that come while one is under way are served together, and a failure is only theirs', async () => {
  const owner = {};
  const batches: (readonly number[])[] = [];
  let hasFailed = false;
  const handle = async (items: readonly number[]): Promise<void> => {
    batches.push([...items]);
    await new Promise((resolve) => setImmediate(resolve));
    if (items.length > 1 && !hasFailed) {
      hasFailed = true;
      throw new Error('once');
    }
  };
  const all = [1, 2, 3].map((item) => gather(owner, 'row', [item], handle));
  const settled = await Promise.allSettled(all);
  expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected']);
  await gather(owner, 'row', [4], handle);
  expect(batches).toEqual([[1], [2, 3], [4]]);
});
