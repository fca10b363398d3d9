import { SyncError } from '../../shared/errors/sync-error.ts';
import { formatVersion } from '../../shared/model/version.ts';
import type { Clock } from '../../shared/ports/clock.ts';
import type { Random } from '../../shared/ports/random.ts';
import type { Row, RowWrite, TableStore } from '../../shared/ports/table-store.ts';
import { memberRowKey, objectRowKey, objectsPartition } from '../../shared/state/keys.ts';
import type { MemberRecord, ObjectRecord } from '../../shared/state/object-record.ts';
import { putRow } from '../../shared/state/put-row.ts';
import { gather } from './gather.ts';
import type { Indexed } from './index-plan.ts';

export interface Loaded<T> {
  readonly value: T;
  readonly etag: string;
}

export interface Place {
  readonly connector: string;
  readonly partition: string;
}

export const partitionKeyOf = (place: Place): string => objectsPartition(place.connector, place.partition);

export function readRow<T>(row: Row | undefined): Loaded<T> | null {
  return row === undefined ? null : { value: row.data as T, etag: row.etag };
}

export async function loadObjects(
  tables: TableStore,
  place: Place,
  keys: readonly string[],
): Promise<Map<string, Loaded<ObjectRecord>>> {
  const rows = await tables.getMany('Objects', partitionKeyOf(place), keys.map(objectRowKey));
  const found = new Map<string, Loaded<ObjectRecord>>();
  for (const key of keys) {
    const loaded = readRow<ObjectRecord>(rows.get(objectRowKey(key)));
    if (loaded !== null) found.set(key, loaded);
  }
  return found;
}

/** The object's row; tags say in which import it was seen last and whether it is linked, for counting without reading. */
export function writeObject(record: ObjectRecord, etag: string | null): RowWrite {
  const content = {
    data: record,
    tags: {
      seen: record.staged.seenIn?.id ?? '',
      linked: record.link?.state === 'live',
      sync: record.link?.sync ?? '',
    },
  };
  const rowKey = objectRowKey(record.staged.key);
  return putRow(rowKey, content, etag);
}

export function writeMember(
  group: string,
  member: string,
  record: MemberRecord,
  etag: string | null,
): RowWrite {
  const { list } = record.state;
  const content = { data: record, tags: { list: list === null ? '' : formatVersion(list) } };
  const rowKey = memberRowKey(group, member);
  return putRow(rowKey, content, etag);
}

/** Bound on repeating a read-decide-write: dozens at once on one row settle well before. */
const conflictsMax = 40;
const pauseMaxMs = 400;

/**
 * Repeats `attempt` while somebody else changes the rows in between; everything inside reads anew. Pauses of random
 * length keep those who met from meeting again.
 */
export async function untilSettled<T>(
  attempt: () => Promise<T>,
  source?: { readonly clock: Clock; readonly random: Random },
): Promise<T> {
  for (let count = 1; ; count += 1) {
    try {
      return await attempt();
    } catch (error) {
      const isConflict = error instanceof SyncError && error.code === 'STATE_CONFLICT';
      if (!isConflict || count >= conflictsMax) throw error;
      // The first repetition comes at once: mostly there is one other, and it is done.
      if (source !== undefined && count > 1)
        await source.clock.sleep(source.random.fraction() * Math.min(pauseMaxMs, 5 * 2 ** count));
    }
  }
}

/** Packs groups of writes that belong together into transactions of at most `max` rows. */
export function inChunks(groups: readonly (readonly RowWrite[])[], max: number): RowWrite[][] {
  const chunks: RowWrite[][] = [];
  let current: RowWrite[] = [];
  for (const group of groups) {
    if (current.length > 0 && current.length + group.length > max) {
      chunks.push(current);
      current = [];
    }
    current.push(...group);
  }
  if (current.length > 0) chunks.push(current);
  return chunks;
}

const rowsMax = 100;

/**
 * Writes groups of rows in as few transactions as take them. What objects have grown to is not known to who packed the
 * message, so what is too large is halved down to single groups.
 */
export async function transactGroups(
  pipeline: { readonly tables: TableStore },
  place: Place,
  groups: readonly (readonly RowWrite[])[],
): Promise<void> {
  const writes = groups.flat();
  if (writes.length === 0) return;
  const isOne = groups.length === 1;
  if (isOne || writes.length <= rowsMax) {
    const written = await unlessTooLarge(isOne, () =>
      pipeline.tables.transact('Objects', partitionKeyOf(place), writes).then(() => true),
    );
    if (written !== null) return;
  }
  const middle = Math.ceil(groups.length / 2);
  await transactGroups(pipeline, place, groups.slice(0, middle));
  await transactGroups(pipeline, place, groups.slice(middle));
}

/** Null: too large, and less is to be tried; what cannot be less throws. */
export async function unlessTooLarge<T>(isLeast: boolean, write: () => Promise<T>): Promise<T | null> {
  try {
    return await write();
  } catch (error) {
    if (!isLeast && error instanceof SyncError && error.code === 'STATE_TOO_LARGE') return null;
    throw error;
  }
}

/** False when somebody else changed a row in between. */
export async function ifUnchanged(write: () => Promise<void>): Promise<boolean> {
  try {
    await write();
    return true;
  } catch (error) {
    if (error instanceof SyncError && error.code === 'STATE_CONFLICT') return false;
    throw error;
  }
}

/** What one object came to, on its way into the table with others. */
interface Store {
  readonly writes: readonly RowWrite[];
  /** What only this object met. */
  failure?: Error;
}

/** Object, new and old index row each: within the hundred rows of a transaction. */
const storesAtOnce = 33;

/**
 * Stores an object with its index row; a fold that came in between wins, and the object stays due. What objects of one
 * partition come to at the same time goes into one transaction; where that fails, each is stored by itself.
 */
export async function storeIndexed(
  pipeline: { readonly tables: TableStore },
  place: Place,
  loaded: Loaded<ObjectRecord>,
  indexed: Indexed,
): Promise<null> {
  const store: Store = { writes: [writeObject(indexed.record, loaded.etag), ...indexed.writes] };
  await gather(pipeline.tables, `stores ${partitionKeyOf(place)}`, [store], async (all) => {
    for (let at = 0; at < all.length; at += storesAtOnce)
      await storeSome(pipeline, place, all.slice(at, at + storesAtOnce));
  });
  if (store.failure !== undefined) throw store.failure;
  return null;
}

async function storeSome(
  pipeline: { readonly tables: TableStore },
  place: Place,
  stores: readonly Store[],
): Promise<void> {
  const writeAll = (some: readonly Store[]): Promise<boolean> =>
    ifUnchanged(() =>
      pipeline.tables.transact(
        'Objects',
        partitionKeyOf(place),
        some.flatMap(({ writes }) => writes),
      ),
    );
  try {
    if ((await writeAll(stores)) || stores.length === 1) return;
  } catch (error) {
    // One of them may be too large or meet a defect, which is not the others' affair; an outage is everybody's.
    if (stores.length === 1 || isUnreachable(error)) throw error;
  }
  for (const store of stores) {
    try {
      await writeAll([store]);
    } catch (error) {
      if (isUnreachable(error)) throw error;
      store.failure = error instanceof Error ? error : new Error('no error was thrown');
    }
  }
}

const isUnreachable = (error: unknown): boolean =>
  error instanceof SyncError && error.code === 'STATE_UNREACHABLE';
