import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { guardOperations } from '../../../functions/pipeline/guard-operations.ts';
import { writeObject } from '../../../functions/pipeline/object-rows.ts';
import { runSlice } from '../../../functions/pipeline/run-slice.ts';
import { walkStep } from '../../../functions/pipeline/walk-revision.ts';
import { wakeReferrers } from '../../../functions/pipeline/wake-referrers.ts';
import { loadWork } from '../../../functions/pipeline/work.ts';
import { foldObject } from '../../../shared/fold/fold-object.ts';
import { newRecord } from '../../../shared/state/object-record.ts';
import { objectsPartition } from '../../../shared/state/keys.ts';
import { partitionOf } from '../../../shared/model/partition.ts';
import { connector, group, keyIn, outage, refusal, user, World } from './world.ts';

const ada = keyIn('p01', 0);
const place = { connector, partition: 'p01' };

test('finding 12: what upsert-only left of an object is done once the mode is full', async () => {
  const world = new World({ mode: 'upsert-only' });
  await world.fold([user(ada, 'ada')]);
  await world.turns('p01');
  const change = { key: ada, attributes: { title: ['Gone'], userAccountControl: ['514'] } };
  await world.fold([change]);
  await world.turns('p01');
  expect(world.requests.at(-1)).toMatchObject({ method: 'PATCH', body: { jobTitle: 'Gone' } });
  world.requests.length = 0;
  const full = world.withMode('full');
  const work = await loadWork(full, place);
  if (work === null) throw new Error('no work row');
  await walkStep(full, place, work, await full.rules.inForce(0));
  await world.turns('p01', full);
  expect(world.requests).toMatchObject([{ method: 'PATCH', body: { accountEnabled: false } }]);
});

test('finding 13: plan mode journals every object, though many are planned in one millisecond', async () => {
  const world = new World({ mode: 'plan' });
  await world.fold(Array.from({ length: 20 }, (_, i) => user(keyIn('p01', i), `n${i}`)));
  await world.turns('p01');
  const lines = await world.journal();
  expect(lines).toHaveLength(20);
});

test('finding 14: a next turn that could not be announced is announced when the message is handled again', async () => {
  const world = new World();
  await world.fold([user(ada, 'ada')]);
  const work = (await world.work('p01'))?.work ?? '';
  world.intercept = (request) =>
    refusal(request, { code: 'GRAPH_THROTTLED', status: 429, retryAfterMs: 20_000 });
  let isBroken = true;
  world.beforeSend = (messages) => {
    if (!isBroken || !messages.some(({ envelope }) => envelope.kind === 'work')) return;
    isBroken = false;
    throw outage();
  };
  await expect(runSlice(world.pipeline, place, work)).rejects.toThrow('the bus does not answer');
  await runSlice(world.pipeline, place, work);
  expect(world.works()).toContain((await world.work('p01'))?.work);
});

test('finding 15: folding bulk while bulk waits for tokens names no new work', async () => {
  const world = new World();
  await world.fold([user(ada, 'ada')], { lane: 'bulk' });
  world.bulkReadyAt = world.now + 60_000;
  await world.turns('p01', world.pipeline, 1);
  const before = world.works().length;
  for (let page = 1; page <= 10; page += 1) {
    const known = world.works().length;
    world.now += 1_000;
    await world.fold([user(keyIn('p01', page), `n${page}`)], { lane: 'bulk' });
    for (const work of world.works().slice(known)) await runSlice(world.pipeline, place, work);
  }
  expect(world.works().length - before).toBe(0);
});

test('finding 17a: forty leavers at once draw on one budget', async () => {
  const world = new World();
  await world.fold([user(ada, 'ada')]);
  await world.turns('p01');
  const record = await world.object(ada);
  const inForce = await world.pipeline.rules.inForce(0);
  const sync = inForce?.rules.syncs.find(({ name }) => name === 'users');
  if (record === undefined || sync === undefined) throw new Error('not set up');
  const reads = world.tables.counts.get;
  const answers = await Promise.allSettled(
    Array.from({ length: 40 }, (_, i) =>
      guardOperations(world.pipeline, {
        place,
        sync,
        record,
        operations: [
          { key: ada, cloudClass: 'user', cloudId: `u-${i}`, kind: 'disable', before: true, reasons: [] },
        ],
        kept: [],
        announced: null,
        caution: null,
        doubtfulMembers: [],
        managed: () => Promise.resolve(1_000),
      }),
    ),
  );
  expect(answers.filter(({ status }) => status === 'rejected')).toEqual([]);
  // One look at its hold and one at the budget each: nobody had to come again.
  expect(world.tables.counts.get - reads).toBe(80);
});

test('finding 17b: members linked in all partitions at once wake their one group', async () => {
  const world = new World();
  const staff = keyIn('p00', 0);
  const people = Array.from({ length: 60 }, (_, i) => keyIn(`p${String(i + 1).padStart(2, '0')}`, 0));
  await world.fold([group(staff, 'staff', people)]);
  await world.turns('p00');
  expect((await world.member(staff, people[0] ?? ''))?.pending).toBe('waiting');
  world.now += 600_000;
  const transactions = world.tables.counts.transact;
  const wakes = await Promise.allSettled(
    people.map((key) => {
      const there = { connector, partition: partitionOf(connector, key) };
      const owed = { target: key, rank: '2', rowKey: `i|2|00000000000000|wake|${key}` };
      return wakeReferrers(world.pipeline, there, [owed], 'w-import');
    }),
  );
  expect(wakes.filter(({ status }) => status === 'rejected')).toEqual([]);
  // One deletion each; the group's partition is written a few times for all of them.
  expect(world.tables.counts.transact - transactions).toBeLessThan(70);
  expect((await world.member(staff, people[59] ?? ''))?.pending).toBe('waiting');
  let isWoken = 0;
  world.tables.before = (call) => {
    if (call.kind !== 'transact') return;
    isWoken += call.writes.filter(({ rowKey }) => rowKey.startsWith(`p|${staff}|0|`)).length;
  };
  await world.turns('p00');
  expect(isWoken).toBeGreaterThanOrEqual(60);
});

test('finding 19: an approval outlives a turn in which Graph asked to wait', async () => {
  const world = new World({ disableBudget: 0 });
  await world.fold([user(ada, 'ada')]);
  await world.turns('p01');
  await world.fold([{ key: ada, attributes: { userAccountControl: ['514'] } }]);
  await world.turns('p01');
  const [hold] = await world.tables.range('Holds', connector, { from: '0', to: 'g' });
  if (hold === undefined) throw new Error('nothing was held');
  await world.tables.transact('Holds', connector, [
    {
      kind: 'replace',
      rowKey: hold.rowKey,
      etag: hold.etag,
      content: { data: { ...(hold.data as object), status: 'approved', decidedAt: world.now } },
    },
  ]);
  let isThrottled = true;
  world.intercept = (request) =>
    isThrottled ? refusal(request, { code: 'GRAPH_THROTTLED', status: 429, retryAfterMs: 5_000 }) : null;
  await world.fold([{ key: ada, attributes: { title: ['x'] } }]);
  await world.turns('p01');
  isThrottled = false;
  world.requests.length = 0;
  for (let minute = 0; minute < 5; minute += 1) {
    world.now += 60_000;
    await world.turns('p01');
  }
  const bodies = world.requests.map(({ body }) => body);
  expect(bodies).toContainEqual(expect.objectContaining({ accountEnabled: false }));
});

test('finding 27: a work that is still on its way behind a long queue is not made void', async () => {
  const world = new World();
  await world.fold([user(ada, 'ada')]);
  const [first = ''] = world.works();
  // Two minutes of live changes lie before it in the session.
  for (let second = 0; second < 130; second += 10) {
    world.now += 10_000;
    await world.fold([{ key: ada, attributes: { title: [`t${second}`] } }]);
  }
  await runSlice(world.pipeline, place, first);
  expect(world.requests).toHaveLength(1);
});

test('finding 23: a set of objects that have grown large is folded', async () => {
  const world = new World();
  const keys = Array.from({ length: 33 }, (_, i) => keyIn('p01', i));
  // Each set was within its 180 KB; what they add up to in the rows is not within one transaction.
  const version = world.version();
  for (const key of keys) {
    const attributes = { info: [randomBytes(75_000).toString('base64')] };
    const staged = foldObject(null, { key, attributes }, { version, asked: [] });
    await world.tables.transact('Objects', objectsPartition(connector, 'p01'), [
      writeObject(newRecord(staged), null),
    ]);
  }
  await world.fold(keys.map((key) => ({ key, attributes: { title: ['x'] } })));
  expect((await world.object(ada))?.staged.attributes['title']?.values).toEqual(['x']);
});

test('finding 25: a hold whose object changed before it was noted closes as overtaken', async () => {
  const world = new World({ disableBudget: 0 });
  await world.fold([user(ada, 'ada')]);
  await world.turns('p01');
  await world.fold([{ key: ada, attributes: { userAccountControl: ['514'] } }]);
  let isBack = false;
  world.tables.after = async (call) => {
    if (isBack || call.kind !== 'transact' || call.table !== 'Holds') return;
    isBack = true;
    await world.fold([{ key: ada, attributes: { userAccountControl: ['512'] } }], { lane: 'bulk' });
  };
  await world.turns('p01');
  const holds = await world.tables.range('Holds', connector, { from: '0', to: 'g' });
  expect(isBack).toBe(true);
  expect(holds.map(({ tags }) => tags['status'])).toEqual(['overtaken']);
});

test('finding 26: an object whose write is under way is not passed over by a walk', async () => {
  const world = new World();
  await world.fold([user(ada, 'ada')]);
  world.intercept = async () => {
    world.intercept = () => null;
    world.revision = 2;
    const work = await loadWork(world.pipeline, place);
    if (work !== null) await walkStep(world.pipeline, place, work, await world.pipeline.rules.inForce(2));
    return null;
  };
  await world.turns('p01');
  expect((await world.work('p01'))?.observed).toBe(2);
  expect((await world.object(ada))?.revision).toBe(2);
});
