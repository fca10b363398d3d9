import { setTimeout as sleep } from 'node:timers/promises';
import { partitionOf } from '../../../shared/model/partition.ts';
import { objectRowKey, objectsPartition } from '../../../shared/state/keys.ts';
import type { ObjectRecord } from '../../../shared/state/object-record.ts';
import { keyOf } from '../../e2e/support/relay.ts';
import type { Bench } from '../bench.ts';
import { cloudOptions, startBenchCloud, type BenchCloud } from '../cloud/bench-cloud.ts';
import { GraphWatch, tally } from '../cloud/graph-watch.ts';
import { runImport } from '../cloud/import-run.ts';
import { population, userName } from '../cloud/population.ts';
import { processUsage } from '../cloud/process-usage.ts';
import { tableCeiling } from '../cloud/table-ceiling.ts';
import { until } from '../cloud/until.ts';

const writesPer150s = 30_000;
const limitMs = 1_800_000;
const partitions = 64;
const ceilingRounds = 3;

/** Changes a second from the queue to Graph, held against what the tables alone allow. */
export const pipelineRate: Bench = {
  name: 'pipeline-rate',
  title: 'changes a second through the pipeline, against what Azurite alone reads and transacts for them',
  async run(say, { isQuick }) {
    const users = isQuick ? 640 : 3_200;
    const bench = await startBenchCloud({
      graphArguments: ['--no-throttle'],
      settings: { DIRBRIDGE_GRAPH_WRITES_PER_150S: String(writesPer150s) },
    });
    try {
      const people = population({ users, groups: 0, memberships: 0 });
      await runImport(bench, people, { limitMs, say });
      await sleep(5_000);
      const pipeline = await changeAll(bench, users);
      say(`${Math.round(pipeline.rate)} changes/s; now the tables alone`);
      const record = await recordOf(bench, userName(1));
      const rates: number[] = [];
      for (let round = 0; round < ceilingRounds; round += 1)
        rates.push(await tableCeiling(bench.state, record, { changes: users, partitions }));
      const ceiling = Math.max(...rates);
      const ratio = pipeline.rate / ceiling;
      return {
        figures: [
          {
            what: 'changes through the pipeline',
            value: pipeline.rate,
            unit: '/s',
            reference: {
              what: 'what Azurite alone reads and transacts for them',
              value: ceiling,
              unit: '/s',
            },
            ratio,
            aim: { text: '≥ 0.5x', isMet: ratio >= 0.5 },
          },
          { what: 'CPU of the host for a change', value: pipeline.hostCpuMs, unit: 'ms' },
          { what: 'CPU of Azurite for a change', value: pipeline.tablesCpuMs, unit: 'ms' },
        ],
        options: {
          ...cloudOptions,
          changes: users,
          hosts: 1,
          throttling: 'off',
          'partitions at once': partitions,
        },
        notes: [
          'One attribute each of existing users, told by one poll; a storm this large goes through the bulk lane. The tables alone: the best of three.',
        ],
      };
    } finally {
      await bench.stop();
    }
  },
};

async function changeAll(bench: BenchCloud, users: number) {
  const watch = new GraphWatch(bench.scene.cloud);
  await watch.news();
  const before = { host: cpuOf(bench.hosts[0]?.pid), tables: cpuOf(bench.tables.pid) };
  const startedAt = Date.now();
  const changes = Array.from({ length: users }, (_, index) => ({
    key: keyOf(userName(index)),
    class: 'user',
    attributes: { physicalDeliveryOfficeName: [`Room ${index}`] },
  }));
  await bench.scene.relay.changes(changes, { lane: 'bulk' });
  let graph = tally(await watch.news());
  await until(
    'all changes are in Graph',
    async () => {
      graph = tally(await watch.news(), graph);
      return graph.writes >= users;
    },
    limitMs,
    200,
  );
  await sleep(500);
  return {
    rate: (users * 1_000) / (graph.lastAt - startedAt),
    hostCpuMs: ((cpuOf(bench.hosts[0]?.pid) - before.host) * 1_000) / users,
    tablesCpuMs: ((cpuOf(bench.tables.pid) - before.tables) * 1_000) / users,
  };
}

const cpuOf = (pid = 0): number => processUsage(pid).cpuSeconds;

async function recordOf({ state }: BenchCloud, name: string): Promise<ObjectRecord> {
  const key = keyOf(name);
  const row = await state.get(
    'Objects',
    objectsPartition('corp', partitionOf('corp', key)),
    objectRowKey(key),
  );
  if (row === undefined) throw new Error(`${name} is not staged`);
  return row.data as ObjectRecord;
}
