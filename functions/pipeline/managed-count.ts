import { partitions } from '../../shared/model/partition.ts';
import { countRowKey, objectsPartition } from '../../shared/state/keys.ts';
import type { CountRecord } from '../../shared/state/object-record.ts';
import { readRow } from './object-rows.ts';
import type { Pipeline } from './pipeline.ts';

/** Percentages of budgets need no fresher count than this. */
const freshMs = 15_000;

const caches = new WeakMap<
  Pipeline,
  Map<string, { readonly at: number; readonly counts: Promise<CountRecord> }>
>();

/** Linked objects of a sync over all partitions. */
export async function managedCount(pipeline: Pipeline, connector: string, sync: string): Promise<number> {
  const cache =
    caches.get(pipeline) ?? new Map<string, { readonly at: number; readonly counts: Promise<CountRecord> }>();
  caches.set(pipeline, cache);
  const now = pipeline.clock.now();
  const known = cache.get(connector);
  const entry =
    known !== undefined && now - known.at < freshMs
      ? known
      : { at: now, counts: readCounts(pipeline, connector) };
  cache.set(connector, entry);
  try {
    return (await entry.counts)[sync] ?? 0;
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
