import type { TableStore } from '../ports/table-store.ts';
import { drawBlock, reportThrottled, type GraphQuota } from './graph-quota.ts';
import type { Draw, Grant, WritePriority } from './write-bucket.ts';

/** The writes that this process may send: one for all slices, so that what one leaves over serves the next. */
export interface TokenPurse {
  /** Up to `want` writes, from what is left here or from the shared row. */
  take(request: Draw): Promise<Grant>;
  /** What a slice did not spend, with the lane and the end of the grant it came from. */
  putBack(left: {
    readonly count: number;
    readonly priority: WritePriority;
    readonly spendUntilMs: number;
  }): void;
  /** The service answered 429: what is here is void, and all instances wait. */
  throttled(wait: { readonly now: number; readonly until: number }): Promise<void>;
}

const rank: Readonly<Record<WritePriority, number>> = { urgent: 0, live: 1, bulk: 2 };

/** More than a slice of twenty objects is never of use within the time of a grant. */
const spareMax = 20;

type Held = Parameters<TokenPurse['putBack']>[0];

export function tokenPurse(store: TableStore, quota: GraphQuota): TokenPurse {
  let held: readonly Held[] = [];
  let turn: Promise<unknown> = Promise.resolve();

  /**
   * By lane, how much is drawn beyond the need: half as much after a block of which something was left when its time had
   * passed, twice as much after one that was used up. Writes now and then, in many processes, would else take a block
   * each and leave nothing of the quota to those who have work. (What was left cannot go back: the service's own bucket
   * may have been full meanwhile, and then it never had a token for it.)
   */
  const spare: Record<WritePriority, number> = {
    urgent: spareMax,
    live: spareMax,
    bulk: spareMax,
  };
  const hasExpired: Record<WritePriority, boolean> = { urgent: false, live: false, bulk: false };

  const drawMore = (request: Draw): Promise<Grant> => {
    const { priority, want, need = want } = request;
    spare[priority] = hasExpired[priority]
      ? Math.floor(spare[priority] / 2)
      : Math.min(spareMax, Math.max(1, spare[priority] * 2));
    hasExpired[priority] = false;
    return drawBlock(store, quota, { ...request, want: Math.min(want, need + spare[priority]) });
  };

  /** A slice may use what was drawn for its lane or for one behind it: those left more in the bucket. */
  const fromHeld = ({ now, want, priority }: Draw): Grant => {
    let granted = 0;
    let spendUntilMs = Number.POSITIVE_INFINITY;
    const rest: Held[] = [];
    for (const block of held) {
      if (block.spendUntilMs <= now) {
        hasExpired[block.priority] = true;
        continue;
      }
      const usable = rank[block.priority] >= rank[priority] ? Math.min(want - granted, block.count) : 0;
      granted += usable;
      if (usable > 0) spendUntilMs = Math.min(spendUntilMs, block.spendUntilMs);
      if (block.count > usable) rest.push({ ...block, count: block.count - usable });
    }
    held = rest;
    return { granted, waitUntilMs: now, readyMs: now, spendUntilMs };
  };

  return {
    take(request) {
      // One at a time: slices of one process would only take the row's etag from each other.
      const drawing = turn.then(async () => {
        const grant = fromHeld(request);
        return grant.granted > 0 ? grant : drawMore(request);
      });
      turn = drawing.catch(() => undefined);
      return drawing;
    },
    putBack(left) {
      if (left.count > 0) held = [...held, left];
    },
    async throttled({ now, until }) {
      held = [];
      await reportThrottled(store, quota, { now, until });
    },
  };
}
