import type { Child } from '../../../local/children.ts';
import { tableStorage } from '../../../shared/adapters/table-storage/table-storage.ts';
import type { TableStore } from '../../../shared/ports/table-store.ts';
import { startHost, type MoreHost } from '../../e2e/support/more-hosts.ts';
import { rulesWith, startScene, type Scene } from '../../e2e/support/scene.ts';

const lag = '50-300';
const answerMsMax = 120_000;
/** Once a minute, as deployed; the tests' two seconds would count as work. */
const sweepSchedule = '0 * * * * *';

export interface BenchCloudOptions {
  /** Function hosts side by side. */
  readonly hosts?: number;
  readonly graphArguments?: readonly string[];
  readonly settings?: Readonly<Record<string, string>>;
}

/** The cloud side as the e2e tests start it, with Graph's lag, and as many hosts as are asked for. */
export interface BenchCloud {
  readonly scene: Scene;
  /** The same state through the product's adapter, with more patience than the product has. */
  readonly state: TableStore;
  readonly tables: Child;
  readonly bus: Child;
  readonly graph: Child;
  readonly hosts: readonly Child[];
  /** Messages that queue `changes` has taken so far. */
  sentToChanges(): Promise<number>;
  stop(): Promise<void>;
}

/** What every bench of the cloud side has in force. */
export const cloudOptions = {
  'replication lag of Graph, ms': lag,
  'session lock, s': 30,
  'host settings': 'host.json as deployed',
  state: 'Azurite, in memory',
} as const;

export async function startBenchCloud(options: BenchCloudOptions = {}): Promise<BenchCloud> {
  const scene = await startScene({
    graphArguments: ['--lag', lag, ...(options.graphArguments ?? [])],
    settings: { DIRBRIDGE_SWEEP_SCHEDULE: sweepSchedule, ...options.settings },
    rules: rulesWith(),
  });
  const { cloud } = scene;
  const [tables, bus, graph, host] = cloud.children;
  if (tables === undefined || bus === undefined || graph === undefined || host === undefined)
    throw new Error('the cloud has four processes');
  const more: MoreHost[] = [];
  try {
    for (let count = 1; count < (options.hosts ?? 1); count += 1) more.push(await startHost(cloud));
  } catch (error) {
    await scene.stop();
    throw error;
  }
  return {
    scene,
    state: tableStorage({
      connection: { kind: 'connection-string', connectionString: cloud.tablesConnection },
      prefix: 'Dirbridge',
      answerMsMax,
    }),
    tables,
    bus,
    graph,
    get hosts() {
      return [...cloud.children.slice(3), ...more.map(({ child }) => child)];
    },
    async sentToChanges() {
      const counts = (await (await fetch(`${cloud.busAdmin}/queues`)).json()) as Record<
        string,
        { readonly sent: number }
      >;
      return counts['changes']?.sent ?? 0;
    },
    async stop() {
      await Promise.all(more.map((one) => one.stop()));
      await scene.stop();
    },
  };
}
