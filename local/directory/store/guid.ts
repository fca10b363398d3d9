/** A GUID's 16 bytes keep the first three groups little-endian (MS-DTYP 2.3.4.2). */
export function guidToBytes(guid: string): Buffer {
  const bytes = Buffer.from(guid.replaceAll('-', ''), 'hex');
  return Buffer.concat([
    bytes.subarray(0, 4).reverse(),
    bytes.subarray(4, 6).reverse(),
    bytes.subarray(6, 8).reverse(),
    bytes.subarray(8),
  ]);
}

export function guidFromBytes(bytes: Buffer): string {
  const swapped = Buffer.from(bytes);
  swapped.subarray(0, 4).reverse();
  swapped.subarray(4, 6).reverse();
  swapped.subarray(6, 8).reverse();
  return swapped.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** Takes the usual notation, in braces or not, and the 32 digits of the bytes as they are stored. */
export function parseGuid(text: string): string | undefined {
  const bare = text.replace(/^\{(.*)\}$/, '$1').toLowerCase();
  if (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(bare)) return bare;
  return /^[0-9a-f]{32}$/.test(bare) ? guidFromBytes(Buffer.from(bare, 'hex')) : undefined;
}
