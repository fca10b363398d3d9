import { closeList } from '../../shared/fold/fold-reading.ts';
import { isMember } from '../../shared/fold/fold-member.ts';
import { formatVersion, isNewer } from '../../shared/model/version.ts';
import type { StagedObject } from '../../shared/model/staged-object.ts';
import type { Row } from '../../shared/ports/table-store.ts';
import { indexRowKey, memberRange, objectRange, objectRowKey, rankOf } from '../../shared/state/keys.ts';
import type { MemberRecord, ObjectRecord } from '../../shared/state/object-record.ts';
import { eachPage, type PagedRange } from './each-page.ts';
import { markDirty } from './index-plan.ts';
import { isOvertaken, noteShort, noteUnseen } from './note-import.ts';
import { partitionKeyOf, readRow, untilSettled, writeObject, type Place } from './object-rows.ts';
import { closedList } from './pending-members.ts';
import type { Pipeline } from './pipeline.ts';
import type { ImportCount, ListCount } from './reading-counts.ts';
import { sendCommand } from './send-command.ts';
import { updateMembers } from './update-members.ts';

const recountMs = 5_000;
const pageRows = 1_000;

/** All rows of a range of this partition. */
function pages(
  pipeline: Pipeline,
  place: Place,
  range: { readonly from: string; readonly to: string },
  options: Pick<PagedRange, 'where' | 'keysOnly'>,
  visit: (rows: readonly Row[]) => void,
): Promise<void> {
  return eachPage(pipeline, place, { table: 'Objects', ...range, ...options, limit: pageRows }, visit);
}

/**
 * Have all objects of the import arrived in this partition? While some are missing it waits; once whole, objects that
 * are older and were not seen are looked for one by one at their source. Nothing is deleted here (SPEC I7).
 */
export async function countImport(pipeline: Pipeline, place: Place, rowKey: string): Promise<void> {
  const row = readRow<ImportCount>(await pipeline.tables.get('Objects', partitionKeyOf(place), rowKey));
  if (row === null) return;
  const { value: count } = row;
  let seen = 0;
  await pages(
    pipeline,
    place,
    objectRange(null),
    { where: { seen: count.import }, keysOnly: true },
    (rows) => void (seen += rows.length),
  );
  const now = pipeline.clock.now();
  if (seen < count.expected) {
    // Its objects say by now that they were seen in the later one: it would be counted for an hour in vain.
    if (await isOvertaken(pipeline, place, count)) {
      pipeline.log.info('a later import overtook this one', {
        import: count.import,
        partition: place.partition,
      });
      await pipeline.tables.transact('Objects', partitionKeyOf(place), [{ kind: 'delete', rowKey }]);
      return;
    }
    if (now >= count.giveUpAt) {
      await giveUpImport(pipeline, place, count, seen);
      await pipeline.tables.transact('Objects', partitionKeyOf(place), [{ kind: 'delete', rowKey }]);
      return;
    }
    const later = indexRowKey({
      rank: rankOf('bulk', null),
      due: now + recountMs,
      kind: 'import',
      id: count.import,
    });
    await pipeline.tables.transact('Objects', partitionKeyOf(place), [
      { kind: 'upsert', rowKey: later, content: { data: count } },
      { kind: 'delete', rowKey },
    ]);
    return;
  }
  await probeUnseen(pipeline, place, count);
  await pipeline.tables.transact('Objects', partitionKeyOf(place), [{ kind: 'delete', rowKey }]);
}

/** An object says in which import it was seen last: once a later one has begun to arrive, only that one can be counted. */
async function giveUpImport(
  pipeline: Pipeline,
  place: Place,
  count: ImportCount,
  seen: number,
): Promise<void> {
  const { partition } = place;
  let later = 0;
  await pages(pipeline, place, objectRange(null), {}, (rows) => {
    for (const row of rows) {
      const { seenIn } = (row.data as ObjectRecord).staged;
      const isOther = seenIn !== null && seenIn.id !== count.import;
      if (isOther && isNewer(seenIn.version, count.startedAt)) later += 1;
    }
  });
  if (later > 0) {
    pipeline.log.info('a later import overtook this one', { import: count.import, partition });
    return;
  }
  pipeline.log.error('the import is incomplete: objects that were sent did not arrive', {
    import: count.import,
    partition,
    expected: count.expected,
    seen,
  });
  await noteShort(pipeline, place, count, seen);
}

async function probeUnseen(pipeline: Pipeline, place: Place, count: ImportCount): Promise<void> {
  const unseen: string[] = [];
  await pages(pipeline, place, objectRange(null), {}, (rows) => {
    for (const row of rows) {
      const { staged } = row.data as ObjectRecord;
      if (isUnseen(staged, count)) unseen.push(staged.key);
    }
  });
  if (unseen.length > 0) await noteUnseen(pipeline, place, count, unseen.length);
  for (let at = 0; at < unseen.length; at += 100) {
    const keys = unseen.slice(at, at + 100);
    // One id a partition, import and page: when this turn is repeated, duplicate detection drops the copy.
    await sendCommand(
      pipeline,
      place.connector,
      'probe',
      { keys },
      `q-${count.import}-${place.partition}-${at}`.replaceAll(/[^A-Za-z0-9-]/g, '-'),
    );
  }
  if (unseen.length > 0)
    pipeline.log.info('objects not seen in the import are looked for', {
      import: count.import,
      partition: place.partition,
      objects: unseen.length,
    });
}

function isUnseen(staged: StagedObject, count: ImportCount): boolean {
  // Told deleted in doubt: an import shows nobody who is deleted, so it is asked.
  if (staged.life?.isDeleted === true && staged.doubt !== undefined)
    return isNewer(count.startedAt, staged.doubt);
  if (staged.life?.isDeleted !== false || staged.seenIn?.id === count.import) return false;
  const isOurs = staged.dn?.text.toLowerCase().endsWith(count.namingContext.toLowerCase()) ?? true;
  return (
    isOurs &&
    isNewer(count.startedAt, staged.life.version) &&
    (staged.dn === null || isNewer(count.startedAt, staged.dn.version))
  );
}

/** Closes a whole member list once all of its values have arrived; what it no longer showed becomes a removal. */
export async function countList(pipeline: Pipeline, place: Place, rowKey: string, id: string): Promise<void> {
  const [group = '', attribute = '', versionText = ''] = id.split('|');
  const drop = () => pipeline.tables.transact('Objects', partitionKeyOf(place), [{ kind: 'delete', rowKey }]);
  const rows = await pipeline.tables.getMany('Objects', partitionKeyOf(place), [rowKey, objectRowKey(group)]);
  const row = rows.get(rowKey);
  if (row === undefined) return;
  const { giveUpAt } = row.data as ListCount;
  const loaded = readRow<ObjectRecord>(rows.get(objectRowKey(group)));
  const list = loaded?.value.staged.lists[attribute];
  // A list that is closed already was left by a crash before its removals were marked: that is done again.
  if (list?.total == null || formatVersion(list.version) !== versionText) return drop();
  let arrived = 0;
  await pages(
    pipeline,
    place,
    memberRange(group),
    { where: { list: versionText }, keysOnly: true },
    (rows) => void (arrived += rows.length),
  );
  if (arrived < list.total) {
    const now = pipeline.clock.now();
    if (now >= giveUpAt) {
      pipeline.log.error('a member list is incomplete: values that were sent did not arrive', {
        key: group,
        partition: place.partition,
        expected: list.total,
        seen: arrived,
      });
      await sendCommand(pipeline, place.connector, 'refresh', { requests: [{ key: group }] });
      return drop();
    }
    const due = now + recountMs;
    const later = indexRowKey({ rank: rankOf('bulk', 'group'), due, kind: 'list', id });
    await pipeline.tables.transact('Objects', partitionKeyOf(place), [
      { kind: 'upsert', rowKey: later, content: { data: { giveUpAt } } },
      { kind: 'delete', rowKey },
    ]);
    return;
  }
  const staged = await closeAndMark(pipeline, place, group, attribute, list.version);
  if (staged !== null) await markRemovals(pipeline, place, staged);
  await drop();
}

async function closeAndMark(
  pipeline: Pipeline,
  place: Place,
  group: string,
  attribute: string,
  version: { readonly epoch: number; readonly n: number },
): Promise<StagedObject | null> {
  return untilSettled(async () => {
    const loaded = readRow<ObjectRecord>(
      await pipeline.tables.get('Objects', partitionKeyOf(place), objectRowKey(group)),
    );
    if (loaded === null) return null;
    const staged = closeList(loaded.value.staged, attribute, version);
    const now = pipeline.clock.now();
    const marked = markDirty({ ...loaded.value, staged }, rankOf('bulk', 'group'), now, now);
    await pipeline.tables.transact('Objects', partitionKeyOf(place), [
      writeObject(marked.record, loaded.etag),
      ...marked.writes,
    ]);
    return staged;
  });
}

async function markRemovals(pipeline: Pipeline, place: Place, staged: StagedObject): Promise<void> {
  const range = memberRange(staged.key);
  const gone: string[] = [];
  await pages(pipeline, place, range, {}, (rows) => {
    for (const row of rows) {
      const record = row.data as MemberRecord;
      const isDifferent =
        isMember(record.state, staged.floor, closedList(staged)) !== (record.applied !== null);
      if (isDifferent && record.pending === null) gone.push(row.rowKey.slice(range.from.length));
    }
  });
  await updateMembers(pipeline, place, staged.key, gone, (_member, record) => ({
    ...record,
    pending: record.pending ?? 'ready',
  }));
}
