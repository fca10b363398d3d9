import { Ber, BerWriter, ProtocolOperation } from 'ldapts';
import type { ResultCode } from './result-code.ts';

export interface ResponseControl {
  readonly oid: string;
  readonly value: Buffer;
}

export interface EntryAttribute {
  readonly name: string;
  readonly values: readonly (string | Buffer)[];
}

export interface ResponseEntry {
  readonly dn: string;
  readonly attributes: readonly EntryAttribute[];
}

const SET = 0x31;

export const responseTag = {
  bind: ProtocolOperation.LDAP_RES_BIND,
  search: ProtocolOperation.LDAP_RES_SEARCH,
  add: ProtocolOperation.LDAP_RES_ADD,
  modify: ProtocolOperation.LDAP_RES_MODIFY,
  'modify-dn': ProtocolOperation.LDAP_RES_MODRDN,
  delete: ProtocolOperation.LDAP_RES_DELETE,
  compare: ProtocolOperation.LDAP_RES_COMPARE,
  extended: ProtocolOperation.LDAP_RES_EXTENSION,
} as const;

interface ResultOptions {
  readonly matchedDn?: string;
  readonly diagnostic?: string;
  readonly controls?: readonly ResponseControl[];
  /** responseName of an extended response. */
  readonly oid?: string;
  /** responseValue of an extended response. */
  readonly value?: Buffer;
}

export function writeResult(
  id: number,
  kind: keyof typeof responseTag,
  code: ResultCode,
  options: ResultOptions = {},
): Buffer {
  const writer = new BerWriter();
  writer.startSequence();
  writer.writeInt(id);
  writer.startSequence(responseTag[kind]);
  writer.writeEnumeration(code);
  writer.writeString(options.matchedDn ?? '');
  writer.writeString(options.diagnostic ?? '');
  if (options.oid !== undefined) writer.writeString(options.oid, 0x8a);
  if (options.value !== undefined) writer.writeBuffer(options.value, 0x8b);
  writer.endSequence();
  if (options.controls !== undefined && options.controls.length > 0) {
    writer.startSequence(ProtocolOperation.LDAP_CONTROLS);
    for (const control of options.controls) {
      writer.startSequence();
      writer.writeString(control.oid);
      writer.writeBuffer(control.value, Ber.OctetString);
      writer.endSequence();
    }
    writer.endSequence();
  }
  writer.endSequence();
  return writer.buffer;
}

export function writeEntry(id: number, entry: ResponseEntry): Buffer {
  // Sized beforehand: a BerWriter that is full to the last byte loses the end of a sequence over 64 KiB.
  const writer = new BerWriter({ size: estimateSize(entry) });
  writer.startSequence();
  writer.writeInt(id);
  writer.startSequence(ProtocolOperation.LDAP_RES_SEARCH_ENTRY);
  writer.writeString(entry.dn);
  writer.startSequence();
  for (const attribute of entry.attributes) {
    writer.startSequence();
    writer.writeString(attribute.name);
    writer.startSequence(SET);
    for (const value of attribute.values) {
      if (typeof value === 'string') writer.writeString(value);
      else writer.writeBuffer(value, Ber.OctetString);
    }
    writer.endSequence();
    writer.endSequence();
  }
  writer.endSequence();
  writer.endSequence();
  writer.endSequence();
  return writer.buffer;
}

function estimateSize(entry: ResponseEntry): number {
  let size = 64 + entry.dn.length * 3;
  for (const attribute of entry.attributes) {
    size += 24 + attribute.name.length;
    for (const value of attribute.values)
      size += 6 + (typeof value === 'string' ? value.length * 3 : value.length);
  }
  return size;
}
