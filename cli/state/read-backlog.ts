import { partitions } from '../../shared/model/partition.ts';
import {
  activeRanks,
  countRowKey,
  objectsPartition,
  parkedRank,
  parseIndexRowKey,
  rankRange,
  workRowKey,
} from '../../shared/state/keys.ts';
import { idleWork, type CountRecord, type WorkRecord } from '../../shared/state/object-record.ts';
import type { Reading } from '../command-context.ts';
import { inTurns } from './in-turns.ts';

/** What is to be done for one connector. Counts end at `countedMax` a partition and rank. */
export interface Backlog {
  readonly connector: string;
  /** Linked objects by sync. */
  readonly linked: CountRecord;
  readonly due: number;
  readonly later: number;
  readonly parked: number;
  /** False: there is more than was counted. */
  readonly isExact: boolean;
  /** Partitions that have not looked at all their objects with the rules in force. */
  readonly behind: readonly string[];
  /** Partitions whose turn did not come for two minutes: the sweep timer names a new one. */
  readonly overdue: readonly string[];
}

/** Ten requests a partition and rank at most. */
const countedMax = 10_000;
const partitionsAtOnce = 16;
const overdueMs = 120_000;

export async function readBacklog(
  tables: Reading,
  connector: string,
  revision: number,
  now: number,
): Promise<Backlog> {
  const parts = await inTurns(partitions, partitionsAtOnce, async (partition) => {
    const partitionKey = objectsPartition(connector, partition);
    const [work, counts, ...ranks] = await Promise.all([
      tables.get('Objects', partitionKey, workRowKey),
      tables.get('Objects', partitionKey, countRowKey),
      ...[...activeRanks, parkedRank].map((rank) => countRank(tables, partitionKey, rank, now)),
    ]);
    const record = (work?.data as WorkRecord | undefined) ?? idleWork;
    const linked = (counts?.data as CountRecord | undefined) ?? {};
    return {
      partition,
      linked,
      ranks,
      isBehind: record.revision < revision,
      isOverdue: record.work !== null && record.at + overdueMs < now,
    };
  });
  const total = (of: (rank: RankCount) => number): number =>
    parts.flatMap((part) => part.ranks).reduce((sum, rank) => sum + of(rank), 0);
  return {
    connector,
    linked: sumCounts(parts.map((part) => part.linked)),
    due: total((rank) => rank.due),
    later: total((rank) => rank.later),
    parked: total((rank) => rank.parked),
    isExact: parts.every((part) => part.ranks.every((rank) => rank.isExact)),
    behind: parts.filter((part) => part.isBehind).map((part) => part.partition),
    overdue: parts.filter((part) => part.isOverdue).map((part) => part.partition),
  };
}

interface RankCount {
  readonly due: number;
  readonly later: number;
  readonly parked: number;
  readonly isExact: boolean;
}

async function countRank(
  tables: Reading,
  partitionKey: string,
  rank: string,
  now: number,
): Promise<RankCount> {
  const rows = await tables.range('Objects', partitionKey, {
    ...rankRange(rank),
    limit: countedMax,
    keysOnly: true,
  });
  const isExact = rows.length < countedMax;
  if (rank === parkedRank) return { due: 0, later: 0, parked: rows.length, isExact };
  const due = rows.filter((row) => (parseIndexRowKey(row.rowKey)?.due ?? 0) <= now).length;
  return { due, later: rows.length - due, parked: 0, isExact };
}

function sumCounts(counts: readonly CountRecord[]): CountRecord {
  const sum: Record<string, number> = {};
  for (const record of counts)
    for (const [name, number] of Object.entries(record)) sum[name] = (sum[name] ?? 0) + number;
  return sum;
}
