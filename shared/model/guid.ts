/**
 * Source key of an objectGUID. AD stores the first three fields little-endian; the key is the usual text form without
 * dashes, the same that extended DNs carry, so that people can compare it with what their tools show.
 */
export function keyFromGuidBytes(bytes: Uint8Array): string {
  if (bytes.length !== 16) throw new RangeError(`an objectGUID has 16 bytes, not ${bytes.length}`);
  const hex = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex');
  const byte = (index: number): string => hex.slice(index * 2, index * 2 + 2);
  return byte(3) + byte(2) + byte(1) + byte(0) + byte(5) + byte(4) + byte(7) + byte(6) + hex.slice(16);
}

export function guidBytesFromKey(key: string): Uint8Array {
  if (!/^[0-9a-f]{32}$/.test(key)) throw new RangeError('a key of an objectGUID has 32 hex digits');
  const byte = (index: number): number => Number.parseInt(key.slice(index * 2, index * 2 + 2), 16);
  return Uint8Array.from([3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15], byte);
}

export function keyFromGuidText(text: string): string {
  return text.replaceAll('-', '').toLowerCase();
}

export function guidTextFromKey(key: string): string {
  return [key.slice(0, 8), key.slice(8, 12), key.slice(12, 16), key.slice(16, 20), key.slice(20)].join('-');
}
