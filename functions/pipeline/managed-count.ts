import { partitions } from '../../shared/model/partition.ts';
import type { BudgetName } from '../../shared/rules/rule-set.ts';
import { countRowKey, objectsPartition } from '../../shared/state/keys.ts';
import type { CountRecord } from '../../shared/state/object-record.ts';
import { readRow } from './object-rows.ts';
import type { Pipeline } from './pipeline.ts';

/**
 * So old a count may be. It only bounds percentages, and while a storm of deletions runs it had better not shrink with
 * them; the sweep reads it anew, so that a deletion does not wait for 64 reads.
 */
const validMs = 600_000;
const freshMs = 60_000;

interface Entry {
  readonly at: number;
  readonly counts: Promise<CountRecord>;
}

const caches = new WeakMap<Pipeline['tables'], Map<string, Entry>>();

/**
 * Before something is held: what was counted during a first import is soon far too few, and what is held for that stays
 * held. Not more often than this, since a storm asks it for every object.
 */
const recountMs = 2_000;

export interface ManagedQuestion {
  readonly connector: string;
  readonly sync: string;
  readonly budget: BudgetName;
}

/**
 * The base of a budget's percentage: linked objects of the sync over all partitions. For members taken out of groups it is
 * all linked objects of the source, since any of them may be a member, and counting members would read every group (ADR 0015).
 */
export async function managedBy(
  pipeline: Pipeline,
  { connector, sync, budget }: ManagedQuestion,
  age: 'known' | 'recent' = 'known',
): Promise<number> {
  const counted = await counts(pipeline, connector, age === 'recent' ? recountMs : validMs);
  if (budget !== 'removeMembers') return counted[sync] ?? 0;
  return Object.values(counted).reduce((sum, count) => sum + count, 0);
}

/** Reads the counts anew once a minute: called by the sweep. */
export async function refreshManagedCount(pipeline: Pipeline, connector: string): Promise<void> {
  await counts(pipeline, connector, freshMs);
}

async function counts(pipeline: Pipeline, connector: string, ageMax: number): Promise<CountRecord> {
  const cache = caches.get(pipeline.tables) ?? new Map<string, Entry>();
  caches.set(pipeline.tables, cache);
  const now = pipeline.clock.now();
  const known = cache.get(connector);
  const entry =
    known !== undefined && now - known.at < ageMax
      ? known
      : { at: now, counts: readCounts(pipeline, connector) };
  cache.set(connector, entry);
  try {
    return await entry.counts;
  } catch (error) {
    cache.delete(connector);
    throw error;
  }
}

async function readCounts(pipeline: Pipeline, connector: string): Promise<CountRecord> {
  const total: Record<string, number> = {};
  const rows = await Promise.all(
    partitions.map((partition) =>
      pipeline.tables.get('Objects', objectsPartition(connector, partition), countRowKey),
    ),
  );
  for (const row of rows) {
    for (const [sync, count] of Object.entries(readRow<CountRecord>(row)?.value ?? {}))
      total[sync] = (total[sync] ?? 0) + count;
  }
  return total;
}
