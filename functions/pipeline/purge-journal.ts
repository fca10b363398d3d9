import { dayOf } from '../../shared/state/journal-entry.ts';
import type { Pipeline } from './pipeline.ts';

const dayMs = 24 * 3_600_000;
/** Rows removed in one go; the next sweep goes on, so that a large backlog never blocks it. */
const rowsAtOnce = 2_000;

/** Removes whole days of the journal that are older than asked for. Returns how many rows went. */
export async function purgeJournal(pipeline: Pipeline, days: number): Promise<number> {
  const toPartition = dayOf(pipeline.clock.now() - days * dayMs);
  const old = new Map<string, string[]>();
  for await (const row of pipeline.tables.scan('Journal', {
    fromPartition: '0',
    toPartition,
    limit: rowsAtOnce,
  })) {
    old.set(row.partitionKey, [...(old.get(row.partitionKey) ?? []), row.rowKey]);
  }
  let removed = 0;
  for (const [partitionKey, rowKeys] of old) {
    for (let at = 0; at < rowKeys.length; at += 100) {
      const some = rowKeys.slice(at, at + 100);
      await pipeline.tables.transact(
        'Journal',
        partitionKey,
        some.map((rowKey) => ({ kind: 'delete', rowKey })),
      );
      removed += some.length;
    }
  }
  return removed;
}
