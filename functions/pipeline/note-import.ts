import { importNoteRowKey, type ImportNote } from '../../shared/state/import-note.ts';
import { putRow } from '../../shared/state/put-row.ts';
import { readRow, untilSettled, type Place } from './object-rows.ts';
import type { Pipeline } from './pipeline.ts';
import type { ImportCount } from './reading-counts.ts';
import { sendCommand } from './send-command.ts';

/** An import has been sent completely. An older one that is told late changes nothing. */
export async function noteImportEnd(
  pipeline: Pipeline,
  connector: string,
  told: Pick<ImportNote, 'import' | 'namingContext' | 'toldAt' | 'objects' | 'giveUpAt'>,
): Promise<void> {
  await changeNote(pipeline, connector, told.namingContext, (before) => {
    if (before !== null && (before.import === told.import || before.toldAt > told.toldAt)) return null;
    const isRepetition = before !== null && Object.keys(before.short).length > 0;
    return { ...told, short: {}, unseen: {}, isRepetition };
  });
}

/** So many objects of the partition were not seen in the import. */
export async function noteUnseen(
  pipeline: Pipeline,
  place: Place,
  count: ImportCount,
  unseen: number,
): Promise<void> {
  await changeNote(pipeline, place.connector, count.namingContext, (note) =>
    note?.import === count.import ? { ...note, unseen: { ...note.unseen, [place.partition]: unseen } } : null,
  );
}

/**
 * The partition has waited in vain. What was lost is read again by another import, asked for once: whatever lost the
 * messages would lose them again, and reading everything for ever mends nothing.
 */
export async function noteShort(
  pipeline: Pipeline,
  place: Place,
  count: ImportCount,
  seen: number,
): Promise<void> {
  const { connector, partition } = place;
  const note = await changeNote(pipeline, connector, count.namingContext, (before) => {
    if (before?.import !== count.import) return null;
    return { ...before, short: { ...before.short, [partition]: { expected: count.expected, seen } } };
  });
  // The first asks; told again after a crash, it is the first again, and duplicate detection drops the copy.
  if (note === null || note.isRepetition || Object.keys(note.short)[0] !== partition) return;
  const reason = `objects of import ${count.import} were sent and did not arrive`;
  await sendCommand(pipeline, connector, 'full-import', { reason }, `f-${count.import}`);
}

/** Whether a later import of the same naming context has been sent completely. */
export async function isOvertaken(
  pipeline: Pipeline,
  { connector }: Place,
  count: ImportCount,
): Promise<boolean> {
  const rowKey = importNoteRowKey(count.namingContext);
  const note = readRow<ImportNote>(await pipeline.tables.get('Agents', connector, rowKey))?.value;
  return note !== undefined && note.import !== count.import && note.giveUpAt > count.giveUpAt;
}

/** @returns the note as it stands afterwards; null where `change` had nothing to say. */
async function changeNote(
  pipeline: Pipeline,
  connector: string,
  namingContext: string,
  change: (before: ImportNote | null) => ImportNote | null,
): Promise<ImportNote | null> {
  const rowKey = importNoteRowKey(namingContext);
  return untilSettled(async () => {
    const row = readRow<ImportNote>(await pipeline.tables.get('Agents', connector, rowKey));
    const data = change(row?.value ?? null);
    if (data === null) return null;
    await pipeline.tables.transact('Agents', connector, [putRow(rowKey, { data }, row?.etag ?? null)]);
    return data;
  }, pipeline);
}
