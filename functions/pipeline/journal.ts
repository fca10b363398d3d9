import { operationHash, shownOperation } from '../../shared/plan/operation.ts';
import type { RowWrite } from '../../shared/ports/table-store.ts';
import {
  dayOf,
  journalPartition,
  journalRowKey,
  type JournalEntry,
} from '../../shared/state/journal-entry.ts';
import type { ObjectRecord } from '../../shared/state/object-record.ts';
import type { Pipeline } from './pipeline.ts';
import type { Place } from './object-rows.ts';

export type JournalLine = Omit<JournalEntry, 'hash' | 'connector' | 'key'>;

/**
 * Written before the outcome is recorded: a crash in between leaves an entry for something that is done again, never
 * something done without an entry. Passwords are not part of operations, so they cannot get here.
 * @returns RowKeys of the lines by source key, in their order.
 */
export async function writeJournal(
  pipeline: Pipeline,
  place: Place,
  owner: string,
  lines: readonly JournalLine[],
): Promise<JournalRefs> {
  const refs = new Map<string, string[]>();
  for (let at = 0; at < lines.length; at += 100) {
    const chunk = lines.slice(at, at + 100);
    const byDay = Map.groupBy(
      chunk.map((line, index) => ({ line, number: at + index })),
      ({ line }) => dayOf(line.at),
    );
    for (const [day, entries] of byDay) {
      const writes = entries.map(({ line, number }): RowWrite => {
        const entry: JournalEntry = {
          ...line,
          operation: shownOperation(line.operation),
          connector: place.connector,
          key: line.operation.key,
          hash: operationHash(line.operation),
        };
        const rowKey = journalRowKey(entry, owner, number);
        refs.set(entry.key, [...(refs.get(entry.key) ?? []), rowKey]);
        return {
          kind: 'upsert',
          rowKey,
          content: {
            data: entry,
            tags: {
              key: entry.key,
              kind: entry.operation.kind,
              outcome: entry.outcome,
              code: entry.code ?? '',
              lane: entry.priority ?? '',
              // For figures over many rows without reading them; negative where the agent's clock is ahead.
              ms: entry.sourceAt === undefined ? '' : entry.at - entry.sourceAt,
            },
          },
        };
      });
      await pipeline.tables.transact('Journal', journalPartition(day, place.partition), writes);
    }
  }
  return refs;
}

export type JournalRefs = ReadonlyMap<string, readonly string[]>;

const recentMax = 5;

/** Keeps on the object where its latest lines lie: the journal is kept by time, and asking it for one object means reading days. */
export function withRecent<T extends Pick<ObjectRecord, 'recent'>>(record: T, lines: readonly string[]): T {
  if (lines.length === 0) return record;
  const recent = [...new Set([...(record.recent ?? []), ...lines])].sort().slice(-recentMax);
  return { ...record, recent };
}
