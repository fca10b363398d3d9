/** Objects of bulk that this process looks at, for each write a second that Graph grants to all. */
const looksPerWrite = 2;
/** So much of it may come at once: a small import is over before it is held back. */
const burstMs = 20_000;
/** No turn is promised further ahead. */
const promiseMsMax = 60_000;

/** Looked at at the same time: more would not be done sooner, and each would hold its session for longer. */
const lookedAtMax = 120;
/** How long a batch takes, until some have been seen. */
const batchMsFirst = 500;

/** How fast one process works through bulk, so that it has time left for what is more urgent. */
export interface BulkPace {
  /** Epoch ms from which so many objects may be looked at; `now` when they may be at once, and then they are counted. */
  admit(count: number, now: number): number;
  /** So many that were admitted have been looked at, which took so long. */
  leave(count: number, tookMs: number): void;
  /** Epoch ms of the end of the queue of promised turns; in the past where nobody waits. */
  queueEnd(): number;
}

/**
 * While Graph's bucket is full it lets thousands of writes through as fast as they come: with the turns of 64 partitions
 * at once, a process would have no time for a leaver until it is empty. So bulk goes at its own pace from the beginning
 * on; in the long run Graph's quota is the slower of the two (ADR 0016).
 */
export function bulkPace(writesPer150s: number): BulkPace {
  const perMs = (writesPer150s / 150_000) * looksPerWrite;
  const capacity = Math.max(20, perMs * burstMs);
  let free = capacity;
  let at = 0;
  let promised = 0;
  let lookedAt = 0;
  let batchMs = batchMsFirst;
  return {
    admit(count, now) {
      free = Math.min(capacity, free + Math.max(0, now - at) * perMs);
      at = Math.max(at, now);
      const hasRoom = lookedAt === 0 || lookedAt + count <= lookedAtMax;
      if (hasRoom && free >= count) {
        free -= count;
        lookedAt += count;
        return now;
      }
      const spacing = hasRoom ? count / perMs : Math.max(count / perMs, (batchMs * count) / lookedAtMax);
      // One after another: those who wait do not come back all at once to find that one of them may go.
      const turn = Math.max(now + Math.max(1, (count - free) / perMs), Math.max(now, promised) + spacing);
      promised = Math.ceil(Math.min(turn, now + promiseMsMax));
      return promised;
    },
    leave(count, tookMs) {
      lookedAt -= count;
      batchMs += (tookMs - batchMs) / 8;
    },
    queueEnd: () => promised,
  };
}
