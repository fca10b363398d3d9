/** Fixed widths of AMQP 1.0 type codes 0x4_ to 0x9_ (part 1, section 1.2). */
const FIXED_WIDTHS = [0, 1, 2, 4, 8, 16];

/** A value as it stands on the wire, constructor included; kept as it came, so that no number changes its type. */
export type RawValue = Buffer;

export interface RawEntry {
  readonly key: string;
  readonly keyBytes: RawValue;
  readonly value: RawValue;
}

interface Section {
  readonly descriptor: number;
  readonly bytes: Buffer;
  /** The section's value without its descriptor. */
  readonly value: RawValue;
}

export class AmqpDecodeError extends Error {}

/** The position after the value that begins at `position`. */
function skipValue(buffer: Buffer, position: number): number {
  let at = position;
  while (buffer[at] === 0x00) at = skipValue(buffer, at + 1);
  const code = buffer[at];
  if (code === undefined) throw new AmqpDecodeError('the message ends inside a value');
  const kind = code >> 4;
  const end = at + 1 + valueLength(buffer, at + 1, kind, code);
  if (end > buffer.length) throw new AmqpDecodeError('the message ends inside a value');
  return end;
}

function valueLength(buffer: Buffer, at: number, kind: number, code: number): number {
  if (kind >= 4 && kind <= 9) return FIXED_WIDTHS[kind - 4] ?? 0;
  // Variable, compound and array types: even kinds (0xA, 0xC, 0xE) have a one-byte size, odd ones four bytes.
  if (kind >= 10 && kind % 2 === 0 && at < buffer.length) return 1 + buffer.readUInt8(at);
  if (kind >= 10 && at + 4 <= buffer.length) return 4 + buffer.readUInt32BE(at);
  throw new AmqpDecodeError(`type code 0x${code.toString(16)} at byte ${at - 1}`);
}

/** The sections of a message in order, each with the bytes it has on the wire. */
export function readSections(message: Buffer): Section[] {
  const sections: Section[] = [];
  for (let at = 0; at < message.length;) {
    if (message[at] !== 0x00) throw new AmqpDecodeError(`no message section at byte ${at}`);
    const valueAt = skipValue(message, at + 1);
    const descriptor = Number(decodeScalar(message.subarray(at + 1, valueAt)));
    const end = skipValue(message, valueAt);
    sections.push({ descriptor, bytes: message.subarray(at, end), value: message.subarray(valueAt, end) });
    at = end;
  }
  return sections;
}

/** The items of a list, or keys and values of a map in turn. */
export function readItems(compound: RawValue): RawValue[] {
  const code = compound[0];
  if (code === 0x45) return [];
  const width = code === 0xc0 || code === 0xc1 ? 1 : 4;
  if (width === 4 && code !== 0xd0 && code !== 0xd1) throw new AmqpDecodeError('expected a list or a map');
  const count = width === 1 ? compound.readUInt8(2) : compound.readUInt32BE(5);
  const items: RawValue[] = [];
  for (let at = 1 + 2 * width; items.length < count;) {
    const end = skipValue(compound, at);
    items.push(compound.subarray(at, end));
    at = end;
  }
  return items;
}

export function readEntries(map: RawValue): RawEntry[] {
  const items = readItems(map);
  const entries: RawEntry[] = [];
  for (let at = 0; at + 1 < items.length; at += 2) {
    const [keyBytes, value] = [items[at], items[at + 1]];
    if (keyBytes !== undefined && value !== undefined) {
      entries.push({ key: String(decodeScalar(keyBytes)), keyBytes, value });
    }
  }
  return entries;
}

/** Scalars the broker looks at; anything else comes back as its hex digits, which is enough to compare by. */
export function decodeScalar(raw: RawValue): string | number | Buffer | undefined {
  const body = raw.subarray(1);
  switch (raw[0]) {
    case 0x40:
      return undefined;
    case 0x43:
    case 0x44:
      return 0;
    case 0x50:
    case 0x52:
    case 0x53:
      return body.readUInt8();
    case 0x54:
    case 0x55:
      return body.readInt8();
    case 0x60:
      return body.readUInt16BE();
    case 0x70:
      return body.readUInt32BE();
    case 0x71:
      return body.readInt32BE();
    case 0x80:
      return Number(body.readBigUInt64BE());
    case 0x81:
    case 0x83:
      return Number(body.readBigInt64BE());
    case 0xa0:
      return body.subarray(1);
    case 0xb0:
      return body.subarray(4);
    case 0xa1:
    case 0xa3:
      return body.toString('utf8', 1);
    case 0xb1:
    case 0xb3:
      return body.toString('utf8', 4);
    default:
      return raw.toString('hex');
  }
}

export const NULL: RawValue = Buffer.from([0x40]);

export function encodeUint(value: number): RawValue {
  if (value === 0) return Buffer.from([0x43]);
  if (value < 256) return Buffer.from([0x52, value]);
  const bytes = Buffer.allocUnsafe(5);
  bytes[0] = 0x70;
  bytes.writeUInt32BE(value, 1);
  return bytes;
}

export function encodeInt(value: number): RawValue {
  const bytes = Buffer.allocUnsafe(5);
  bytes[0] = 0x71;
  bytes.writeInt32BE(value, 1);
  return bytes;
}

export function encodeLong(value: number): RawValue {
  return eightBytes(0x81, value);
}

export function encodeTimestamp(milliseconds: number): RawValue {
  return eightBytes(0x83, milliseconds);
}

function eightBytes(code: number, value: number): RawValue {
  const bytes = Buffer.allocUnsafe(9);
  bytes[0] = code;
  bytes.writeBigInt64BE(BigInt(Math.trunc(value)), 1);
  return bytes;
}

export function encodeString(value: string): RawValue {
  return encodeText(value, 0xa1, 0xb1);
}

export function encodeSymbol(value: string): RawValue {
  return encodeText(value, 0xa3, 0xb3);
}

function encodeText(value: string, short: number, long: number): RawValue {
  const text = Buffer.from(value, 'utf8');
  if (text.length < 256) return Buffer.concat([Buffer.from([short, text.length]), text]);
  const head = Buffer.allocUnsafe(5);
  head[0] = long;
  head.writeUInt32BE(text.length, 1);
  return Buffer.concat([head, text]);
}

/** A described list or map section (descriptor below 256) from its raw items. */
export function encodeSection(descriptor: number, kind: 'list' | 'map', items: readonly RawValue[]): Buffer {
  const length = items.reduce((sum, item) => sum + item.length, 0);
  const head = Buffer.allocUnsafe(12);
  head[0] = 0x00;
  head[1] = 0x53;
  head[2] = descriptor;
  head[3] = kind === 'list' ? 0xd0 : 0xd1;
  head.writeUInt32BE(length + 4, 4);
  head.writeUInt32BE(items.length, 8);
  return Buffer.concat([head, ...items]);
}
