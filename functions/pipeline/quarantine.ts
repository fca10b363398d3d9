import type { ErrorCode } from '../../shared/errors/error-codes.ts';
import type { QuarantineEntry } from '../../shared/state/quarantine-entry.ts';
import { putRow } from '../../shared/state/put-row.ts';
import { readRow, untilSettled, type Place } from './object-rows.ts';
import type { Pipeline } from './pipeline.ts';

const pausesMs = [60_000, 300_000, 1_800_000, 7_200_000, 21_600_000] as const;

/** Growing pauses: a value that was refused is rarely accepted by asking again, but its cause may be repaired. */
export function quarantinePauseMs(count: number): number {
  return pausesMs[Math.min(count, pausesMs.length) - 1] ?? pausesMs[0];
}

export async function quarantine(
  pipeline: Pipeline,
  place: Place,
  key: string,
  why: { readonly code: ErrorCode; readonly message: string; readonly targets: readonly string[] },
): Promise<void> {
  await untilSettled(async () => {
    const now = pipeline.clock.now();
    const row = readRow<QuarantineEntry>(await pipeline.tables.get('Quarantine', place.connector, key));
    const entry: QuarantineEntry = {
      key,
      partition: place.partition,
      code: why.code,
      message: why.message,
      targets: why.targets,
      count: (row?.value.count ?? 0) + 1,
      firstAt: row?.value.firstAt ?? now,
      lastAt: now,
    };
    const content = { data: entry, tags: { code: entry.code } };
    await pipeline.tables.transact('Quarantine', place.connector, [putRow(key, content, row?.etag ?? null)]);
  });
}

export async function clearQuarantine(pipeline: Pipeline, place: Place, key: string): Promise<void> {
  await pipeline.tables.transact('Quarantine', place.connector, [{ kind: 'delete', rowKey: key }]);
}
