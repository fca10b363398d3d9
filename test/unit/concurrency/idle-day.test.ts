import { beforeEach, describe, expect, test } from 'vitest';
import { sweepPartition } from '../../../functions/pipeline/sweep-partition.ts';
import type { Mode, Pipeline } from '../../../functions/pipeline/pipeline.ts';
import { partitionOf, partitions } from '../../../shared/model/partition.ts';
import { connector, user, World } from '../pipeline-review/world.ts';

/** A thousand objects wait for another mode, for a day: nothing can be done, so nothing is sent. */
const count = 1_000;
const keys = Array.from({ length: count }, (_, index) => index.toString(16).padStart(32, '0'));
const byPartition = Map.groupBy(keys, (key) => partitionOf(connector, key));
const minuteMs = 60_000;
/** As often as the laptop’s day allows; the schedule only multiplies what one sweep costs. */
const sweepEveryMs = 10 * minuteMs;
const dayMs = 24 * 60 * minuteMs;
let world: World;

beforeEach(() => {
  world = new World({ disableBudget: 100_000 });
});

async function arrive(pipeline: Pipeline, attributes: Record<string, string[]> = {}): Promise<void> {
  for (const [partition, some] of byPartition) {
    await world.fold(
      some.map((key) => {
        const read = user(key, `n${keys.indexOf(key)}`);
        return { ...read, attributes: { ...read.attributes, ...attributes } };
      }),
      { lane: 'bulk' },
    );
    await world.turns(partition, pipeline);
  }
}

/** What a day of sweeps costs: messages, requests to Graph, and calls of the tables by kind. */
async function aDay(pipeline: Pipeline) {
  const tables = world.tables.counts;
  const before = { ...tables, sent: world.sent.length, requests: world.requests.length };
  const lines = (await world.journal()).length;
  const end = world.now + dayMs;
  let sweeps = 0;
  for (; world.now < end; world.now += sweepEveryMs, sweeps += 1)
    await Promise.all(
      partitions.map((partition) => sweepPartition(pipeline, { connector, partition }, world.revision)),
    );
  return {
    sweeps,
    sent: world.sent.length - before.sent,
    requests: world.requests.length - before.requests,
    reads: tables.get + tables.getMany + tables.range - before.get - before.getMany - before.range,
    writes: tables.transact - before.transact,
    lines: (await world.journal()).length - lines,
  };
}

const quiet = { sent: 0, requests: 0, writes: 0, lines: 0 };

describe('a day without a message, with a thousand objects that wait', () => {
  test('in plan mode: each was journaled once, and only the sweep reads two rows a partition', async () => {
    const plan = world.withMode('plan');
    await arrive(plan);
    expect(await world.journal()).toHaveLength(count);
    expect(world.requests).toEqual([]);
    const day = await aDay(plan);
    expect(day).toMatchObject(quiet);
    expect(day.reads).toBeLessThanOrEqual(day.sweeps * partitions.length * 2);
    // What waited is taken up by itself once the mode is another.
    await Promise.all(
      partitions.map((partition) => sweepPartition(world.pipeline, { connector, partition }, world.revision)),
    );
    const [some = ''] = keys;
    await world.turns(partitionOf(connector, some));
    expect((await world.object(some))?.link?.state).toBe('live');
  }, 60_000);

  test.each(['plan', 'upsert-only'] satisfies Mode[])(
    'with leavers whom mode %s leaves alone',
    async (mode) => {
      await arrive(world.pipeline);
      expect((await world.journal()).length).toBe(count);
      const pipeline = world.withMode(mode);
      await arrive(pipeline, { userAccountControl: ['514'] });
      const disables = (await world.journal()).filter(({ tags }) => tags['kind'] === 'disable');
      expect(disables).toHaveLength(count);
      const day = await aDay(pipeline);
      expect(day).toMatchObject(quiet);
      expect(day.reads).toBeLessThanOrEqual(day.sweeps * partitions.length * 2);
    },
    60_000,
  );
});
