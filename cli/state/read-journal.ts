import { partitionOf, partitions } from '../../shared/model/partition.ts';
import type { Row } from '../../shared/ports/table-store.ts';
import {
  dayOf,
  journalMoment,
  journalPartition,
  type JournalEntry,
} from '../../shared/state/journal-entry.ts';
import type { Reading } from '../command-context.ts';
import type { ObjectLabel } from './describe-object.ts';
import { inTurns } from './in-turns.ts';

export interface JournalQuestion {
  readonly since: number;
  readonly until: number;
  readonly key: string | null;
  /** Whose partition a key lies in. */
  readonly connectors: readonly string[];
  readonly onlyFailures: boolean;
  readonly limit: number;
}

export interface LabelledEntry extends JournalEntry {
  readonly object: ObjectLabel;
}

export interface JournalAnswer {
  /** The latest, oldest of them first. */
  readonly entries: readonly JournalEntry[];
  readonly total: number;
}

const partitionsAtOnce = 16;
const dayMs = 86_400_000;

interface Found {
  readonly partitionKey: string;
  readonly row: Row;
}

/** Finds by keys and tags first: the whole of a busy day would not fit in memory. */
export async function readJournal(tables: Reading, question: JournalQuestion): Promise<JournalAnswer> {
  const where = {
    ...(question.key === null ? {} : { key: question.key }),
    ...(question.onlyFailures ? { outcome: 'failure' } : {}),
  };
  const places = daysOf(question).flatMap((day) =>
    bucketsOf(question).map((partition) => journalPartition(day, partition)),
  );
  let total = 0;
  const perPlace = await inTurns(places, partitionsAtOnce, async (partitionKey) => {
    const rows = await tables.range('Journal', partitionKey, {
      from: journalMoment(question.since),
      // `}` follows every character of a RowKey.
      to: `${journalMoment(question.until)}}`,
      limit: Number.MAX_SAFE_INTEGER,
      keysOnly: true,
      where,
    });
    total += rows.length;
    return rows.slice(-question.limit).map((row): Found => ({ partitionKey, row }));
  });
  const latest = perPlace
    .flat()
    .sort((a, b) => (a.row.rowKey < b.row.rowKey ? -1 : 1))
    .slice(-question.limit);
  return { entries: await loadEntries(tables, latest), total };
}

async function loadEntries(tables: Reading, found: readonly Found[]): Promise<readonly JournalEntry[]> {
  const loaded = await inTurns(found, partitionsAtOnce, ({ partitionKey, row }) =>
    tables.get('Journal', partitionKey, row.rowKey),
  );
  return loaded.flatMap((row) => (row === undefined ? [] : [row.data as JournalEntry]));
}

function daysOf({ since, until }: JournalQuestion): readonly string[] {
  const days: string[] = [];
  for (let at = since; dayOf(at) < dayOf(until); at += dayMs) days.push(dayOf(at));
  return [...days, dayOf(until)];
}

function bucketsOf({ key, connectors }: JournalQuestion): readonly string[] {
  if (key === null) return partitions;
  return [...new Set(connectors.map((connector) => partitionOf(connector, key)))];
}
