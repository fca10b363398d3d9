import {
  readObject,
  readUpToDateVector,
  type ControllerFacts,
} from '../../shared/adapters/active-directory/domain-controller.ts';
import { showDeletedControl } from '../../shared/adapters/active-directory/ldap-controls.ts';
import type { LdapConnection } from '../../shared/adapters/active-directory/ldap-connection.ts';
import { textOf } from '../../shared/adapters/active-directory/ldap-entry.ts';
import { guidTextFromKey } from '../../shared/model/guid.ts';
import type { Watermark } from '../lease/lease-state.ts';

/**
 * What a domain controller is worth to somebody who told what the watermarks cover.
 * - `current`: it has all of it.
 * - `caught-up`: it went back in time, and has got all of it from others since.
 * - `restored`: it went back in time, and nothing proves that it has all of it.
 * - `unknown`: it is another one, and whether it has all of it cannot be told.
 * - `behind`: it is another one, and provably lacks something.
 */
export type Standing = 'current' | 'caught-up' | 'restored' | 'unknown' | 'behind';

const fromBestToWorst: readonly Standing[] = ['current', 'caught-up', 'restored', 'unknown', 'behind'];

/** The worst of its standings to all the watermarks. */
export async function standingOf(
  connection: LdapConnection,
  facts: ControllerFacts,
  watermarks: readonly Watermark[],
): Promise<Standing> {
  let worst: Standing = 'current';
  for (const watermark of watermarks) {
    const standing = await standingTo(connection, facts, watermark);
    if (fromBestToWorst.indexOf(standing) > fromBestToWorst.indexOf(worst)) worst = standing;
  }
  return worst;
}

async function standingTo(
  connection: LdapConnection,
  facts: ControllerFacts,
  watermark: Watermark,
): Promise<Standing> {
  if (facts.invocationId === watermark.invocationId) {
    // Its own entry of the vector is its highest number, which proves nothing once numbers are given out twice.
    const isBack = isRolledBack(facts, watermark) || (await isWitnessGone(connection, watermark));
    return isBack ? 'restored' : 'current';
  }
  const vector = await readUpToDateVector(connection, watermark.namingContext);
  const isWhole = isCovered(watermark, facts, vector);
  if (isRolledBack(facts, watermark)) return isWhole === true ? 'caught-up' : 'restored';
  if (isWhole === null) return 'unknown';
  return isWhole ? 'current' : 'behind';
}

/**
 * Whether a domain controller has all that had come to another one when the watermark was written. Its vector has no
 * entry for itself; there its own number speaks. Null where that cannot be told.
 */
export function isCovered(
  { covers }: Pick<Watermark, 'covers'>,
  facts: Pick<ControllerFacts, 'invocationId' | 'highestUsn'>,
  vector: ReadonlyMap<string, bigint> | null,
): boolean | null {
  if (covers === undefined || vector === null) return null;
  return Object.entries(covers).every(([id, usn]) => {
    const has = id === facts.invocationId ? facts.highestUsn : vector.get(id);
    return has !== undefined && has >= BigInt(usn);
  });
}

/** Whether this domain controller is the one of the watermark, but went back in time: then its numbers mean nothing. */
export function isRolledBack(
  facts: Pick<ControllerFacts, 'invocationId' | 'highestUsn' | 'server'>,
  watermark: Pick<Watermark, 'invocationId' | 'server' | 'usn'>,
): boolean {
  if (facts.invocationId === watermark.invocationId) return facts.highestUsn < BigInt(watermark.usn);
  return facts.server === watermark.server;
}

/**
 * A snapshot that was put back is not seen by its highest number any more once enough was written afterwards. But an
 * object's uSNChanged never falls, and what was there stays there, as a tombstone at least. What the bind account has lost
 * the right to read looks the same; then everything is read once more than necessary.
 */
async function isWitnessGone(connection: LdapConnection, { witnesses = [] }: Watermark): Promise<boolean> {
  const controls = [showDeletedControl()];
  for (const { key, usn } of witnesses) {
    const entry = await readObject(connection, `<GUID=${guidTextFromKey(key)}>`, ['uSNChanged'], {
      controls,
    });
    const now = entry === undefined ? undefined : textOf(entry, 'usnchanged');
    if (now === undefined || BigInt(now) < BigInt(usn)) return true;
  }
  return false;
}
