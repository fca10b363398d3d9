import type { ErrorCode } from '../errors/error-codes.ts';

/** Row of table Quarantine with this PartitionKey, which no connector can have; RowKey the code. */
export interface PoisonNote {
  readonly code: ErrorCode;
  readonly firstAt: number;
  readonly lastAt: number;
  /** Messages by day; the latest few days only. */
  readonly days: Readonly<Record<string, number>>;
  /** Of the last one. */
  readonly queue: string;
  readonly message: string;
  /** All that had one since the first; absent in rows of earlier versions. */
  readonly queues?: readonly string[];
}

export const poisonPartition = '~poison';
export const poisonDays = 7;

/** The note with one message more. */
export function withPoison(
  before: PoisonNote | null,
  one: Pick<PoisonNote, 'code' | 'queue' | 'message'> & { readonly now: number },
): PoisonNote {
  const { now, ...said } = one;
  const day = new Date(now).toISOString().slice(0, 10);
  const days = { ...before?.days, [day]: (before?.days[day] ?? 0) + 1 };
  const kept = Object.entries(days)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .slice(-poisonDays);
  const queues = [...new Set([...(before?.queues ?? []), one.queue])].sort();
  return { ...said, queues, firstAt: before?.firstAt ?? now, lastAt: now, days: Object.fromEntries(kept) };
}
