import type { Envelope } from '../../shared/contracts/envelope.v1.ts';
import type { Work } from '../../shared/contracts/cloud-work.v1.ts';
import type { OutgoingMessage } from '../../shared/ports/message-sender.ts';
import type { RowWrite } from '../../shared/ports/table-store.ts';
import { priorityOf, workRowKey } from '../../shared/state/keys.ts';
import { idleWork, type WorkRecord } from '../../shared/state/object-record.ts';
import { putRow } from '../../shared/state/put-row.ts';
import { cloudEnvelope } from './cloud-envelope.ts';
import { partitionKeyOf, readRow, untilSettled, type Loaded, type Place } from './object-rows.ts';
import type { Pipeline } from './pipeline.ts';

/** A work that has not been done so long after its time may be lost: it is sent again. */
const overdueMs = 120_000;
/** A scheduled turn is replaced by an earlier one only when that gains more than this. */
const gainMs = 200;

export interface WorkWish {
  /** Epoch ms. */
  readonly at: number;
  readonly rank: string;
  /** Who causes it: the message, or a caller that will come again by the same name when its sending fails. */
  readonly by: string | null;
  /** Of the rules that whoever takes the turn must know. */
  readonly generation?: number;
}

export interface NamedWork {
  readonly write: RowWrite;
  readonly message: OutgoingMessage;
}

/**
 * Names a new work in the partition's `w` row where none is outstanding, or where the one that is would come too late
 * for something more urgent. One that is overdue keeps its name and is sent again: it may only be on its way behind a
 * long queue, where duplicate detection drops the copy, and a new name would make it void there. Once the ten minutes of
 * that detection are over, the copy is delivered. Null: the one that is named will do.
 */
export function nameWork(
  pipeline: Pipeline,
  place: Place,
  loaded: Loaded<WorkRecord> | null,
  wish: WorkWish,
): NamedWork | null {
  const now = pipeline.clock.now();
  // Before its lane has tokens, or out of its turn, it could only be put off again.
  const priority = priorityOf(wish.rank);
  const at = Math.max(wish.at, pipeline.tokens.readyAt(priority), pipeline.tokens.queueEnd(priority));
  if (loaded?.value.work == null) return renameWork(pipeline, place, loaded, { ...wish, at });
  const { value: before, etag } = loaded;
  if (before.at > at + gainMs && (before.at > now || wish.rank < before.rank))
    return renameWork(pipeline, place, loaded, { ...wish, at });
  if (before.at + overdueMs >= now) return null;
  const again: WorkRecord = { ...before, at: now, by: wish.by };
  return { write: writeWork(again, etag), message: workMessage(pipeline, place, again) };
}

export function renameWork(
  pipeline: Pipeline,
  place: Place,
  loaded: Loaded<WorkRecord> | null,
  wish: WorkWish,
): NamedWork {
  const work = pipeline.random.id('w');
  const before = loaded?.value ?? idleWork;
  const next: WorkRecord = {
    ...before,
    generation: Math.max(before.generation, wish.generation ?? 0),
    work,
    at: wish.at,
    rank: wish.rank,
    by: wish.by,
  };
  return { write: writeWork(next, loaded?.etag ?? null), message: workMessage(pipeline, place, next) };
}

export function writeWork(record: WorkRecord, etag: string | null): RowWrite {
  const content = { data: record };
  return putRow(workRowKey, content, etag);
}

/** The message id is the work's name: sending it again is dropped by duplicate detection. */
export function workMessage(pipeline: Pipeline, place: Place, record: WorkRecord): OutgoingMessage {
  const work = record.work ?? '';
  const payload: Work = { work };
  const envelope: Envelope = cloudEnvelope(pipeline, 'work', place, payload, work);
  const isLater = record.at > pipeline.clock.now() + 5;
  return {
    queue: 'changes',
    envelope,
    sessionId: place.partition,
    ...(isLater ? { notBefore: record.at } : {}),
  };
}

/** The message that named the outstanding work has come again: its sending may not have happened. */
export function repeatedWork(
  pipeline: Pipeline,
  place: Place,
  loaded: Loaded<WorkRecord> | null,
  messageId: string,
): OutgoingMessage | null {
  if (loaded?.value.work == null || loaded.value.by !== messageId) return null;
  return workMessage(pipeline, place, loaded.value);
}

export async function loadWork(pipeline: Pipeline, place: Place): Promise<Loaded<WorkRecord> | null> {
  return readRow<WorkRecord>(await pipeline.tables.get('Objects', partitionKeyOf(place), workRowKey));
}

/**
 * Makes sure that a turn will come; for callers with nothing else to write. One who comes again by the same `by` while
 * its work is outstanding sends it again: the sending may be what failed.
 */
export async function ensureWork(
  pipeline: Pipeline,
  place: Place,
  wish: WorkWish,
  /** All who wish it together. */
  names: readonly string[] = wish.by === null ? [] : [wish.by],
): Promise<void> {
  const message = await untilSettled(async () => {
    const loaded = await loadWork(pipeline, place);
    const named = nameWork(pipeline, place, loaded, wish);
    if (named === null) {
      const by = names.find((name) => name === loaded?.value.by);
      return by === undefined ? null : repeatedWork(pipeline, place, loaded, by);
    }
    await pipeline.tables.transact('Objects', partitionKeyOf(place), [named.write]);
    return named.message;
  }, pipeline);
  if (message !== null) await pipeline.sender.send([message]);
}
