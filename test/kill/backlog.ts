import { tableStorage } from '../../shared/adapters/table-storage/table-storage.ts';
import { partitions } from '../../shared/model/partition.ts';
import { objectsPartition, parkedRank, parseIndexRowKey, rankRange } from '../../shared/state/keys.ts';
import type { Cast } from './cast.ts';

export interface QueueCounts {
  readonly active: number;
  readonly scheduled: number;
  readonly deadLetter: number;
}

export interface Backlog {
  /** Index rows that are due within the next minute. */
  readonly due: readonly string[];
  /** How many wait, by what for. */
  readonly parked: string;
  readonly quarantined: number;
  readonly held: number;
}

/** What is due later than this waits for a time, not for a repair. */
const soonMs = 60_000;

export async function readQueues(cast: Cast): Promise<Readonly<Record<string, QueueCounts>>> {
  return (await (await fetch(`${cast.busAdmin}/queues`)).json()) as Record<string, QueueCounts>;
}

/** Messages that somebody still has to take; what was refused and what waits for nobody aside. */
export async function messagesLeft(cast: Cast): Promise<number> {
  const queues = Object.entries(await readQueues(cast)).filter(([name]) => name !== 'poison');
  return queues.reduce((sum, [, { active, scheduled }]) => sum + active + scheduled, 0);
}

/** The rows of the product that say that something is left to do, read past all proxies. */
export async function backlogOf(cast: Cast): Promise<Backlog> {
  const tables = tableStorage({
    connection: { kind: 'connection-string', connectionString: cast.tablesConnection },
    prefix: 'Dirbridge',
  });
  const due: string[] = [];
  const causes: string[] = [];
  const soon = Date.now() + soonMs;
  for (const partition of partitions) {
    const range = { from: 'i|0|', to: 'i|9|', keysOnly: true };
    for (const { rowKey } of await tables.range('Objects', objectsPartition('corp', partition), range)) {
      const key = parseIndexRowKey(rowKey);
      if (key === null || key.due <= soon) due.push(`${partition} ${rowKey}`);
    }
    const waiting = { ...rankRange(parkedRank), limit: Number.MAX_SAFE_INTEGER, keysOnly: true };
    for (const { tags } of await tables.range('Objects', objectsPartition('corp', partition), waiting))
      causes.push(String(tags['cause']));
  }
  const parked = [...Map.groupBy(causes, (cause) => cause)]
    .map(([cause, { length }]) => `${length} parked for ${cause}`)
    .join(', ');
  const count = async (table: 'Quarantine' | 'Holds'): Promise<number> =>
    (await tables.range(table, 'corp', { from: '0', to: 'z', keysOnly: true })).length;
  return { due, parked, quarantined: await count('Quarantine'), held: await count('Holds') };
}
