/** A value of ASN.1 in DER: its tag (class and kind included), its content, and both together as they were written. */
export interface DerValue {
  readonly tag: number;
  readonly content: Buffer;
  readonly raw: Buffer;
}

export const derTag = {
  boolean: 0x01,
  integer: 0x02,
  objectId: 0x06,
  sequence: 0x30,
  set: 0x31,
} as const;

/** The bytes are not DER, or not of the shape that was asked for. */
export class NotDer extends Error {}

/** The values that stand one behind the other in `bytes`. @throws NotDer */
export function readDer(bytes: Buffer): readonly DerValue[] {
  const values: DerValue[] = [];
  for (let at = 0; at < bytes.length;) {
    const value = readOne(bytes, at);
    values.push(value);
    at += value.raw.length;
  }
  return values;
}

/** The value that begins at `at`; tags above 30 and lengths of four bytes and more do not occur in certificates. */
function readOne(bytes: Buffer, at: number): DerValue {
  const tag = bytes[at];
  const first = bytes[at + 1];
  if (tag === undefined || first === undefined || (tag & 0x1f) === 0x1f) throw new NotDer();
  const lengthBytes = first < 0x80 ? 0 : first & 0x7f;
  if (first === 0x80 || lengthBytes > 3 || at + 2 + lengthBytes > bytes.length) throw new NotDer();
  const length = lengthBytes === 0 ? first : bytes.readUIntBE(at + 2, lengthBytes);
  const start = at + 2 + lengthBytes;
  if (start + length > bytes.length) throw new NotDer();
  return { tag, content: bytes.subarray(start, start + length), raw: bytes.subarray(at, start + length) };
}

/** The parts of a value that has parts. @throws NotDer */
export function partsOf(value: DerValue | undefined, tag: number): readonly DerValue[] {
  if (value?.tag !== tag) throw new NotDer();
  return readDer(value.content);
}

/** `1.2.840.113549.1.1.11`. @throws NotDer */
export function objectIdOf(value: DerValue | undefined): string {
  if (value?.tag !== derTag.objectId || value.content.length === 0) throw new NotDer();
  const arcs: bigint[] = [];
  let arc = 0n;
  for (const byte of value.content) {
    arc = (arc << 7n) | BigInt(byte & 0x7f);
    if ((byte & 0x80) !== 0) continue;
    arcs.push(arc);
    arc = 0n;
  }
  const [joined = 0n, ...rest] = arcs;
  const first = joined < 80n ? joined / 40n : 2n;
  return [first, joined - first * 40n, ...rest].join('.');
}

const decoders: Readonly<Record<number, (content: Buffer) => string>> = {
  // UTF8String; then NumericString, PrintableString, TeletexString (taken for Latin-1, as everybody does), IA5String, VisibleString.
  0x0c: (content) => content.toString('utf8'),
  0x12: (content) => content.toString('latin1'),
  0x13: (content) => content.toString('latin1'),
  0x14: (content) => content.toString('latin1'),
  0x16: (content) => content.toString('latin1'),
  0x1a: (content) => content.toString('latin1'),
  // UniversalString, BMPString.
  0x1c: (content) => fromUnits(content, 4),
  0x1e: (content) => fromUnits(content, 2),
};

function fromUnits(content: Buffer, size: 2 | 4): string {
  if (content.length % size !== 0) throw new NotDer();
  const units = Array.from({ length: content.length / size }, (_, index) =>
    content.readUIntBE(index * size, size),
  );
  if (size === 2) return String.fromCharCode(...units);
  if (units.some((unit) => unit > 0x10_ff_ff)) throw new NotDer();
  return String.fromCodePoint(...units);
}

/** Of any of the kinds of text. @throws NotDer */
export function derText({ tag, content }: DerValue): string {
  const decode = decoders[tag];
  if (decode === undefined) throw new NotDer();
  return decode(content);
}

/** Epoch ms of a UTCTime or a GeneralizedTime, which certificates write in UTC to the second (RFC 5280, 4.1.2.5). @throws NotDer */
export function derTime({ tag, content }: DerValue): number {
  const text = content.toString('latin1');
  const found = (tag === 0x17 ? /^(\d\d)(\d{10})Z$/ : /^(\d{4})(\d{10})Z$/).exec(text);
  if ((tag !== 0x17 && tag !== 0x18) || found === null) throw new NotDer();
  const [, yearText = '', rest = ''] = found;
  const short = Number(yearText);
  const year = tag === 0x18 ? short : short < 50 ? 2_000 + short : 1_900 + short;
  const [month = 0, day = 0, hour = 0, minute = 0, second = 0] = (rest.match(/\d\d/g) ?? []).map(Number);
  const ms = Date.UTC(year, month - 1, day, hour, minute, second);
  // A thirteenth month would become January.
  const digits = new Date(ms).toISOString().replace(/\D/g, '');
  if (!digits.startsWith(`${String(year).padStart(4, '0')}${rest}`)) throw new NotDer();
  return ms;
}
