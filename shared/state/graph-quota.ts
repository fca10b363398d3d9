import { putRow } from './put-row.ts';
import { SyncError } from '../errors/sync-error.ts';
import type { Row, TableStore } from '../ports/table-store.ts';
import {
  bucketSize,
  draw,
  fullBucket,
  throttled,
  type BucketSize,
  type Draw,
  type Grant,
  type WriteBucket,
} from './write-bucket.ts';

/** Whose writes are counted: one row each. */
export interface GraphQuota {
  readonly app: string;
  readonly tenant: string;
  readonly writesPer150s: number;
  /** How many of them may come at once; all where absent. */
  readonly burst?: number;
}

const sizeOf = (quota: GraphQuota): BucketSize => bucketSize(quota.writesPer150s, quota.burst);

const table = 'Quota';
const rowKey = 'graph-writes';
/** Ten losses in a row against other instances mean that the row is busy; the asker comes back in a moment. */
const triesMax = 10;
const busyMs = 250;

/** Draws one block of writes; granted 0 tells when to draw again. */
export async function drawBlock(store: TableStore, quota: GraphQuota, request: Draw): Promise<Grant> {
  const size = sizeOf(quota);
  const result = await change(store, quota, request.now, (bucket) => {
    const { bucket: next, grant } = draw(bucket, size, request);
    return { next, result: grant };
  });
  const later = request.now + busyMs;
  return result ?? { granted: 0, waitUntilMs: later, readyMs: later, spendUntilMs: request.now };
}

/** Writes the service's wish to wait for all instances; best effort, since every instance meets the 429 itself. */
export async function reportThrottled(
  store: TableStore,
  quota: GraphQuota,
  { now, until }: { readonly now: number; readonly until: number },
): Promise<void> {
  const size = sizeOf(quota);
  await change(store, quota, now, (bucket) => ({ next: throttled(bucket, size, now, until), result: true }));
}

/** Read, decide, write under the row's etag; undefined when others were faster every time. */
async function change<T>(
  store: TableStore,
  quota: GraphQuota,
  now: number,
  decide: (bucket: WriteBucket) => { readonly next: WriteBucket; readonly result: T },
): Promise<T | undefined> {
  const partition = `${quota.app}|${quota.tenant}`;
  const size = sizeOf(quota);
  for (let attempt = 1; attempt <= triesMax; attempt++) {
    const row = await store.get(table, partition, rowKey);
    const { next, result } = decide(bucketOf(row, size, now));
    const content = { data: next };
    try {
      await store.transact(table, partition, [putRow(rowKey, content, row?.etag ?? null)]);
      return result;
    } catch (error) {
      if (!(error instanceof SyncError) || error.code !== 'STATE_CONFLICT') throw error;
    }
  }
  return undefined;
}

/** A smaller setting takes effect at once, a larger one as the bucket fills. */
function bucketOf(row: Row | undefined, size: BucketSize, now: number): WriteBucket {
  if (row === undefined) return fullBucket(size, now);
  const stored = row.data as WriteBucket;
  return { ...stored, tokens: Math.min(stored.tokens, size.capacity) };
}
