/**
 * The token bucket of writes that all instances share, as values: what the Quota row holds and how it changes.
 *
 * Microsoft Graph counts 3,000 writes in 150 s for one app in one tenant as a token bucket (facts.md, Graph limits). Ours
 * is smaller by what refills while a granted block is being spent, so however late within that time the requests leave,
 * the service's own bucket has a token for each.
 */
export type WritePriority = 'urgent' | 'live' | 'bulk';

export interface WriteBucket {
  /** Tokens at the moment `at`. */
  readonly tokens: number;
  /** Epoch ms; in the future after a 429, since nothing counts as refilled before the service takes writes again. */
  readonly at: number;
  /** Epoch ms until which the service asked to wait; 0 if it never did. */
  readonly blockedUntil: number;
  /** Epoch ms of the last turn that was promised to a lane that found no tokens. */
  readonly promised: Readonly<Record<WritePriority, number>>;
}

const windowMs = 150_000;
/** A granted block is spent within this time or not at all. */
export const spendMsMax = 5_000;
/** No turn is promised further ahead: by then priorities and rules may have changed. */
const promiseMsMax = 60_000;
/** Share of the bucket that a lane leaves to those before it. */
const floorShare: Readonly<Record<WritePriority, number>> = { urgent: 0, live: 0.05, bulk: 0.25 };
/** Fewer than this are no block: crumbs would turn member PATCHes of 20 into many small ones. */
const blockMin: Readonly<Record<WritePriority, number>> = { urgent: 1, live: 4, bulk: 20 };

export interface BucketSize {
  readonly capacity: number;
  readonly tokensPerMs: number;
}

export function bucketSize(writesPer150s: number, burst = writesPer150s): BucketSize {
  const tokensPerMs = writesPer150s / windowMs;
  return { capacity: Math.max(1, burst - tokensPerMs * spendMsMax), tokensPerMs };
}

export function fullBucket(size: BucketSize, now: number): WriteBucket {
  return { tokens: size.capacity, at: now, blockedUntil: 0, promised: { urgent: 0, live: 0, bulk: 0 } };
}

/** Instances' clocks differ a little: a bucket written "later" than now is taken as it stands. */
function refilled(bucket: WriteBucket, size: BucketSize, now: number): WriteBucket {
  if (now <= bucket.at) return bucket;
  return {
    ...bucket,
    tokens: Math.min(size.capacity, bucket.tokens + (now - bucket.at) * size.tokensPerMs),
    at: now,
  };
}

export interface Draw {
  readonly now: number;
  readonly want: number;
  /** What the asker cannot do without; what is wanted beyond it is for those who come next. `want` where absent. */
  readonly need?: number;
  readonly priority: WritePriority;
}

export interface Grant {
  /** Writes that may be sent before `spendUntilMs`; 0: none. */
  readonly granted: number;
  /** Epoch ms at which to draw again; `now` when something was granted. */
  readonly waitUntilMs: number;
  /** Epoch ms from which the lane has tokens at all, whoever's turn it is then. */
  readonly readyMs: number;
  /** Epoch ms after which what was granted is void: later requests would meet a bucket that has been drawn from again. */
  readonly spendUntilMs: number;
}

/**
 * Takes up to `want` tokens, leaving the lane's floor. Where there are too few, a turn is promised instead: turns of a
 * lane lie one block's refill apart, so that waiting slices come back one after another and not all at once. A promise
 * takes no tokens: whoever is there first may use them, and none is lost with an instance that does not come back.
 */
export function draw(
  bucket: WriteBucket,
  size: BucketSize,
  { now, want, need = want, priority }: Draw,
): { bucket: WriteBucket; grant: Grant } {
  const current = refilled(bucket, size, now);
  const share = floorShare[priority];
  const least = Math.min(need, blockMin[priority], Math.max(1, Math.floor(size.capacity * (1 - share))));
  const free = current.tokens - share * reserve(current, size);
  const granted = Math.min(want, Math.floor(free + 1e-9));
  if (granted >= least && now >= current.at)
    return {
      bucket: { ...current, tokens: current.tokens - granted },
      grant: { granted, waitUntilMs: now, readyMs: now, spendUntilMs: now + spendMsMax },
    };
  const readyMs = Math.ceil(Math.max(now, current.at) + refillMs(current, size, share, least - free));
  const behind = current.promised[priority] + refillMs(current, size, share, least);
  const turn = Math.ceil(Math.min(Math.max(readyMs, behind), Math.max(readyMs, now + promiseMsMax)));
  return {
    bucket: { ...current, promised: { ...current.promised, [priority]: turn } },
    grant: { granted: 0, waitUntilMs: Math.max(turn, now + 1), readyMs, spendUntilMs: now },
  };
}

/**
 * What the floors are shares of: the whole bucket, and after a 429 only what has refilled since. Else a bucket found
 * empty would keep live writes waiting for seven seconds and bulk for forty, though the service takes writes again.
 */
function reserve({ at, blockedUntil }: WriteBucket, size: BucketSize): number {
  return Math.min(size.capacity, Math.max(0, at - blockedUntil) * size.tokensPerMs);
}

/** How long it takes until `count` more tokens are free for a lane. */
function refillMs(bucket: WriteBucket, size: BucketSize, share: number, count: number): number {
  if (count <= 0) return 0;
  const growingMs = (size.capacity - reserve(bucket, size)) / size.tokensPerMs;
  const slowly = size.tokensPerMs * (1 - share);
  if (count <= growingMs * slowly) return count / slowly;
  return growingMs + (count - growingMs * slowly) / size.tokensPerMs;
}

/** The service said 429: nobody writes before `until`, and what the bucket held was not true. */
export function throttled(bucket: WriteBucket, size: BucketSize, now: number, until: number): WriteBucket {
  const current = refilled(bucket, size, now);
  return {
    ...current,
    tokens: 0,
    at: Math.max(current.at, until),
    blockedUntil: Math.max(current.blockedUntil, until),
  };
}
