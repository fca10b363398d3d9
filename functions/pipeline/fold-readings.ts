import type { Envelope } from '../../shared/contracts/envelope.v1.ts';
import type { ImportComplete, ListComplete, Vanished } from '../../shared/contracts/reading.v1.ts';
import { SyncError } from '../../shared/errors/sync-error.ts';
import { foldListComplete, foldVanished } from '../../shared/fold/fold-reading.ts';
import { partitionOf, partitions } from '../../shared/model/partition.ts';
import { formatVersion } from '../../shared/model/version.ts';
import type { OutgoingMessage } from '../../shared/ports/message-sender.ts';
import { indexRowKey, objectRowKey, rankOf, workRowKey } from '../../shared/state/keys.ts';
import { newRecord, type ObjectRecord, type WorkRecord } from '../../shared/state/object-record.ts';
import { checkVersion } from './check-version.ts';
import { markDirty } from './index-plan.ts';
import { noteImportEnd } from './note-import.ts';
import { partitionKeyOf, readRow, untilSettled, writeObject, type Place } from './object-rows.ts';
import type { Pipeline } from './pipeline.ts';
import type { ImportCount, ListCount } from './reading-counts.ts';
import { ensureWork, nameWork, repeatedWork, type WorkWish } from './work.ts';

const importPatienceMs = 3_600_000;

/** The end of a whole member list: its total is stored, and a due row counts until all of it has arrived. */
export async function foldListEnd(
  pipeline: Pipeline,
  envelope: Envelope,
  complete: ListComplete,
): Promise<void> {
  checkVersion(pipeline, envelope, complete.version);
  const place = placeOfKey(envelope, complete.key);
  await settleAndSend(pipeline, place, { rank: '3', by: envelope.id }, async () => {
    const now = pipeline.clock.now();
    const rows = await pipeline.tables.getMany('Objects', partitionKeyOf(place), [
      workRowKey,
      objectRowKey(complete.key),
    ]);
    const loaded = readRow<ObjectRecord>(rows.get(objectRowKey(complete.key)));
    const work = readRow<WorkRecord>(rows.get(workRowKey));
    const staged = foldListComplete(loaded?.value.staged ?? null, complete);
    const record = { ...(loaded?.value ?? newRecord(staged)), staged };
    const count: ListCount = { giveUpAt: Date.parse(envelope.createdAt) + importPatienceMs };
    const rowKey = indexRowKey({
      rank: rankOf('bulk', 'group'),
      due: now,
      kind: 'list',
      id: `${complete.key}|${complete.attribute.toLowerCase()}|${formatVersion(complete.version)}`,
    });
    const named = nameWork(pipeline, place, work, { at: now, rank: '3', by: envelope.id });
    await pipeline.tables.transact('Objects', partitionKeyOf(place), [
      writeObject(record, loaded?.etag ?? null),
      { kind: 'upsert', rowKey, content: { data: count } },
      ...(named === null ? [] : [named.write]),
    ]);
    return named?.message ?? repeatedWork(pipeline, place, work, envelope.id);
  });
}

/** The end of an import: every partition counts for itself what it has seen of it. Absence by itself deletes nothing. */
export async function foldImportEnd(
  pipeline: Pipeline,
  envelope: Envelope,
  complete: ImportComplete,
): Promise<void> {
  checkVersion(pipeline, envelope, complete.startedAt);
  const toldAt = Date.parse(envelope.createdAt);
  await noteImportEnd(pipeline, envelope.connector, {
    import: complete.import,
    namingContext: complete.namingContext,
    toldAt,
    objects: Object.values(complete.counts).reduce((sum, count) => sum + count, 0),
    giveUpAt: toldAt + importPatienceMs,
  });
  await Promise.all(
    partitions.map(async (partition) => {
      const place = { connector: envelope.connector, partition };
      await settleAndSend(pipeline, place, { rank: '2', by: envelope.id }, async () => {
        const now = pipeline.clock.now();
        const work = readRow<WorkRecord>(
          await pipeline.tables.get('Objects', partitionKeyOf(place), workRowKey),
        );
        const count: ImportCount = {
          import: complete.import,
          namingContext: complete.namingContext,
          startedAt: complete.startedAt,
          expected: complete.counts[partition] ?? 0,
          giveUpAt: Date.parse(envelope.createdAt) + importPatienceMs,
        };
        const rowKey = indexRowKey({
          rank: rankOf('bulk', null),
          due: Date.parse(envelope.createdAt),
          kind: 'import',
          id: complete.import,
        });
        const named = nameWork(pipeline, place, work, { at: now, rank: '2', by: envelope.id });
        await pipeline.tables.transact('Objects', partitionKeyOf(place), [
          { kind: 'upsert', rowKey, content: { data: count } },
          ...(named === null ? [] : [named.write]),
        ]);
        return named?.message ?? repeatedWork(pipeline, place, work, envelope.id);
      });
    }),
  );
}

/** A probe found nothing: held for a person, never deleted by itself. */
export async function foldVanishedKeys(
  pipeline: Pipeline,
  envelope: Envelope,
  vanished: Vanished,
): Promise<void> {
  checkVersion(pipeline, envelope, vanished.version);
  for (const key of vanished.keys) {
    const place = placeOfKey(envelope, key);
    await settleAndSend(pipeline, place, { rank: '1', by: envelope.id }, async () => {
      const now = pipeline.clock.now();
      const rows = await pipeline.tables.getMany('Objects', partitionKeyOf(place), [
        workRowKey,
        objectRowKey(key),
      ]);
      const loaded = readRow<ObjectRecord>(rows.get(objectRowKey(key)));
      const work = readRow<WorkRecord>(rows.get(workRowKey));
      if (loaded === null) return null;
      const staged = foldVanished(loaded.value.staged, vanished.version);
      if (staged === loaded.value.staged) return repeatedWork(pipeline, place, work, envelope.id);
      const marked = markDirty({ ...loaded.value, staged }, '1', now, now);
      const named = nameWork(pipeline, place, work, { at: now, rank: '1', by: envelope.id });
      await pipeline.tables.transact('Objects', partitionKeyOf(place), [
        writeObject(marked.record, loaded.etag),
        ...marked.writes,
        ...(named === null ? [] : [named.write]),
      ]);
      return named?.message ?? repeatedWork(pipeline, place, work, envelope.id);
    });
  }
}

/** Where no work was named, the turn that was under way may have ended between look and write; see foldChangeSet. */
async function settleAndSend(
  pipeline: Pipeline,
  place: Place,
  wish: Pick<WorkWish, 'rank' | 'by'>,
  attempt: () => Promise<OutgoingMessage | null>,
): Promise<void> {
  const message = await untilSettled(attempt, pipeline);
  if (message !== null) await pipeline.sender.send([message]);
  else await ensureWork(pipeline, place, { ...wish, at: pipeline.clock.now() });
}

function placeOfKey(envelope: Envelope, key: string): Place {
  const partition = partitionOf(envelope.connector, key);
  if (envelope.partition !== null && envelope.partition !== partition) {
    throw new SyncError('CONTRACT_INVALID', 'the key belongs to another partition than the envelope names', {
      context: { message: envelope.id, key },
    });
  }
  return { connector: envelope.connector, partition };
}
