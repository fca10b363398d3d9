import { hash } from 'node:crypto';

export const partitionCount = 64;

export const partitions: readonly string[] = Array.from(
  { length: partitionCount },
  (_, i) => `p${String(i).padStart(2, '0')}`,
);

/** First 6 bits of SHA-256(connector|key). Frozen for ever: state lies under it, and sessions keep order by it. */
export function partitionOf(connector: string, key: string): string {
  const first = Number.parseInt(hash('sha256', `${connector}|${key}`).slice(0, 2), 16);
  return partitions[first >> 2] ?? '';
}
