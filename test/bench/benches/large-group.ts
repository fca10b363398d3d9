import { setTimeout as sleep } from 'node:timers/promises';
import { partitionOf } from '../../../shared/model/partition.ts';
import { memberRowKey, objectsPartition } from '../../../shared/state/keys.ts';
import type { MemberRecord } from '../../../shared/state/object-record.ts';
import { groupRead, keyOf, userRead } from '../../e2e/support/relay.ts';
import type { Bench, Figure } from '../bench.ts';
import { cloudOptions, startBenchCloud, type BenchCloud } from '../cloud/bench-cloud.ts';
import { countTables, type TableCounter } from '../cloud/count-tables.ts';
import { GraphWatch, isWrite } from '../cloud/graph-watch.ts';
import { fillGroup, linkedGroup, type LinkedGroup } from '../cloud/large-group-scene.ts';
import { processUsage } from '../cloud/process-usage.ts';
import { until } from '../cloud/until.ts';

const small = 50;
const limitMs = 300_000;
/** What follows a write (record, next look, end of the turn) has come to an end by then. */
const restMs = 1_500;
/** Idle time is taken off as it was right before: on a busy machine less than nothing may be left of a few milliseconds. */
const cpuMsLeast = 1;

/** What one more member costs in a large group, held against the same in a small one. */
export const largeGroup: Bench = {
  name: 'large-group',
  title: 'one member into a group of 50,000, against the same into a group of 50',
  async run(say, { isQuick }) {
    const large = isQuick ? 5_000 : 50_000;
    const rounds = isQuick ? 5 : 20;
    const bench = await startBenchCloud({
      graphArguments: ['--no-throttle'],
      // The sweep of the minute would be counted to whichever group is measured then.
      settings: { DIRBRIDGE_SWEEP_SCHEDULE: '0 0 0 1 1 *' },
    });
    let counter: TableCounter | null = null;
    try {
      const { cloud } = bench.scene;
      const groups = await prepare(bench, { large, rounds: 2 * rounds, say });
      counter = await countTables(cloud.tablesConnection);
      await cloud.restartHost({ DIRBRIDGE_STATE: counter.connectionString });
      const meter = openMeter(bench, counter);
      // Once each before it counts: the new host loads rules and opens its connections.
      for (const [index, group] of groups.entries()) await meter.add(group, personOf(2 * rounds - 1 - index));
      const costs = groups.map(() => [] as Cost[]);
      for (let round = 0; round + 1 < rounds; round += 1)
        for (const [index, group] of groups.entries())
          costs[index]?.push(await meter.add(group, personOf(2 * round + index)));
      const [inSmall = zero, inLarge = zero] = costs.map(meanOf);
      return {
        figures: figuresOf(inSmall, inLarge),
        options: {
          ...cloudOptions,
          'members of the large group': large,
          'members of the small group': small,
          rounds: rounds - 1,
        },
        notes: ['CPU and bytes are the function host’s, less what it uses idle in the same time.'],
      };
    } finally {
      await bench.stop();
      await counter?.stop();
    }
  },
};

const personOf = (index: number): string => `joiner-${index}`;

/** Both groups in the cloud and filled, and the people who will join them. */
async function prepare(
  { scene, state }: BenchCloud,
  {
    large,
    rounds,
    say,
  }: { readonly large: number; readonly rounds: number; readonly say: (text: string) => void },
): Promise<readonly LinkedGroup[]> {
  const names = ['bench-small', 'bench-large'];
  const people = Array.from({ length: rounds }, (_, index) => personOf(index));
  const version = scene.relay.version();
  await scene.relay.changes([
    ...names.map((name) => groupRead(name)),
    ...people.map((name) => userRead(name)),
  ]);
  const groups: LinkedGroup[] = [];
  await until(
    'all are in the cloud',
    async () => {
      const found = await Promise.all([...names, ...people].map((name) => linkedGroup(state, name)));
      groups.splice(0, groups.length, ...found.filter((one) => one !== null).slice(0, names.length));
      return found.every((one) => one !== null);
    },
    limitMs,
    1_000,
  );
  for (const [index, group] of groups.entries()) {
    const count = index === 0 ? small : large;
    say(`filling a group with ${count} members`);
    await fillGroup({ graphUrl: scene.cloud.graphUrl, tables: state, version }, group, {
      count,
      label: index === 0 ? 'few' : 'many',
    });
  }
  return groups;
}

interface Cost {
  readonly cpuMs: number;
  readonly tableRequests: number;
  readonly tableRows: number;
  readonly bytes: number;
  readonly graphRequests: number;
}

const zero: Cost = { cpuMs: 0, tableRequests: 0, tableRows: 0, bytes: 0, graphRequests: 0 };

function openMeter(bench: BenchCloud, counter: TableCounter) {
  const { scene } = bench;
  const watch = new GraphWatch(scene.cloud);
  const hostPid = () => bench.hosts[0]?.pid ?? 0;
  const read = () => ({ at: performance.now(), tables: counter.counts(), ...processUsage(hostPid()) });
  return {
    async add(group: LinkedGroup, person: string): Promise<Cost> {
      await watch.news();
      // Right before each: what a host does on its own changes with its age.
      const before = read();
      await sleep(restMs);
      const from = read();
      const idleOf = (name: 'cpuSeconds' | 'bytes') => (from[name] - before[name]) / (from.at - before.at);
      const added = { added: [keyOf(person)], removed: [] };
      await scene.relay.changes([
        { key: group.key, class: 'group', attributes: {}, links: { member: added } },
      ]);
      await until(`${person} is a member`, () => isApplied(bench, group, person), limitMs, 100);
      await sleep(restMs);
      const to = read();
      const requests = await watch.news();
      if (!requests.some(isWrite)) throw new Error('Graph was not asked');
      const passed = to.at - from.at;
      return {
        cpuMs: (to.cpuSeconds - from.cpuSeconds - idleOf('cpuSeconds') * passed) * 1_000,
        bytes: to.bytes - from.bytes - idleOf('bytes') * passed,
        tableRequests: to.tables.requests - from.tables.requests,
        tableRows: to.tables.rows - from.tables.rows,
        graphRequests: requests.length,
      };
    },
  };
}

async function isApplied({ state }: BenchCloud, group: LinkedGroup, person: string): Promise<boolean> {
  const place = objectsPartition('corp', partitionOf('corp', group.key));
  const row = await state.get('Objects', place, memberRowKey(group.key, keyOf(person)));
  const record = row?.data as MemberRecord | undefined;
  return record?.applied != null && record.pending === null;
}

function meanOf(costs: readonly Cost[]): Cost {
  const mean = (of: (cost: Cost) => number) => costs.reduce((sum, cost) => sum + of(cost), 0) / costs.length;
  return {
    cpuMs: Math.max(
      cpuMsLeast,
      mean((cost) => cost.cpuMs),
    ),
    tableRequests: mean((cost) => cost.tableRequests),
    tableRows: mean((cost) => cost.tableRows),
    bytes: mean((cost) => cost.bytes),
    graphRequests: mean((cost) => cost.graphRequests),
  };
}

function figuresOf(inSmall: Cost, inLarge: Cost): readonly Figure[] {
  const figure = (what: string, name: keyof Cost, unit: string): Figure => {
    const ratio = inLarge[name] / inSmall[name];
    return {
      what: `one member into a large group: ${what}`,
      value: inLarge[name],
      unit,
      reference: { what: 'into a small one', value: inSmall[name], unit },
      ratio,
      aim: { text: '≤ 3x', isMet: ratio <= 3 },
    };
  };
  return [
    figure('CPU of the host', 'cpuMs', 'ms'),
    figure('table rows', 'tableRows', 'rows'),
    figure('table requests', 'tableRequests', 'requests'),
    figure('bytes', 'bytes', 'bytes'),
    figure('Graph requests', 'graphRequests', 'requests'),
  ];
}
