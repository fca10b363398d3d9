import type { Watermark } from '../lease/lease-state.ts';
import type { DirectoryReader } from './directory-reader.ts';

/** A longer vector would outgrow the lease's state; patience takes its place. */
const vectorMax = 1_000;
/** Several, since one of them may be changed again after a snapshot was put back. */
const witnessesMax = 8;

export type Coverage = Pick<Watermark, 'covers' | 'witnesses'>;

/**
 * What another domain controller must have to be no older than what was told from this one. Read after the changes, so
 * that it covers them.
 *
 * The number of this one is that of its latest change in the naming context that can be seen, not its highest: that one
 * moves with writes in other naming contexts too, which others hear of with the next change in this one only.
 * @param before what had been told from other domain controllers: that counts on.
 */
export async function readCoverage(
  reader: DirectoryReader,
  invocationId: string,
  before: Watermark['covers'],
): Promise<Coverage> {
  const vector = (await reader.upToDateVector()) ?? new Map<string, bigint>();
  const changes = await reader.latestChanges();
  const usns = new Map(Object.entries(before ?? {}).map(([id, usn]) => [id, BigInt(usn)]));
  for (const [id, usn] of vector) usns.set(id, larger(usn, usns.get(id)));
  usns.set(invocationId, changes[0]?.usn ?? (await reader.highestUsn()));
  const witnesses = changes.slice(0, witnessesMax).map(({ key, usn }) => ({ key, usn: String(usn) }));
  if (usns.size > vectorMax) return { witnesses };
  return { covers: Object.fromEntries([...usns].map(([id, usn]) => [id, String(usn)])), witnesses };
}

export function larger(a: bigint, b: bigint | undefined): bigint {
  return b !== undefined && b > a ? b : a;
}
