import type { Envelope } from '../../shared/contracts/envelope.v1.ts';
import type { Work } from '../../shared/contracts/cloud-work.v1.ts';
import type { OutgoingMessage } from '../../shared/ports/message-sender.ts';
import type { RowWrite } from '../../shared/ports/table-store.ts';
import { workRowKey } from '../../shared/state/keys.ts';
import { idleWork, type WorkRecord } from '../../shared/state/object-record.ts';
import { cloudEnvelope } from './cloud-envelope.ts';
import { partitionKeyOf, readRow, untilSettled, type Loaded, type Place } from './object-rows.ts';
import type { Pipeline } from './pipeline.ts';

/** A work that has not been done so long after its time is taken for lost. */
const overdueMs = 120_000;
/** A scheduled turn is replaced by an earlier one only when that gains more than this. */
const gainMs = 200;

export interface WorkWish {
  /** Epoch ms. */
  readonly at: number;
  readonly rank: string;
  /** Id of the message that causes it. */
  readonly by: string | null;
}

export interface NamedWork {
  readonly write: RowWrite;
  readonly message: OutgoingMessage;
}

/**
 * Names a new work in the partition's `w` row where none is outstanding, where the one that is outstanding is lost, or
 * where it would come too late for something more urgent. Null: the one that is named will do.
 */
export function nameWork(
  pipeline: Pipeline,
  place: Place,
  loaded: Loaded<WorkRecord> | null,
  wish: WorkWish,
): NamedWork | null {
  const now = pipeline.clock.now();
  const before = loaded?.value ?? idleWork;
  const isLost = before.work !== null && before.at + overdueMs < now;
  const isTooLate =
    before.work !== null && before.at > wish.at + gainMs && (before.at > now || wish.rank < before.rank);
  if (before.work !== null && !isLost && !isTooLate) return null;
  return renameWork(pipeline, place, loaded, wish);
}

export function renameWork(
  pipeline: Pipeline,
  place: Place,
  loaded: Loaded<WorkRecord> | null,
  wish: WorkWish,
): NamedWork {
  const work = pipeline.random.id('w');
  const next: WorkRecord = {
    ...(loaded?.value ?? idleWork),
    work,
    at: wish.at,
    rank: wish.rank,
    by: wish.by,
  };
  return { write: writeWork(next, loaded?.etag ?? null), message: workMessage(pipeline, place, next) };
}

export function writeWork(record: WorkRecord, etag: string | null): RowWrite {
  const content = { data: record };
  return etag === null
    ? { kind: 'insert', rowKey: workRowKey, content }
    : { kind: 'replace', rowKey: workRowKey, etag, content };
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

/** Makes sure that a turn will come; for callers with nothing else to write. */
export async function ensureWork(pipeline: Pipeline, place: Place, wish: WorkWish): Promise<void> {
  const message = await untilSettled(async () => {
    const named = nameWork(pipeline, place, await loadWork(pipeline, place), wish);
    if (named === null) return null;
    await pipeline.tables.transact('Objects', partitionKeyOf(place), [named.write]);
    return named.message;
  });
  if (message !== null) await pipeline.sender.send([message]);
}
