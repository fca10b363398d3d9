/** Objects of bulk that this process looks at, for each write a second that Graph grants to all. */
const looksPerWrite = 2;
/** So much of it may come at once: a small import is over before it is held back. */
const burstMs = 20_000;
/** No turn is promised further ahead. */
const promiseMsMax = 60_000;

/** How fast one process works through bulk, so that it has time left for what is more urgent. */
export interface BulkPace {
  /** Epoch ms from which so many objects may be looked at; `now` when they may be at once, and then they are counted. */
  admit(count: number, now: number): number;
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
  return {
    admit(count, now) {
      free = Math.min(capacity, free + Math.max(0, now - at) * perMs);
      at = Math.max(at, now);
      if (free >= count) {
        free -= count;
        return now;
      }
      // One after another: those who wait do not come back all at once to find that one of them may go.
      const turn = Math.max(now + (count - free) / perMs, promised + count / perMs);
      promised = Math.ceil(Math.min(turn, now + promiseMsMax));
      return promised;
    },
    queueEnd: () => promised,
  };
}
