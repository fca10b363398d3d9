import { setTimeout as sleep } from 'node:timers/promises';
import { isAborted } from '../../../agent/is-aborted.ts';
import type { DirectoryClient } from '../../../local/demo/directory-client.ts';

/** What no rule maps, of the same objects that are synchronized. */
const attributes = ['carLicense', 'homePhone', 'pager', 'info'] as const;

/**
 * Writes what nobody maps until the signal fires, evenly spread; each to another object.
 * @returns how many were acknowledged.
 */
export async function writeUnrelated(
  directory: DirectoryClient,
  dns: readonly string[],
  perSecond: number,
  signal: AbortSignal,
): Promise<number> {
  const began = performance.now();
  let written = 0;
  while (!isAborted(signal)) {
    const dueIn = began + (written * 1_000) / perSecond - performance.now();
    if (dueIn > 0) await sleep(dueIn, undefined, { signal }).catch(() => undefined);
    if (isAborted(signal)) break;
    const dn = dns[written % dns.length] ?? '';
    const attribute = attributes[written % attributes.length] ?? 'info';
    await directory.replace(dn, { [attribute]: [`${written}`] });
    written += 1;
  }
  return written;
}
