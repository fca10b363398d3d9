import { expect, test } from 'vitest';
import { workSchema } from '../../../shared/contracts/cloud-work.v1.ts';
import { partitionOf } from '../../../shared/model/partition.ts';
import { tokenPurse } from '../../../shared/state/token-purse.ts';
import { bulkPace } from '../../../functions/pipeline/bulk-pace.ts';
import { purseTokens } from '../../../functions/pipeline/purse-tokens.ts';
import type { Pipeline } from '../../../functions/pipeline/pipeline.ts';
import { runSlice } from '../../../functions/pipeline/run-slice.ts';
import { connector, user, World } from '../pipeline-review/world.ts';

/** A tenth of Graph's quota: two writes a second, after a first burst of three quarters of the bucket for bulk. */
const quota = { app: 'app', tenant: 'tenant', writesPer150s: 300 };
const count = 400;
const burst = Math.floor(290 * 0.75);
/** What one turn takes; turns of one process come one after another here. */
const turnMs = 20;

function processOn(world: World): Pipeline {
  const { pipeline } = world;
  // Each process holds what it has drawn by itself.
  const tokens = purseTokens(tokenPurse(world.tables, quota), pipeline.clock, bulkPace(quota.writesPer150s));
  return { ...pipeline, tokens };
}

test('bulk of 64 partitions in two processes uses what the quota gives, and asks rarely while there is nothing', async () => {
  const world = new World();
  const processes = [processOn(world), processOn(world)];
  const keys = Array.from({ length: count }, (_, index) => index.toString(16).padStart(32, '0'));
  for (const some of Map.groupBy(keys, (key) => partitionOf(connector, key)).values())
    await world.fold(
      some.map((key) => user(key, `n${keys.indexOf(key)}`)),
      { lane: 'bulk' },
    );
  const createdAt: number[] = [];
  world.intercept = ({ method, path }) => {
    if (method === 'POST' && path === '/users') createdAt.push(world.now);
    return null;
  };
  const begin = world.now;
  let taken = 0;
  let turns = 0;
  // The queue: what is sent is delivered at its time, to whichever process is next.
  for (;;) {
    const queue = world.sent
      .flatMap(({ envelope, notBefore, sessionId }, index) =>
        envelope.kind === 'work' ? [{ envelope, at: notBefore ?? 0, sessionId, index }] : [],
      )
      .filter(({ index }) => !done.has(index))
      .sort((a, b) => a.at - b.at);
    const [next] = queue;
    if (next === undefined || createdAt.length === count) break;
    done.add(next.index);
    world.now = Math.max(world.now + turnMs, next.at);
    const { work } = workSchema.parse(JSON.parse(next.envelope.payload));
    const pipeline = processes[(taken += 1) % 2] ?? world.pipeline;
    await runSlice(pipeline, { connector, partition: next.sessionId ?? '' }, work);
    turns += 1;
  }
  expect(createdAt).toHaveLength(count);
  const perMs = quota.writesPer150s / 150_000;
  const floorMs = (count - burst) / perMs;
  const tookMs = (createdAt.at(-1) ?? 0) - begin;
  expect(tookMs).toBeLessThan(floorMs * 1.15 + 5_000);
  expect(turns / (tookMs / 1_000)).toBeLessThan(4);
}, 120_000);

const done = new Set<number>();
