import { sidToBytes } from './sid.ts';

const ACCESS_ALLOWED = 0;
const GENERIC_ALL_ON_OBJECT = 0x000f01ff;
const READ_ON_OBJECT = 0x00020094;
const DACL_PRESENT_SELF_RELATIVE = 0x8004;

/**
 * The one descriptor all objects carry: Domain Admins own and control, authenticated users read. It is shown, not
 * evaluated; access.ts decides.
 */
export function makeSecurityDescriptor(domainSid: string): Buffer {
  const owner = sidToBytes(`${domainSid}-512`);
  const entries = [ace(GENERIC_ALL_ON_OBJECT, owner), ace(READ_ON_OBJECT, sidToBytes('S-1-5-11'))];
  const acl = Buffer.alloc(8);
  acl.writeUInt8(2, 0);
  acl.writeUInt16LE(8 + entries.reduce((size, one) => size + one.length, 0), 2);
  acl.writeUInt16LE(entries.length, 4);
  const header = Buffer.alloc(20);
  header.writeUInt8(1, 0);
  header.writeUInt16LE(DACL_PRESENT_SELF_RELATIVE, 2);
  header.writeUInt32LE(20, 4);
  header.writeUInt32LE(20 + owner.length, 8);
  header.writeUInt32LE(20 + owner.length * 2, 16);
  return Buffer.concat([header, owner, owner, acl, ...entries]);
}

function ace(mask: number, sid: Buffer): Buffer {
  const header = Buffer.alloc(8);
  header.writeUInt8(ACCESS_ALLOWED, 0);
  header.writeUInt16LE(8 + sid.length, 2);
  header.writeUInt32LE(mask, 4);
  return Buffer.concat([header, sid]);
}
