import type { JournalEntry } from '../../shared/state/journal-entry.ts';
import { usageError } from '../command-error.ts';
import type { CommandContext, Reading } from '../command-context.ts';
import type { Outcome } from '../outcome.ts';
import { chooseConnectors } from '../state/connectors.ts';
import { readLabels, unknownObject, type ObjectLabel } from '../state/describe-object.ts';
import { readJournal, type LabelledEntry } from '../state/read-journal.ts';
import { parseSince } from '../text/moments.ts';
import { journalText } from './journal-text.ts';

export interface JournalOptions {
  readonly since: string;
  readonly key?: string;
  readonly failures?: boolean;
  readonly limit: number;
}

/** What was done, planned, held or refused. */
export async function showJournal(context: CommandContext, options: JournalOptions): Promise<Outcome> {
  const now = context.io.now();
  const since = parseSince(options.since, now);
  if (since === null)
    throw usageError(`--since ${options.since} is no time`, 'Give it as 90s, 30m, 1h, 7d or 2026-11-23.');
  const key = options.key?.toLowerCase().replaceAll(/[{}-]/g, '') ?? null;
  if (key !== null && !/^[0-9a-f]{8,64}$/.test(key))
    throw usageError(`--key ${options.key ?? ''} is no source key`, 'It is the objectGUID in hex.');
  const tables = context.tables();
  const { entries, total } = await readJournal(tables, {
    since,
    until: now,
    key,
    connectors: key === null ? [] : await chooseConnectors(tables, undefined),
    onlyFailures: options.failures === true,
    limit: options.limit,
  });
  const labelled = await labelEntries(tables, entries);
  const hidden = total - entries.length;
  return {
    data: { since, entries: labelled, total },
    text: journalText(labelled, context.paint),
    ...(hidden > 0 ? { next: `The latest ${entries.length} of ${total}; see --limit.` } : {}),
  };
}

async function labelEntries(
  tables: Reading,
  entries: readonly JournalEntry[],
): Promise<readonly LabelledEntry[]> {
  const labels = new Map<string, ReadonlyMap<string, ObjectLabel>>();
  for (const [connector, own] of Map.groupBy(entries, (entry) => entry.connector))
    labels.set(
      connector,
      await readLabels(
        tables,
        connector,
        own.map((entry) => entry.key),
      ),
    );
  return entries.map((entry) => ({
    ...entry,
    object: labels.get(entry.connector)?.get(entry.key) ?? unknownObject,
  }));
}
