import { countedOperations } from '../../shared/guard/budget-draw.ts';
import { operationHash } from '../../shared/plan/operation.ts';
import { isWrite, stepsOf } from '../../shared/plan/step.ts';
import { bucketSize, type WriteBucket } from '../../shared/state/write-bucket.ts';
import type { PlannedObject } from './planned-object.ts';

/** What Microsoft Graph grants one app in one tenant (docs/reference/facts.md). */
export const graphWritesPer150s = 3_000;
/** Bulk leaves so much of the bucket to what is more urgent. */
const bulkFloor = 0.25;

/** Requests that count as writes once the guard has held what it holds: one PATCH an object, twenty members a PATCH. */
export function writesOf({ operations, held }: PlannedObject): number {
  if (held.length === 0) return stepsOf(operations).filter(isWrite).length;
  const hashes = new Set(held.map(({ operation }) => operationHash(operation)));
  const isDisableHeld = held.some(({ operation }) => operation.kind === 'disable');
  const allowed = countedOperations(operations).filter(
    (one) => !hashes.has(operationHash(one)) && !(isDisableHeld && one.kind === 'revoke-sessions'),
  );
  return stepsOf(allowed).filter(isWrite).length;
}

/** Seconds that so many bulk writes take: what the bucket has now at once, the rest as it fills. */
export function secondsFor(
  writes: number,
  { bucket, writesPer150s, now }: { bucket: WriteBucket | null; writesPer150s: number; now: number },
): number {
  const { capacity, tokensPerMs } = bucketSize(writesPer150s);
  const blockedMs = Math.max(0, (bucket?.blockedUntil ?? 0) - now);
  const since = bucket === null ? 0 : Math.max(0, now - bucket.at);
  const tokens = bucket === null ? capacity : Math.min(capacity, bucket.tokens + since * tokensPerMs);
  const atOnce = Math.max(0, tokens - bulkFloor * capacity);
  return Math.ceil((blockedMs + Math.max(0, writes - atOnce) / tokensPerMs) / 1_000);
}
