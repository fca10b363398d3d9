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
  return moveIndex({ ...record, parked: null }, { rank: nextRank, due: nextDue });
}

/** Looked at and nothing can be done now: out of the way until something changes. */
export function parkIndex(record: ObjectRecord, cause: ParkCause): Indexed {
  return moveIndex({ ...record, parked: cause }, { rank: parkedRank, due: 0 });
}

export function removeIndex(record: ObjectRecord): Indexed {
  if (record.index === null) return { record: { ...record, parked: null }, writes: [] };
  return {
    record: { ...record, index: null, parked: null },
    writes: [{ kind: 'delete', rowKey: record.index }],
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
