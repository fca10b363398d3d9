import { partitions } from '../../shared/model/partition.ts';
import type { Row } from '../../shared/ports/table-store.ts';
import {
  countRowKey,
  objectsPartition,
  parkedRank,
  parseIndexRowKey,
  priorityOf,
  rankRange,
  workRowKey,
  type IndexKey,
  type Priority,
} from '../../shared/state/keys.ts';
import { idleWork, type CountRecord, type WorkRecord } from '../../shared/state/object-record.ts';
import type { Reading } from '../command-context.ts';
import { inTurns } from './in-turns.ts';

/** What is to be done for one connector. Counts end at `countedMax` a partition. */
export interface Backlog {
  readonly connector: string;
  /** Linked objects by sync. */
  readonly linked: CountRecord;
  readonly due: number;
  /** Of those due now. */
  readonly dueByPriority: Readonly<Record<Priority, number>>;
  /** Since when what is due waits (epoch ms); null where nothing is. */
  readonly oldestDue: number | null;
  readonly later: number;
  readonly parked: number;
  /** Parked by cause; `unknown` in rows of earlier versions. */
  readonly parkedByCause: Readonly<Record<string, number>>;
  /** Partitions, by import, in which objects of it are still awaited. */
  readonly imports: Readonly<Record<string, number>>;
  /** False: there is more than was counted. */
  readonly isExact: boolean;
  /** Partitions that have not looked at all their objects with the rules in force. */
  readonly behind: readonly string[];
  /** Partitions whose turn did not come for two minutes: the sweep timer names a new one. */
  readonly overdue: readonly string[];
}

/** Twenty requests a partition at most. */
const countedMax = 10_000;
const partitionsAtOnce = 16;
const overdueMs = 120_000;

export async function readBacklog(
  tables: Reading,
  connector: string,
  generation: number,
  now: number,
): Promise<Backlog> {
  const parts = await inTurns(partitions, partitionsAtOnce, async (partition) => {
    const partitionKey = objectsPartition(connector, partition);
    const [work, rows] = await Promise.all([
      tables.get('Objects', partitionKey, workRowKey),
      readRows(tables, partitionKey),
    ]);
    const record = (work?.data as WorkRecord | undefined) ?? idleWork;
    return {
      partition,
      ...rows,
      isBehind: record.observed < generation,
      isOverdue: record.work !== null && record.at + overdueMs < now,
    };
  });
  const active = parts.flatMap((part) => part.active);
  const parked = parts.flatMap((part) => part.parked);
  const due = active.filter((key) => key.due <= now);
  return {
    connector,
    linked: sumCounts(parts.map((part) => part.linked)),
    due: due.length,
    dueByPriority: { urgent: 0, live: 0, bulk: 0, ...tally(due, ({ rank }) => priorityOf(rank)) },
    // A wake-up that is owed has no time of its own.
    oldestDue: due.reduce<number | null>(
      (oldest, { due: at }) => (at > 0 && (oldest === null || at < oldest) ? at : oldest),
      null,
    ),
    later: active.length - due.length,
    parked: parked.length,
    parkedByCause: tally(parked, ({ tags }) => String(tags['cause'] ?? 'unknown')),
    imports: tally(
      active.filter(({ kind }) => kind === 'import'),
      ({ id }) => id,
    ),
    isExact: parts.every((part) => part.isExact),
    behind: parts.filter((part) => part.isBehind).map((part) => part.partition),
    overdue: parts.filter((part) => part.isOverdue).map((part) => part.partition),
  };
}

interface CountedRows {
  readonly linked: CountRecord;
  readonly active: readonly IndexKey[];
  readonly parked: readonly Row[];
  readonly isExact: boolean;
}

/**
 * One query shows all of a partition but where the backlog is large; parked rows stand behind all others. The row of
 * counts is the only other one in it: a request less a partition, and requests are what a status costs.
 */
async function readRows(tables: Reading, partitionKey: string): Promise<CountedRows> {
  const all = await tables.range('Objects', partitionKey, {
    from: countRowKey,
    to: 'i}',
    limit: countedMax,
  });
  const isExact = all.length < countedMax;
  const parked = isExact
    ? all.filter((row) => parseIndexRowKey(row.rowKey)?.rank === parkedRank)
    : await tables.range('Objects', partitionKey, {
        ...rankRange(parkedRank),
        limit: countedMax,
        keysOnly: true,
      });
  const active = all.flatMap((row) => {
    const key = parseIndexRowKey(row.rowKey);
    return key === null || key.rank === parkedRank ? [] : [key];
  });
  const counts = all.find(({ rowKey }) => rowKey === countRowKey);
  return { linked: (counts?.data as CountRecord | undefined) ?? {}, active, parked, isExact };
}

function tally<T>(items: readonly T[], nameOf: (item: T) => string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const item of items) counts[nameOf(item)] = (counts[nameOf(item)] ?? 0) + 1;
  return counts;
}

function sumCounts(counts: readonly CountRecord[]): CountRecord {
  const sum: Record<string, number> = {};
  for (const record of counts)
    for (const [name, number] of Object.entries(record)) sum[name] = (sum[name] ?? 0) + number;
  return sum;
}
