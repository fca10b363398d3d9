import type { TableStore } from '../../../shared/ports/table-store.ts';
import type { ObjectRecord } from '../../../shared/state/object-record.ts';

/** Objects of one change set, and of one turn of a partition. */
const objectsAFold = 33;
const objectsATurn = 20;

/**
 * What changes need of the state at least, asked of the same account through the same adapter and with rows of the same
 * size, and nothing else: a fold reads objects and writes them with their index rows; a turn looks at the index, reads
 * objects, marks the attempt, writes the journal, reads objects again, and records. Answers changes a second.
 */
export async function tableCeiling(
  tables: TableStore,
  record: ObjectRecord,
  { changes, partitions }: { readonly changes: number; readonly partitions: number },
): Promise<number> {
  const each = Math.ceil(changes / partitions);
  const keysOf = (partition: number) =>
    Array.from({ length: each }, (_, index) => `o|${partition}-${String(index).padStart(6, '0')}`);
  const content = { data: record };
  const all = Array.from({ length: partitions }, (_, index) => index);
  const inAll = (task: (partition: number) => Promise<void>) => Promise.all(all.map(task));
  await inAll(async (partition) => {
    for (const keys of chunks(keysOf(partition), 100))
      await tables.transact(
        'Objects',
        nameOf(partition),
        keys.map((rowKey) => ({ kind: 'upsert', rowKey, content })),
      );
  });
  const startedAt = performance.now();
  await inAll(async (partition) => {
    const place = nameOf(partition);
    for (const keys of chunks(keysOf(partition), objectsAFold)) await foldOf(tables, place, keys, content);
    for (const keys of chunks(keysOf(partition), objectsATurn)) await turnOf(tables, place, keys, content);
  });
  return (each * partitions * 1_000) / (performance.now() - startedAt);
}

const nameOf = (partition: number): string => `ceiling|p${partition}`;
const indexOf = (rowKey: string): string => `i|2|${rowKey.slice(2)}`;

interface Content {
  readonly data: ObjectRecord;
}

async function foldOf(
  tables: TableStore,
  place: string,
  keys: readonly string[],
  content: Content,
): Promise<void> {
  await tables.getMany('Objects', place, keys);
  await tables.transact('Objects', place, [
    ...keys.map((rowKey) => ({ kind: 'upsert', rowKey, content }) as const),
    ...keys.map((rowKey) => ({ kind: 'upsert', rowKey: indexOf(rowKey), content: {} }) as const),
  ]);
}

async function turnOf(
  tables: TableStore,
  place: string,
  keys: readonly string[],
  content: Content,
): Promise<void> {
  await tables.range('Objects', place, { from: 'i|0|', to: 'i|9|', limit: 100, keysOnly: true });
  await tables.getMany('Objects', place, keys);
  const attemptOf = (rowKey: string): string => `${indexOf(rowKey)}|attempt`;
  await tables.transact('Objects', place, [
    ...keys.map((rowKey) => ({ kind: 'upsert', rowKey, content }) as const),
    ...keys.map((rowKey) => ({ kind: 'upsert', rowKey: attemptOf(rowKey), content: {} }) as const),
    ...keys.map((rowKey) => ({ kind: 'delete', rowKey: indexOf(rowKey) }) as const),
  ]);
  await tables.transact(
    'Journal',
    place,
    keys.map((rowKey) => ({ kind: 'upsert', rowKey, content: { data: { line: rowKey } } })),
  );
  await tables.getMany('Objects', place, keys);
  await tables.transact('Objects', place, [
    ...keys.map((rowKey) => ({ kind: 'upsert', rowKey, content }) as const),
    ...keys.map((rowKey) => ({ kind: 'delete', rowKey: attemptOf(rowKey) }) as const),
  ]);
}

function chunks<T>(items: readonly T[], size: number): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}
