import { setTimeout as sleep } from 'node:timers/promises';
import type { LogEntry } from '../../../local/demo/cloud.ts';
import type { BenchRun, Figure, Measurement } from '../bench.ts';
import { median, percentile } from '../frame/percentile.ts';
import { openBareHops, type BareHops } from './bare-hops.ts';
import { graphLag, startSyncedLaptop, type SyncedLaptop, type SyncedPerson } from './synced-laptop.ts';

const idleMs = 5_000;
const patienceMs = 30_000;

/** From the directory's answer to Graph's answer, one change at a time, each after the agent had nothing to do for a while. */
export async function measureLatency(
  kind: 'embedded' | 'samba',
  say: (text: string) => void,
  { isQuick, signal }: BenchRun,
): Promise<Measurement> {
  const count = isQuick ? 20 : 100;
  const synced = await startSyncedLaptop(kind, 300, say);
  try {
    const [subject, ...others] = synced.people;
    if (subject === undefined) throw new Error('nobody was imported');
    const chosen = spread(others, count);
    const hops = await openBareHops(synced.laptop, subject);
    const latencies: number[] = [];
    try {
      // Before anything is timed: the first of everything is slower.
      await latencyOf(synced, chosen[0] ?? subject, 'Warm-up');
      for (const [index, person] of chosen.entries()) {
        signal.throwIfAborted();
        await hops.measure();
        await synced.untilQuiet();
        // Not a multiple of any timer's period, so that no timer meets every change.
        await sleep(idleMs + ((index * 37) % 250), undefined, { signal });
        latencies.push(await latencyOf(synced, person, `Title ${index}`));
        if ((index + 1) % 10 === 0)
          say(`${index + 1} of ${chosen.length}: p50 ${percentile(latencies, 50).toFixed(0)} ms`);
      }
    } finally {
      await hops.stop();
    }
    return {
      figures: figuresOf(kind, latencies, hops.times),
      options: {
        directory: kind,
        objects: chosen.length,
        partitions: new Set(chosen.map(({ partition }) => partition)).size,
        'idle before each, ms': idleMs,
        'graph lag, ms': graphLag,
        'session lock, s': 30,
        'poll interval, ms': 50,
      },
      notes: [
        kind === 'embedded'
          ? 'from the answer in the log of the directory to the answer in the log of Graph'
          : 'from the answer at the LDAP client, since Samba keeps no such log, to the answer in the log of Graph',
        'bare hops: each by its own library without our code, medians added; waiting for the next poll is not in them',
      ],
    };
  } finally {
    await synced.stop();
  }
}

/** One of each partition first, then whoever comes. */
function spread(people: readonly SyncedPerson[], count: number): readonly SyncedPerson[] {
  const first = new Map<string, SyncedPerson>();
  for (const person of people) if (!first.has(person.partition)) first.set(person.partition, person);
  const ones = [...first.values()];
  const rest = people.filter((person) => first.get(person.partition) !== person);
  return [...ones, ...rest].slice(0, count);
}

async function latencyOf(
  { directory, cloud }: SyncedLaptop,
  { dn, guid, cloudId }: SyncedPerson,
  title: string,
): Promise<number> {
  const { seq } = await cloud.log(Number.MAX_SAFE_INTEGER);
  const { at } = await directory.timed(guid, () => directory.replace(dn, { title: [title] }));
  const deadline = Date.now() + patienceMs;
  const isEffect = ({ objectId, effective, changed }: LogEntry): boolean =>
    objectId === cloudId && effective && changed.includes('jobTitle');
  for (;;) {
    const effect = (await cloud.log(seq)).entries.find(isEffect);
    if (effect !== undefined) return effect.answeredAt - at;
    if (Date.now() > deadline) throw new Error(`${dn}: the change was not in Graph after ${patienceMs} ms`);
    await sleep(25);
  }
}

function figuresOf(kind: string, latencies: readonly number[], hops: BareHops): readonly Figure[] {
  const { directoryPoll, sendAndReceive, tableTransaction, graphPatch } = hops;
  const all = [directoryPoll, sendAndReceive, tableTransaction, graphPatch];
  const bare = all.reduce((sum, times) => sum + median(times), 0);
  const p50 = percentile(latencies, 50);
  const p99 = percentile(latencies, 99);
  const information = (what: string, value: number): Figure => ({ what, value, unit: 'ms' });
  return [
    {
      ...information(`latency p50, ${kind}`, p50),
      reference: { what: 'bare hops', value: bare, unit: 'ms' },
      ratio: p50 / bare,
      aim: { text: '<= 100 ms and <= 1.5x', isMet: p50 <= 100 && p50 <= 1.5 * bare },
    },
    information(`latency p95, ${kind}`, percentile(latencies, 95)),
    {
      ...information(`latency p99, ${kind}`, p99),
      aim: { text: '<= 250 ms', isMet: p99 <= 250 },
    },
    information('hop: look and DirSync', median(directoryPoll)),
    information('hop: send and receive', median(sendAndReceive)),
    information('hop: table transaction', median(tableTransaction)),
    information('hop: Graph PATCH', median(graphPatch)),
  ];
}
