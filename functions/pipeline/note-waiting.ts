import { SyncError } from '../../shared/errors/sync-error.ts';
import {
  waitingFreshMs,
  waitingPartition,
  waitingRowKey,
  type WaitingNote,
} from '../../shared/state/waiting-note.ts';
import { readRow } from './object-rows.ts';
import type { Pipeline } from './pipeline.ts';

type Noting = Pick<Pipeline, 'tables' | 'log'>;

/** For `dirbridge status`, which cannot look into queues. Where tables are what is away, status does not work either. */
export async function noteWaiting(pipeline: Noting, note: WaitingNote): Promise<void> {
  const rowKey = waitingRowKey(note);
  await withoutFail(pipeline, async () => {
    const before = readRow<WaitingNote>(
      await pipeline.tables.get('Quarantine', waitingPartition, rowKey),
    )?.value;
    // The same message may have been given back meanwhile: it stands since the first time.
    const goesOn = before !== undefined && before.at > note.at - waitingFreshMs;
    const data: WaitingNote = { ...note, since: goesOn ? Math.min(before.since, note.since) : note.since };
    await pipeline.tables.transact('Quarantine', waitingPartition, [
      { kind: 'upsert', rowKey, content: { data } },
    ]);
  });
}

export async function clearWaiting(
  pipeline: Noting,
  place: Pick<WaitingNote, 'queue' | 'connector' | 'partition'>,
): Promise<void> {
  await withoutFail(pipeline, () =>
    pipeline.tables.transact('Quarantine', waitingPartition, [
      { kind: 'delete', rowKey: waitingRowKey(place) },
    ]),
  );
}

/** A note is no reason for a message to fail. */
async function withoutFail(pipeline: Noting, write: () => Promise<void>): Promise<void> {
  try {
    await write();
  } catch (error) {
    if (!(error instanceof SyncError)) throw error;
    pipeline.log.debug('that a message waits could not be noted', { code: error.code });
  }
}
