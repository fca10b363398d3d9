import { effectCounts, GraphWatch, tally, type GraphTally } from './graph-watch.ts';
import type { BenchCloud } from './bench-cloud.ts';
import { importFeed } from './import-feed.ts';
import type { Population } from './population.ts';
import { processUsage } from './process-usage.ts';

export interface ImportOutcome {
  readonly graph: GraphTally;
  /** From the first message until Graph has answered the last write. */
  readonly seconds: number;
  readonly workMessages: number;
  readonly cpu: Readonly<Record<'hosts' | 'tables' | 'bus' | 'graph', number>>;
}

const pollMs = 500;

/** Sends a population as a first import and waits until Graph has all of it, by Graph's own count. */
export async function runImport(
  bench: BenchCloud,
  people: Population,
  { limitMs, say }: { readonly limitMs: number; readonly say: (text: string) => void },
): Promise<ImportOutcome> {
  const watch = new GraphWatch(bench.scene.cloud);
  await watch.news();
  const before = { cpu: cpuOf(bench), sent: await bench.sentToChanges() };
  const startedAt = Date.now();
  const feed = importFeed(bench.scene.relay, 'import-1');
  const sending = feed.send(people.objects);
  sending.catch(() => undefined);
  let graph = tally(await watch.news());
  for (let saidAt = startedAt; !(await isComplete(bench, people, graph));) {
    if (Date.now() - startedAt > limitMs)
      throw new Error(`only ${graph.writes} of ${people.floor} writes within ${limitMs / 1_000} s`);
    await new Promise((resolve) => setTimeout(resolve, pollMs));
    graph = tally(await watch.news(), graph);
    if (Date.now() - saidAt < 10_000) continue;
    saidAt = Date.now();
    say(`${graph.writes} of ${people.floor} writes after ${Math.round((saidAt - startedAt) / 1_000)} s`);
  }
  await sending;
  const after = cpuOf(bench);
  return {
    graph,
    seconds: (graph.lastAt - startedAt) / 1_000,
    workMessages: (await bench.sentToChanges()) - before.sent,
    cpu: {
      hosts: after.hosts - before.cpu.hosts,
      tables: after.tables - before.cpu.tables,
      bus: after.bus - before.cpu.bus,
      graph: after.graph - before.cpu.graph,
    },
  };
}

/** Asked only near the end: the answer is long. */
async function isComplete(bench: BenchCloud, people: Population, graph: GraphTally): Promise<boolean> {
  if (graph.writes < people.floor) return false;
  const { created, managers, members } = await effectCounts(bench.scene.cloud.graphUrl);
  return (
    created >= people.groupSizes.length + people.managers + 1 &&
    managers >= people.managers &&
    members >= people.memberships
  );
}

function cpuOf(bench: BenchCloud) {
  const of = (pid: number) => processUsage(pid).cpuSeconds;
  return {
    hosts: bench.hosts.reduce((sum, { pid }) => sum + of(pid), 0),
    tables: of(bench.tables.pid),
    bus: of(bench.bus.pid),
    graph: of(bench.graph.pid),
  };
}
