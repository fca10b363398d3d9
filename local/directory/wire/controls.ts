import { Ber, BerReader, BerWriter } from 'ldapts';
import type { RequestControl } from './ldap-request.ts';
import { LdapFailure } from './ldap-failure.ts';
import type { ResponseControl } from './write-response.ts';

/** AD's controls (MS-ADTS 3.1.1.3.4.1). */
export const controlOid = {
  pagedResults: '1.2.840.113556.1.4.319',
  showDeleted: '1.2.840.113556.1.4.417',
  notification: '1.2.840.113556.1.4.528',
  extendedDn: '1.2.840.113556.1.4.529',
  treeDelete: '1.2.840.113556.1.4.805',
  dirSync: '1.2.840.113556.1.4.841',
  descriptorFlags: '1.2.840.113556.1.4.801',
  domainScope: '1.2.840.113556.1.4.1339',
  searchOptions: '1.2.840.113556.1.4.1340',
  permissiveModify: '1.2.840.113556.1.4.1413',
  showRecycled: '1.2.840.113556.1.4.2064',
} as const;

const known: ReadonlySet<string> = new Set(Object.values(controlOid));

export interface DirSyncRequest {
  readonly flags: number;
  readonly bytesMax: number;
  readonly cookie: Buffer;
}

export interface Controls {
  readonly showDeleted: boolean;
  readonly treeDelete: boolean;
  readonly permissiveModify: boolean;
  readonly notification: boolean;
  readonly extendedDn: 'hex' | 'text' | undefined;
  readonly paged: { readonly size: number; readonly cookie: Buffer } | undefined;
  readonly dirSync: DirSyncRequest | undefined;
}

/** @throws LdapFailure for a critical control that is unknown or unreadable. */
export function readControls(controls: readonly RequestControl[]): Controls {
  for (const control of controls) {
    if (control.critical && !known.has(control.oid))
      throw new LdapFailure('unavailableCriticalExtension', '');
  }
  const find = (oid: string) => controls.find((control) => control.oid === oid);
  const paged = find(controlOid.pagedResults);
  const dirSync = find(controlOid.dirSync);
  const extended = find(controlOid.extendedDn);
  return {
    showDeleted: find(controlOid.showDeleted) !== undefined || find(controlOid.showRecycled) !== undefined,
    treeDelete: find(controlOid.treeDelete) !== undefined,
    permissiveModify: find(controlOid.permissiveModify) !== undefined,
    notification: find(controlOid.notification) !== undefined,
    extendedDn: extended && (readExtendedDn(extended.value) === 1 ? 'text' : 'hex'),
    paged: paged && decode(paged.value, readPaged),
    dirSync: dirSync && decode(dirSync.value, readDirSync),
  };
}

function decode<T>(value: Buffer, read: (reader: BerReader) => T | undefined): T {
  try {
    const reader = new BerReader(value);
    if (reader.readSequence() !== null) {
      const result = read(reader);
      if (result !== undefined) return result;
    }
  } catch {
    // falls through to the one refusal below
  }
  throw new LdapFailure('unavailableCriticalExtension', '');
}

function readPaged(reader: BerReader): Controls['paged'] {
  const size = reader.readInt();
  const cookie = reader.readString(Ber.OctetString, true);
  return size === null || cookie === null ? undefined : { size, cookie };
}

function readDirSync(reader: BerReader): DirSyncRequest | undefined {
  const flags = reader.readInt();
  const bytesMax = reader.readInt();
  const cookie = reader.readString(Ber.OctetString, true);
  if (flags === null || bytesMax === null || cookie === null) return undefined;
  return { flags: flags >>> 0, bytesMax, cookie: Buffer.from(cookie) };
}

/** Without a value, or with 0, references come in hexadecimal; with 1 in the usual notation. */
function readExtendedDn(value: Buffer): number {
  if (value.length === 0) return 0;
  return decode(value, (reader) => reader.readInt() ?? undefined);
}

export function pagedResponse(cookie: Buffer, estimate = 0): ResponseControl {
  const writer = new BerWriter();
  writer.startSequence();
  writer.writeInt(estimate);
  writer.writeBuffer(cookie, Ber.OctetString);
  writer.endSequence();
  return { oid: controlOid.pagedResults, value: writer.buffer };
}

export function dirSyncResponse(isMore: boolean, cookie: Buffer): ResponseControl {
  const writer = new BerWriter();
  writer.startSequence();
  writer.writeInt(isMore ? 1 : 0);
  writer.writeInt(0);
  writer.writeBuffer(cookie, Ber.OctetString);
  writer.endSequence();
  return { oid: controlOid.dirSync, value: writer.buffer };
}
