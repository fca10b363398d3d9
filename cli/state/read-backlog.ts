import { partitions } from '../../shared/model/partition.ts';
import {
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

/** What is to be done for one connector. Counts end at `countedMax` a partition. */
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

/** Twenty requests a partition at most. */
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
    const [work, counts, rows] = await Promise.all([
      tables.get('Objects', partitionKey, workRowKey),
      tables.get('Objects', partitionKey, countRowKey),
      countRows(tables, partitionKey, now),
    ]);
    const record = (work?.data as WorkRecord | undefined) ?? idleWork;
    const linked = (counts?.data as CountRecord | undefined) ?? {};
    return {
      partition,
      linked,
      rows,
      isBehind: record.revision < revision,
      isOverdue: record.work !== null && record.at + overdueMs < now,
    };
  });
  const total = (of: (rows: RowCount) => number): number =>
    parts.reduce((sum, part) => sum + of(part.rows), 0);
  return {
    connector,
    linked: sumCounts(parts.map((part) => part.linked)),
    due: total((rows) => rows.due),
    later: total((rows) => rows.later),
    parked: total((rows) => rows.parked),
    isExact: parts.every((part) => part.rows.isExact),
    behind: parts.filter((part) => part.isBehind).map((part) => part.partition),
    overdue: parts.filter((part) => part.isOverdue).map((part) => part.partition),
  };
}

interface RowCount {
  readonly due: number;
  readonly later: number;
  readonly parked: number;
  readonly isExact: boolean;
}

/** One query shows all of a partition but where the backlog is large; parked rows stand behind all others. */
async function countRows(tables: Reading, partitionKey: string, now: number): Promise<RowCount> {
  const counted = { limit: countedMax, keysOnly: true } as const;
  const all = await tables.range('Objects', partitionKey, { from: 'i|', to: 'i}', ...counted });
  const isExact = all.length < countedMax;
  const parked = isExact
    ? all.filter((row) => parseIndexRowKey(row.rowKey)?.rank === parkedRank)
    : await tables.range('Objects', partitionKey, { ...rankRange(parkedRank), ...counted });
  const active = all.flatMap((row) => {
    const key = parseIndexRowKey(row.rowKey);
    return key === null || key.rank === parkedRank ? [] : [key];
  });
  const due = active.filter((key) => key.due <= now).length;
  return { due, later: active.length - due, parked: parked.length, isExact };
}

function sumCounts(counts: readonly CountRecord[]): CountRecord {
  const sum: Record<string, number> = {};
  for (const record of counts)
    for (const [name, number] of Object.entries(record)) sum[name] = (sum[name] ?? 0) + number;
  return sum;
}
