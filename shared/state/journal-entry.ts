import type { ErrorCode } from '../errors/error-codes.ts';
import type { Operation } from '../plan/operation.ts';
import type { Priority } from './keys.ts';

/** One line of table Journal; see journalRowKey. */
export interface JournalEntry {
  readonly at: number;
  readonly connector: string;
  readonly key: string;
  readonly cloudId: string | null;
  readonly operation: Operation;
  readonly hash: string;
  readonly outcome: 'success' | 'failure' | 'skipped' | 'held' | 'planned';
  readonly code: ErrorCode | null;
  readonly message: string | null;
  readonly requestId: string | null;
  readonly revision: number;
  readonly durationMs: number | null;
  /** Lane it went by; absent where nothing was sent, and in rows of before. */
  readonly priority?: Priority;
  /** When the change that led to it was read at its source (epoch ms, the agent's clock); absent where time or another object led to it. */
  readonly sourceAt?: number;
}

export const dayOf = (at: number): string => new Date(at).toISOString().slice(0, 10);
export const journalPartition = (day: string, partition: string): string => `${day}|${partition}`;

/** Beginning of the RowKeys of that moment: later ones sort behind it. */
export const journalMoment = (at: number): string => String(at).padStart(14, '0');

/**
 * The hash keeps lines apart that are written by several calls within one millisecond.
 * @param owner the attempt, or the turn that looked.
 */
export function journalRowKey(
  { at, hash }: Pick<JournalEntry, 'at' | 'hash'>,
  owner: string,
  number: number,
): string {
  return `${journalMoment(at)}|${owner}|${String(number).padStart(4, '0')}|${hash}`;
}

/** Where a line lies, by its RowKey and the partition of its object. */
export function journalPlace(
  rowKey: string,
  partition: string,
): { readonly partitionKey: string; readonly rowKey: string } {
  return { partitionKey: journalPartition(dayOf(Number(rowKey.slice(0, 14))), partition), rowKey };
}
