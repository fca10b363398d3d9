/** Security identifiers between `S-1-5-21-…` and their bytes (MS-DTYP 2.4.2.2); the authority is always below 2^32 here. */
export function sidToBytes(sid: string): Buffer {
  const [, , authority, ...parts] = sid.split('-').map(Number);
  const bytes = Buffer.alloc(8 + parts.length * 4);
  bytes.writeUInt8(1, 0);
  bytes.writeUInt8(parts.length, 1);
  bytes.writeUInt32BE(authority ?? 0, 4);
  for (const [index, part] of parts.entries()) bytes.writeUInt32LE(part, 8 + index * 4);
  return bytes;
}

export function sidFromBytes(bytes: Buffer): string {
  const parts = Array.from({ length: bytes.readUInt8(1) }, (_, index) => bytes.readUInt32LE(8 + index * 4));
  return ['S', bytes.readUInt8(0), bytes.readUIntBE(2, 6), ...parts].join('-');
}

/** The last part: unique within the domain. */
export function relativeId(bytes: Buffer): number {
  return bytes.readUInt32LE(bytes.length - 4);
}
