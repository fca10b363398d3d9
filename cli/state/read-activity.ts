import { partitions } from '../../shared/model/partition.ts';
import { dayOf, journalMoment, journalPartition } from '../../shared/state/journal-entry.ts';
import type { Reading } from '../command-context.ts';
import { inTurns } from './in-turns.ts';

/** What the journal says of the last minutes, of all connectors together. */
export interface Activity {
  readonly minutes: number;
  /** Lines of operations that were sent to Graph. */
  readonly done: number;
  /** Refused by Graph or failed on the way, by code; throttled ones are not among them. */
  readonly failed: Readonly<Record<string, number>>;
  readonly throttled: number;
  readonly held: number;
  readonly planned: number;
  /** From reading at the source to Graph's answer, over the latest live operations; null where there were none. */
  readonly latency: {
    readonly over: number;
    readonly p50: number;
    readonly p95: number;
  } | null;
  /** False: there were more lines than were read. */
  readonly isExact: boolean;
}

const minutes = 5;
/** One request a partition. */
const linesMax = 1_000;
const partitionsAtOnce = 16;
const latestMax = 200;

type Line = Readonly<Record<string, string | number | boolean>>;

/** Reads keys and tags of one short time only, never values: as bounded on a busy day as on a quiet one. */
export async function readActivity(tables: Reading, now: number): Promise<Activity> {
  const since = now - minutes * 60_000;
  const days = [...new Set([dayOf(since), dayOf(now)])];
  const places = days.flatMap((day) => partitions.map((partition) => journalPartition(day, partition)));
  const found = await inTurns(places, partitionsAtOnce, (partitionKey) =>
    tables.range('Journal', partitionKey, {
      from: journalMoment(since),
      to: `${journalMoment(now)}}`,
      limit: linesMax,
      keysOnly: true,
    }),
  );
  const rows = found.flat().sort((a, b) => (a.rowKey < b.rowKey ? -1 : 1));
  const isExact = found.every((some) => some.length < linesMax);
  return { minutes, ...figuresOf(rows.map(({ tags }) => tags)), isExact };
}

function figuresOf(lines: readonly Line[]): Omit<Activity, 'minutes' | 'isExact'> {
  const of = (outcome: string): readonly Line[] => lines.filter((line) => line['outcome'] === outcome);
  const failures = of('failure');
  const failed: Record<string, number> = {};
  for (const { code } of failures)
    if (code !== 'GRAPH_THROTTLED') failed[String(code)] = (failed[String(code)] ?? 0) + 1;
  return {
    done: of('success').length,
    failed,
    throttled: failures.filter(({ code }) => code === 'GRAPH_THROTTLED').length,
    held: of('held').length,
    planned: of('planned').length,
    latency: latencyOf(of('success')),
  };
}

/** Bulk waits for others by design, so it would say nothing about how fast a change gets through. */
function latencyOf(done: readonly Line[]): Activity['latency'] {
  const times = done
    .filter(({ lane }) => lane === 'live' || lane === 'urgent')
    .flatMap(({ ms }) => (typeof ms === 'number' ? [Math.max(0, ms)] : []))
    .slice(-latestMax)
    .sort((a, b) => a - b);
  const at = (share: number): number =>
    times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0;
  return times.length === 0 ? null : { over: times.length, p50: at(0.5), p95: at(0.95) };
}
