import { judgeHold, type Hold } from '../../shared/guard/hold.ts';
import { putRow } from '../../shared/state/put-row.ts';
import { readRow, untilSettled, type Loaded, type Place } from './object-rows.ts';
import type { Pipeline } from './pipeline.ts';

export async function loadHold(
  pipeline: Pick<Pipeline, 'tables'>,
  connector: string,
  hash: string,
): Promise<Loaded<Hold> | null> {
  return readRow<Hold>(await pipeline.tables.get('Holds', connector, hash));
}

const cautionOf: Readonly<Record<Hold['cause'], number>> = {
  budget: 0,
  doubt: 1,
  plan: 1,
  vanished: 2,
  anchor: 2,
  mailbox: 2,
};

/**
 * What is held waits for a person, although its budget has room again meanwhile: whether it went would else depend on
 * what happens to touch the object. Only rules published since let the budget be asked anew (ADR 0012), and what was
 * held for caution when there is less cause for caution: a leaver whose tombstone was found has not vanished, and what
 * was read in doubt and is certain now goes to its budget.
 */
export function waitsForPerson(hold: Hold, now: Pick<Hold, 'cause' | 'revision'>): boolean {
  const isOvercautious = cautionOf[hold.cause] > cautionOf[now.cause];
  return hold.status === 'held' && (hold.revision ?? null) === (now.revision ?? null) && !isOvercautious;
}

/** Puts a hold into the table, unless it waits there already or was rejected: that stands for its hash. */
export async function putHold(
  pipeline: Pipeline,
  connector: string,
  hold: Omit<Hold, 'heldAt' | 'status' | 'decidedAt' | 'decidedBy' | 'spentBy'>,
): Promise<void> {
  await untilSettled(async () => {
    const row = await loadHold(pipeline, connector, hold.hash);
    if (row !== null && waitsForPerson(row.value, hold)) return;
    if (row?.value.status === 'rejected') return;
    const isWaiting = row?.value.status === 'held' && row.value.cause === hold.cause;
    const next: Hold = {
      ...hold,
      heldAt: isWaiting ? row.value.heldAt : pipeline.clock.now(),
      status: 'held',
      decidedAt: null,
      decidedBy: null,
      spentBy: null,
    };
    const content = { data: next, tags: { status: next.status, key: next.key } };
    await pipeline.tables.transact('Holds', connector, [putRow(hold.hash, content, row?.etag ?? null)]);
  });
}

/**
 * A permit is spent once, by this attempt; false when it is not there any more (spent or rejected meanwhile). Found spent
 * by this very attempt it is ours: the table took the write, and only its answer was lost.
 */
export async function spendPermit(
  pipeline: Pipeline,
  place: Place,
  hash: string,
  owner: string,
  previousOwner: string | null,
): Promise<boolean> {
  let isSpentByUs = false;
  const isSpent = await changeHold(pipeline, place.connector, hash, (hold) => {
    isSpentByUs = hold.status === 'spent' && hold.spentBy === owner;
    if (isSpentByUs || judgeHold(hold, previousOwner, pipeline.clock.now()) !== 'allowed') return null;
    return { ...hold, status: 'spent', spentBy: owner };
  });
  return isSpent || isSpentByUs;
}

/** Changes a hold by ETag; false when it is gone or `change` declines. */
export async function changeHold(
  pipeline: Pick<Pipeline, 'tables'>,
  connector: string,
  hash: string,
  change: (hold: Hold) => Hold | null,
): Promise<boolean> {
  return untilSettled(async () => {
    const row = await loadHold(pipeline, connector, hash);
    const next = row === null ? null : change(row.value);
    if (row === null || next === null) return false;
    await pipeline.tables.transact('Holds', connector, [
      {
        kind: 'replace',
        rowKey: hash,
        etag: row.etag,
        content: { data: next, tags: { status: next.status, key: next.key } },
      },
    ]);
    return true;
  });
}

/** What was held and is not planned any more closes as overtaken: an approval given later must not carry it out. */
export async function closeHolds(
  pipeline: Pick<Pipeline, 'tables'>,
  connector: string,
  hashes: readonly string[],
): Promise<void> {
  for (const hash of hashes) {
    await changeHold(pipeline, connector, hash, (hold) =>
      hold.status === 'held' || hold.status === 'approved' ? { ...hold, status: 'overtaken' } : null,
    );
  }
}

/** The attempt that spent permits ended without carrying them out, for certain: they may be used again. */
export async function returnPermits(
  pipeline: Pick<Pipeline, 'tables'>,
  connector: string,
  hashes: readonly string[],
  owner: string,
): Promise<void> {
  for (const hash of hashes) {
    await changeHold(pipeline, connector, hash, (hold) =>
      hold.status === 'spent' && hold.spentBy === owner
        ? { ...hold, status: 'approved', spentBy: null }
        : null,
    );
  }
}
