import { canonical } from '../../shared/plan/operation.ts';
import type { ObjectRecord } from '../../shared/state/object-record.ts';
import {
  ifUnchanged,
  loadObjects,
  partitionKeyOf,
  writeObject,
  type Loaded,
  type Place,
} from './object-rows.ts';
import type { Pipeline } from './pipeline.ts';

/**
 * Writes on the object that an operation is about to stand in table Holds. In this order, since whoever plans the object
 * next closes only what it names: a hold that nobody names stayed open, and could be approved, for ever. Null: the object
 * was changed in between and is looked at again.
 */
export async function noteHold(
  pipeline: Pipeline,
  place: Place,
  loaded: Loaded<ObjectRecord>,
  hash: string,
  kind: 'holds' | 'memberHolds',
): Promise<Loaded<ObjectRecord> | null> {
  const { key } = loaded.value.staged;
  const known = loaded.value[kind] ?? [];
  if (known.includes(hash)) return loaded;
  const noted: ObjectRecord = { ...loaded.value, [kind]: [...known, hash] };
  // Whether it was written is seen by reading, which the new etag needs anyway.
  await ifUnchanged(() =>
    pipeline.tables.transact('Objects', partitionKeyOf(place), [writeObject(noted, loaded.etag)]),
  );
  const now = (await loadObjects(pipeline.tables, place, [key])).get(key);
  return now !== undefined && canonical(now.value) === canonical(noted) ? now : null;
}
