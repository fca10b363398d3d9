import type { PoisonNote } from '../../shared/state/poison-note.ts';
import { poisonPartition } from '../../shared/state/poison-note.ts';
import { waitingFreshMs, waitingPartition, type WaitingNote } from '../../shared/state/waiting-note.ts';
import { importNoteRange, type ImportNote } from '../../shared/state/import-note.ts';
import type { WriteBucket } from '../../shared/state/write-bucket.ts';
import type { Reading } from '../command-context.ts';

/** The latest import of each naming context of a connector. */
export async function readImports(tables: Reading, connector: string): Promise<readonly ImportNote[]> {
  const rows = await tables.range('Agents', connector, importNoteRange);
  return rows.map((row) => row.data as ImportNote);
}

/** Refused messages by code. Codes are upper case. */
export async function readPoison(tables: Reading): Promise<readonly PoisonNote[]> {
  const rows = await tables.range('Quarantine', poisonPartition, { from: 'A', to: '[' });
  return rows.map((row) => row.data as PoisonNote);
}

/** Messages whose handlers wait for an outage to end, and all behind them. */
export async function readWaiting(tables: Reading, now: number): Promise<readonly WaitingNote[]> {
  const rows = await tables.range('Quarantine', waitingPartition, { from: 'a', to: '{' });
  return rows.map((row) => row.data as WaitingNote).filter(({ at }) => at > now - waitingFreshMs);
}

/** What is left of Graph's writes, as the app last wrote it down. */
export interface WritesLeft {
  readonly app: string;
  readonly tokens: number;
  readonly at: number;
  /** Until then Graph has asked to wait; null where that is over. */
  readonly blockedUntil: number | null;
}

export async function readQuota(tables: Reading, now: number): Promise<readonly WritesLeft[]> {
  const found: WritesLeft[] = [];
  // One row an app and tenant.
  for await (const row of tables.scan('Quota', { fromPartition: '0', toPartition: '~', limit: 100 })) {
    const { tokens, at, blockedUntil } = row.data as WriteBucket;
    found.push({
      app: row.partitionKey.split('|')[0] ?? '',
      tokens: Math.floor(tokens),
      at,
      blockedUntil: blockedUntil > now ? blockedUntil : null,
    });
  }
  return found;
}
