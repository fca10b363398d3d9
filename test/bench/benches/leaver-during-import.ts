import { setTimeout as sleep } from 'node:timers/promises';
import { objectRowKey, objectsPartition } from '../../../shared/state/keys.ts';
import type { ObjectRecord } from '../../../shared/state/object-record.ts';
import { partitionOf } from '../../../shared/model/partition.ts';
import { keyOf, userRead } from '../../e2e/support/relay.ts';
import type { Bench } from '../bench.ts';
import { cloudOptions, startBenchCloud, type BenchCloud } from '../cloud/bench-cloud.ts';
import { GraphWatch } from '../cloud/graph-watch.ts';
import { importFeed } from '../cloud/import-feed.ts';
import { population } from '../cloud/population.ts';
import { until } from '../cloud/until.ts';
import { median, percentile } from '../frame/percentile.ts';

const limitMs = 600_000;
/** Graph takes 3,000 writes in 150 s: whoever comes in between waits for one of them at most. */
const writeSlotMs = 50;

/** How long somebody who leaves keeps access while a first import of 50,000 objects runs, against the same when idle. */
export const leaverDuringImport: Bench = {
  name: 'leaver-during-import',
  title: "a leaver's disable while a first import of 50,000 objects runs, against the idle latency",
  async run(say, { isQuick }) {
    const leavers = isQuick ? 6 : 20;
    const objects = isQuick ? 5_000 : 50_000;
    const bench = await startBenchCloud({ graphArguments: ['--tenant-size', 'L'] });
    let isEnough = false;
    let sending: Promise<void> = Promise.resolve();
    try {
      const names = Array.from({ length: 2 * leavers }, (_, index) => `leaver-${index}`);
      await bench.scene.relay.changes(names.map((name) => userRead(name)));
      const ids = new Map<string, string>();
      for (const name of names)
        await until(
          `${name} is in the cloud`,
          async () => {
            const id = await cloudIdOf(bench, name);
            if (id !== undefined) ids.set(name, id);
            return id !== undefined;
          },
          limitMs,
        );
      await sleep(3_000);
      const watch = new GraphWatch(bench.scene.cloud);
      await watch.news();
      const idle = await disable(bench, watch, ids, names.slice(0, leavers));
      say(`idle: p50 ${Math.round(median(idle))} ms`);
      const people = population({ users: objects, groups: 0, memberships: 0 });
      const feed = importFeed(bench.scene.relay, 'import-1');
      sending = feed.send(people.objects, () => isEnough);
      sending.catch(() => undefined);
      await sleep(5_000);
      const busy = await disable(bench, watch, ids, names.slice(leavers));
      isEnough = true;
      return {
        figures: [
          {
            what: "leaver's disable during a first import, p50",
            value: median(busy),
            unit: 'ms',
            reference: { what: 'idle', value: median(idle), unit: 'ms' },
            ratio: median(busy) / median(idle),
            aim: { text: '≤ 2x and one write slot', isMet: median(busy) <= 2 * median(idle) + writeSlotMs },
          },
          {
            what: "leaver's disable during a first import, p95",
            value: percentile(busy, 95),
            unit: 'ms',
            reference: { what: 'idle', value: percentile(idle, 95), unit: 'ms' },
            ratio: percentile(busy, 95) / percentile(idle, 95),
          },
        ],
        options: {
          ...cloudOptions,
          'objects of the import': objects,
          leavers,
          hosts: 1,
          'write slot, ms': writeSlotMs,
        },
        notes: [
          'From the call that sends the change to Graph’s answer, by the clock of the machine. The import is cut off once enough is measured.',
        ],
      };
    } finally {
      isEnough = true;
      await sending.catch(() => undefined);
      await bench.stop();
    }
  },
};

async function cloudIdOf({ state }: BenchCloud, name: string): Promise<string | undefined> {
  const key = keyOf(name);
  const row = await state.get(
    'Objects',
    objectsPartition('corp', partitionOf('corp', key)),
    objectRowKey(key),
  );
  return (row?.data as ObjectRecord | undefined)?.link?.cloudId;
}

/** Disables one after another; milliseconds from sending to Graph's answer. */
async function disable(
  { scene }: BenchCloud,
  watch: GraphWatch,
  ids: ReadonlyMap<string, string>,
  names: readonly string[],
): Promise<readonly number[]> {
  const times: number[] = [];
  for (const name of names) {
    const sentAt = Date.now();
    await scene.relay.changes([
      { key: keyOf(name), class: 'user', attributes: { userAccountControl: ['514'] } },
    ]);
    await until(
      `${name} is disabled`,
      async () => {
        const answer = (await watch.news()).find(
          (entry) =>
            entry.method === 'PATCH' &&
            entry.objectId === ids.get(name) &&
            entry.bodyKeys.includes('accountEnabled') &&
            entry.status < 300,
        );
        if (answer !== undefined) times.push(answer.answeredAt - sentAt);
        return answer !== undefined;
      },
      limitMs,
      20,
    );
    await sleep(1_000);
  }
  return times;
}
