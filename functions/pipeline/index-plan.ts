import type { RowWrite } from '../../shared/ports/table-store.ts';
import { indexRowKey, parkedRank, parseIndexRowKey } from '../../shared/state/keys.ts';
import type { ObjectRecord, ParkCause } from '../../shared/state/object-record.ts';

/** A record with the writes that keep its one index row in step; both go into one transaction. */
export interface Indexed {
  readonly record: ObjectRecord;
  readonly writes: readonly RowWrite[];
}

/**
 * Something changed that concerns the object: it is to be looked at, no later and no less urgently than before.
 * While a write is under way its index row stays where it is (due when the attempt runs out); whoever records the
 * write sees `isDirty` and moves it.
 */
export function markDirty(record: ObjectRecord, rank: string, due: number, now: number): Indexed {
  const existing = record.index === null ? null : parseIndexRowKey(record.index);
  const isUnderWay = record.attempt !== null && record.attempt.until > now;
  if (isUnderWay && existing !== null) return { record: { ...record, isDirty: true }, writes: [] };
  const isActive = existing !== null && existing.rank !== parkedRank;
  const nextRank = isActive && existing.rank < rank ? existing.rank : rank;
  const nextDue = isActive && record.failure === null ? Math.min(existing.due, due) : due;
  // An attempt that has run out may still be recorded by its owner, who was stopped for a while.
  const isDirty = record.isDirty || record.attempt !== null;
  return moveIndex({ ...record, parked: null, isDirty }, { rank: nextRank, due: nextDue });
}

/** Looked at and nothing can be done now: out of the way until something changes. */
export function parkIndex(record: ObjectRecord, cause: ParkCause): Indexed {
  const { sourceAt: _told, ...settled } = record;
  const moved = moveIndex({ ...settled, parked: cause, isDirty: false }, { rank: parkedRank, due: 0 });
  const { index } = moved.record;
  if (index === null) return moved;
  // The cause stands on the index row too, so that it can be counted without reading the objects.
  const row: RowWrite = { kind: 'upsert', rowKey: index, content: { tags: { cause } } };
  return { ...moved, writes: [row, ...moved.writes.filter(({ rowKey }) => rowKey !== index)] };
}

export function removeIndex(record: ObjectRecord): Indexed {
  const { sourceAt: _told, ...settled } = record;
  return {
    record: { ...settled, index: null, parked: null, isDirty: false },
    writes: record.index === null ? [] : [{ kind: 'delete', rowKey: record.index }],
  };
}

export function moveIndex(
  record: ObjectRecord,
  to: { readonly rank: string; readonly due: number },
): Indexed {
  const rowKey = indexRowKey({ ...to, kind: 'object', id: record.staged.key });
  if (rowKey === record.index) return { record, writes: [] };
  const writes: RowWrite[] = [{ kind: 'upsert', rowKey, content: {} }];
  if (record.index !== null) writes.push({ kind: 'delete', rowKey: record.index });
  return { record: { ...record, index: rowKey }, writes };
}
