import { SyncError } from '../../shared/errors/sync-error.ts';
import { poisonPartition, withPoison, type PoisonNote } from '../../shared/state/poison-note.ts';
import { putRow } from '../../shared/state/put-row.ts';
import { readRow, untilSettled } from './object-rows.ts';
import type { Pipeline } from './pipeline.ts';

/**
 * Counts what was refused, for `dirbridge status`, which cannot look into queues. The message is safe in the poison queue
 * already: that it is not counted is no reason to refuse it once more.
 */
export async function notePoison(
  pipeline: Pick<Pipeline, 'tables' | 'clock' | 'random' | 'log'>,
  one: Pick<PoisonNote, 'code' | 'queue' | 'message'>,
): Promise<void> {
  try {
    await untilSettled(async () => {
      const row = readRow<PoisonNote>(await pipeline.tables.get('Quarantine', poisonPartition, one.code));
      const data = withPoison(row?.value ?? null, { ...one, now: pipeline.clock.now() });
      await pipeline.tables.transact('Quarantine', poisonPartition, [
        putRow(one.code, { data }, row?.etag ?? null),
      ]);
    }, pipeline);
  } catch (error) {
    if (!(error instanceof SyncError)) throw error;
    pipeline.log.warn('a refused message was not counted', { code: error.code, queue: one.queue });
  }
}
