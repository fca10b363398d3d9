import { fileTime } from '../store/ad-time.ts';
import { guidFromBytes, guidToBytes } from '../store/guid.ts';
import { LdapFailure } from '../wire/ldap-failure.ts';

/** Where a reader of changes stands. */
export interface DirSyncPosition {
  readonly invocationId: string;
  /** Changes up to here were reported by passes that came to their end. */
  readonly base: number;
  /** The running pass has come this far in the order of changes. */
  readonly reached: number;
}

const LENGTH = 108;
const EXTRA_LENGTH = 0x28;

/**
 * The layout that Samba and Windows write (a header, the high-water mark, the replica's id, then one entry of the
 * up-to-dateness vector), so that nobody is tempted to tell the embedded directory by its cookie. Clients must take it
 * as opaque.
 */
export function writeCookie(position: DirSyncPosition, now: number): Buffer {
  const cookie = Buffer.alloc(LENGTH);
  cookie.write('MSDS', 0, 'latin1');
  cookie.writeUInt32LE(3, 4);
  cookie.writeBigUInt64LE(BigInt(fileTime(now)), 8);
  cookie.writeUInt32LE(EXTRA_LENGTH, 24);
  cookie.writeBigUInt64LE(BigInt(position.reached), 28);
  cookie.writeBigUInt64LE(BigInt(position.reached), 44);
  const id = guidToBytes(position.invocationId);
  id.copy(cookie, 52);
  cookie.writeUInt32LE(1, 68);
  cookie.writeUInt32LE(1, 76);
  id.copy(cookie, 84);
  cookie.writeBigUInt64LE(BigInt(position.base), 100);
  return cookie;
}

/** @throws LdapFailure for what no domain controller has written. */
export function readCookie(cookie: Buffer): DirSyncPosition | undefined {
  if (cookie.length === 0) return undefined;
  if (
    cookie.length !== LENGTH ||
    cookie.toString('latin1', 0, 4) !== 'MSDS' ||
    cookie.readUInt32LE(4) !== 3 ||
    cookie.readUInt32LE(24) !== EXTRA_LENGTH
  ) {
    throw refusedCookie();
  }
  return {
    invocationId: guidFromBytes(cookie.subarray(52, 68)),
    base: Number(cookie.readBigUInt64LE(100)),
    reached: Number(cookie.readBigUInt64LE(28)),
  };
}

export function refusedCookie(): LdapFailure {
  return new LdapFailure(
    'unavailableCriticalExtension',
    '0000202C: Unable to unmarshall cookie as a ldapControlDirSyncCookie structure',
  );
}
