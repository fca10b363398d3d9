const guidForm = /^\{?([0-9a-f]{8})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{12})\}?$/i;

/** The 16 bytes of a GUID as Windows orders them (the first three groups little-endian); null where the text is none. */
export function guidBytes(text: string): Buffer | null {
  const found = guidForm.exec(text);
  if (found === null || text.startsWith('{') !== text.endsWith('}')) return null;
  const [first, second, third, ...rest] = found.slice(1).map((part) => Buffer.from(part, 'hex'));
  if (first === undefined || second === undefined || third === undefined) return null;
  return Buffer.concat([first.reverse(), second.reverse(), third.reverse(), ...rest]);
}

/** The text of a GUID; null unless there are 16 bytes. */
export function guidText(bytes: Buffer): string | null {
  if (bytes.length !== 16) return null;
  const part = (from: number, to: number, isReversed = false): string => {
    const slice = Buffer.from(bytes.subarray(from, to));
    return (isReversed ? slice.reverse() : slice).toString('hex');
  };
  return [part(0, 4, true), part(4, 6, true), part(6, 8, true), part(8, 10), part(10, 16)].join('-');
}

/** A SID in the form S-1-…; null where the bytes are none (MS-DTYP 2.4.2). */
export function sidText(bytes: Buffer): string | null {
  const count = bytes[1] ?? 0;
  if (bytes[0] !== 1 || count > 15 || bytes.length !== 8 + 4 * count) return null;
  const authority = bytes.readUIntBE(2, 6);
  const parts = Array.from({ length: count }, (_, index) => bytes.readUInt32LE(8 + 4 * index));
  return ['S', 1, authority, ...parts].join('-');
}
