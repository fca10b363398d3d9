import { expect, test } from 'vitest';
import { workSchema } from '../../../shared/contracts/cloud-work.v1.ts';
import { partitionOf } from '../../../shared/model/partition.ts';
import { tokenPurse } from '../../../shared/state/token-purse.ts';
import { bulkPace } from '../../../functions/pipeline/bulk-pace.ts';
import { foldChangeSet } from '../../../functions/pipeline/fold-change-set.ts';
import type { Pipeline } from '../../../functions/pipeline/pipeline.ts';
import { purseTokens } from '../../../functions/pipeline/purse-tokens.ts';
import { runSlice } from '../../../functions/pipeline/run-slice.ts';
import { connector, user, World } from '../pipeline-review/world.ts';

/** Graph's: 20 writes a second. So bulk goes at 40 a second, after a first 800. */
const quota = { app: 'app', tenant: 'tenant', writesPer150s: 3_000 };
const atOnce = 800;
const aSecond = 40;
const count = 1_200;
const turnMs = 2;

const keys = Array.from({ length: count }, (_, index) => index.toString(16).padStart(32, '0'));

async function importing(): Promise<{ world: World; pipeline: Pipeline }> {
  const world = new World();
  const tokens = purseTokens(
    tokenPurse(world.tables, quota),
    world.pipeline.clock,
    bulkPace(quota.writesPer150s),
  );
  for (const some of Map.groupBy(keys, (key) => partitionOf(connector, key)).values())
    await world.fold(
      some.map((key) => user(key, `n${keys.indexOf(key)}`)),
      { lane: 'bulk' },
    );
  return { world, pipeline: { ...world.pipeline, tokens } };
}

/** Delivers works at their time, one after another, while `goesOn`; returns how many there were. */
async function deliver(world: World, pipeline: Pipeline, goesOn: () => boolean): Promise<number> {
  const done = new Set<number>();
  let turns = 0;
  while (goesOn()) {
    const [next] = world.sent
      .flatMap(({ envelope, notBefore, sessionId }, index) =>
        envelope.kind === 'work' && !done.has(index)
          ? [{ envelope, at: notBefore ?? 0, sessionId, index }]
          : [],
      )
      .sort((a, b) => a.at - b.at);
    if (next === undefined) return turns;
    done.add(next.index);
    world.now = Math.max(world.now + turnMs, next.at);
    const { work } = workSchema.parse(JSON.parse(next.envelope.payload));
    await runSlice(pipeline, { connector, partition: next.sessionId ?? '' }, work);
    turns += 1;
  }
  return turns;
}

const isCreation = ({ method, path }: { method: string; path: string }): boolean =>
  method === 'POST' && path === '/users';

test('a first import goes at its pace though the bucket of Graph is full, by few messages', async () => {
  const { world, pipeline } = await importing();
  const createdAt: number[] = [];
  world.intercept = (request) => {
    if (isCreation(request)) createdAt.push(world.now);
    return null;
  };
  const begin = world.now;
  const turns = await deliver(world, pipeline, () => createdAt.length < count);
  expect(createdAt).toHaveLength(count);
  const madeBy = (ms: number): number => createdAt.filter((at) => at - begin <= ms).length;
  for (const seconds of [1, 3, 5])
    expect(madeBy(seconds * 1_000)).toBeLessThanOrEqual(atOnce + seconds * aSecond);
  const tookMs = (createdAt.at(-1) ?? 0) - begin;
  expect(tookMs).toBeLessThan(((count - atOnce) / aSecond) * 1_000 * 1.25 + 2_000);
  // Two for each of the 64 partitions, and what the pace puts off.
  expect(turns).toBeLessThan(2 * 64 + (tookMs / 1_000) * 4);
}, 120_000);

test('who leaves does not wait for the pace of bulk, and bulk that comes now stands behind those who wait', async () => {
  const { world, pipeline } = await importing();
  const made = (): readonly string[] =>
    world.requests.flatMap((request) =>
      isCreation(request) ? [(request.body as { mailNickname: string }).mailNickname] : [],
    );
  await deliver(world, pipeline, () => made().length < atOnce);
  const known = new Set(made());
  const left = keys.find((key) => !known.has(`n${keys.indexOf(key)}`)) ?? '';
  const partition = partitionOf(connector, left);
  const fold = (lane: 'live' | 'bulk', control: string): Promise<void> => {
    const change = { key: left, class: 'user' as const, attributes: { userAccountControl: [control] } };
    return foldChangeSet(pipeline, world.envelope(partition), world.changeSet([change], { lane }));
  };
  await fold('bulk', '66048');
  expect((await world.work(partition))?.at).toBeGreaterThan(world.now);
  await fold('live', '66050');
  const work = await world.work(partition);
  expect(work?.at).toBeLessThanOrEqual(world.now);
  await runSlice(pipeline, { connector, partition }, work?.work ?? '');
  const written = world.requests.find(({ body }) =>
    JSON.stringify(body ?? {}).includes(`"n${keys.indexOf(left)}"`),
  );
  expect(written?.body).toMatchObject({ accountEnabled: false });
}, 120_000);

test('turns that are promised lie one after another, and none is promised further ahead than a minute', () => {
  const pace = bulkPace(quota.writesPer150s);
  expect(pace.admit(atOnce, 0)).toBe(0);
  pace.leave(atOnce, 500);
  expect([pace.admit(20, 0), pace.admit(20, 0), pace.admit(20, 0)]).toEqual([500, 1_000, 1_500]);
  expect(pace.queueEnd()).toBe(1_500);
  for (let turn = 0; turn < 200; turn += 1) pace.admit(20, 0);
  expect(pace.queueEnd()).toBe(60_000);
  // Whoever is there first goes; what nobody used is there for the next, up to what may come at once.
  expect(pace.admit(20, 500)).toBe(500);
  pace.leave(20, 500);
  expect(pace.admit(atOnce, 60_000)).toBe(60_000);
});

test('a few batches are in progress at once, and what ends makes room', () => {
  const pace = bulkPace(quota.writesPer150s);
  for (let batch = 0; batch < 6; batch += 1) expect(pace.admit(20, 0)).toBe(0);
  expect(pace.admit(20, 0)).toBeGreaterThan(0);
  pace.leave(20, 500);
  expect(pace.admit(20, 10)).toBe(10);
});
