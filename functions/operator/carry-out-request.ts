import { SyncError } from '../../shared/errors/sync-error.ts';
import type { Hold } from '../../shared/guard/hold.ts';
import { objectRowKey } from '../../shared/state/keys.ts';
import type { ObjectRecord } from '../../shared/state/object-record.ts';
import { changeHold } from '../pipeline/hold-rows.ts';
import { markDirty } from '../pipeline/index-plan.ts';
import { partitionKeyOf, readRow, untilSettled, writeObject, type Place } from '../pipeline/object-rows.ts';
import type { Pipeline } from '../pipeline/pipeline.ts';
import { walkTo } from '../pipeline/walk-revision.ts';
import { ensureWork } from '../pipeline/work.ts';
import type { StoredRequest } from './operator-request.ts';

/** Carries out, in the session of the partition, what an operator asked for; repeating it changes nothing. */
export async function carryOutRequest(pipeline: Pipeline, place: Place, requestId: string): Promise<void> {
  const row = readRow<StoredRequest>(await pipeline.tables.get('Requests', place.connector, requestId));
  if (row === null)
    throw new SyncError(
      'CONTRACT_INVALID',
      'the operator request is not stored: it was not made by the operator function',
      { context: { id: requestId } },
    );
  const { value: request } = row;
  if (request.kind === 'publish-rules') {
    await walkTo(pipeline, place, { generation: request.generation, by: requestId });
    return;
  }
  const keys = new Set<string | null>();
  for (const hash of request.holds) keys.add(await decideHold(pipeline, place, hash, request));
  // Hundreds of holds may be about one group.
  for (const key of keys) if (key !== null) await markObject(pipeline, place, key);
  await ensureWork(pipeline, place, { at: pipeline.clock.now(), rank: '0', by: requestId });
}

/** The object that the hold is about. */
async function decideHold(
  pipeline: Pipeline,
  place: Place,
  hash: string,
  request: Extract<StoredRequest, { kind: 'approve' | 'reject' }>,
): Promise<string | null> {
  let key: string | null = null;
  await changeHold(pipeline, place.connector, hash, (hold): Hold | null => {
    key = hold.key;
    const isOpen =
      hold.status === 'held' ||
      (hold.status === 'approved' && request.kind === 'reject') ||
      (hold.status === 'rejected' && request.kind === 'approve');
    if (!isOpen || (hold.decidedAt ?? 0) > request.at) return null;
    return {
      ...hold,
      status: request.kind === 'approve' ? 'approved' : 'rejected',
      decidedAt: request.at,
      decidedBy: request.by,
    };
  });
  return key;
}

async function markObject(pipeline: Pipeline, place: Place, key: string): Promise<void> {
  await untilSettled(async () => {
    const loaded = readRow<ObjectRecord>(
      await pipeline.tables.get('Objects', partitionKeyOf(place), objectRowKey(key)),
    );
    if (loaded === null) return;
    const now = pipeline.clock.now();
    const marked = markDirty(loaded.value, '0', now, now);
    await pipeline.tables.transact('Objects', partitionKeyOf(place), [
      writeObject(marked.record, loaded.etag),
      ...marked.writes,
    ]);
  });
}
