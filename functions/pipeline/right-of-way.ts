import type { Clock } from '../../shared/ports/clock.ts';
import type { TableStore } from '../../shared/ports/table-store.ts';

/** Messages of the bulk lane that one process folds at the same time: more only make each other slower. */
const bulkAtOnce = 2;
/** So long others give way to one that is live: it may wait for Graph much longer. */
const liveMsMax = 2_000;
/** After something live has been folded its turn is on its way; bulk that went on meanwhile would be before it. */
const lingerMs = 50;
/** A request of bulk waits for so long: live changes without a pause must not hold up an import for ever. */
const giveWayMsMax = 500;
const lookMs = 10;

/** Lets what is urgent or live pass by bulk within one process: tables and the processor serve them one after another. */
export interface RightOfWay {
  /** Something live is being done. */
  live<T>(work: () => Promise<T>): Promise<T>;
  /** Takes one of few places, for as long as it works. */
  bulk<T>(work: () => Promise<T>): Promise<T>;
  /** The same tables for bulk: each request gives way first. Always the same object, by which those who wait are put together. */
  givingWay(tables: TableStore): TableStore;
}

/** Of one process (ADR 0016). */
export function rightOfWay(clock: Clock): RightOfWay {
  const live = new Set<{ readonly until: number }>();
  const giving = new WeakMap<TableStore, TableStore>();
  let lingersUntil = 0;
  const isFree = (now: number): boolean =>
    now >= lingersUntil && [...live].every(({ until }) => now >= until);
  const giveWay = async (): Promise<void> => {
    const giveUpAt = clock.now() + giveWayMsMax;
    for (let now = clock.now(); now < giveUpAt && !isFree(now); now = clock.now()) await clock.sleep(lookMs);
  };
  return {
    async live(work) {
      const one = { until: clock.now() + liveMsMax };
      live.add(one);
      try {
        return await work();
      } finally {
        live.delete(one);
        lingersUntil = clock.now() + lingerMs;
      }
    },
    bulk: placesFor(bulkAtOnce),
    givingWay(tables) {
      const known = giving.get(tables) ?? behind(tables, giveWay);
      giving.set(tables, known);
      return known;
    },
  };
}

function behind(tables: TableStore, giveWay: () => Promise<void>): TableStore {
  return {
    get: async (...request) => giveWay().then(() => tables.get(...request)),
    getMany: async (...request) => giveWay().then(() => tables.getMany(...request)),
    range: async (...request) => giveWay().then(() => tables.range(...request)),
    transact: async (...request) => giveWay().then(() => tables.transact(...request)),
    async *scan(...request) {
      await giveWay();
      yield* tables.scan(...request);
    },
  };
}

/** At most so many at the same time, in the order in which they came. */
function placesFor(count: number): RightOfWay['bulk'] {
  let free = count;
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await work();
    } finally {
      // The place goes to the next as it is.
      const next = waiting.shift();
      if (next === undefined) free += 1;
      else next();
    }
  };
}
