import { BerCursor } from './ber-cursor.ts';

/**
 * One attribute of an entry. Its values stay bytes until somebody wants them.
 * AD puts options behind the name: `member;range=0-1499` is a part of many values; with DirSync's incremental flag
 * `;range=1-1` holds values added and `;range=0-0` values removed (MS-ADTS 3.1.1.3.4.1.3).
 */
export interface LdapAttribute {
  /** Lower case, without options. */
  readonly name: string;
  readonly range: AttributeRange | null;
  readonly values: readonly Buffer[];
}

export interface AttributeRange {
  readonly from: number;
  /** null: to the end. */
  readonly to: number | null;
}

export interface LdapEntry {
  /** As sent; with control 529 it begins with `<GUID=…>`. */
  readonly dn: string;
  readonly attributes: readonly LdapAttribute[];
}

interface ParsedName {
  /** As sent. */
  readonly description: Buffer;
  readonly name: string;
  readonly range: AttributeRange | null;
  /** What came behind it last time: entries of one search name their attributes in the same order. */
  next: ParsedName | null;
}

/** Names repeat in every entry: each spelling is parsed once. Bounded, since ranges make many spellings. */
const names = new Map<string, ParsedName>();
const namesMax = 10_000;
/** Stands before the first attribute of an entry. */
const beforeFirst: ParsedName = { description: Buffer.alloc(0), name: '', range: null, next: null };

/** Decodes a SearchResultEntry whose operation header has been read (RFC 4511 section 4.5.2). */
export function decodeEntry(cursor: BerCursor): LdapEntry {
  const dn = cursor.text();
  cursor.expect(0x30);
  const end = cursor.offset + cursor.length;
  const attributes: LdapAttribute[] = [];
  let last = beforeFirst;
  while (cursor.offset < end) {
    cursor.expect(0x30);
    cursor.expect(0x04);
    last = readName(cursor, last);
    const { name, range } = last;
    cursor.expect(0x31);
    const valuesEnd = cursor.offset + cursor.length;
    const values: Buffer[] = [];
    while (cursor.offset < valuesEnd) values.push(cursor.octets());
    attributes.push({ name, range, values });
  }
  return { dn, attributes };
}

export function attributeOf(entry: LdapEntry, name: string): LdapAttribute | undefined {
  for (const attribute of entry.attributes) if (attribute.name === name) return attribute;
  return undefined;
}

/** The only or first value as text; undefined when the attribute is absent or empty. */
export function textOf(entry: LdapEntry, name: string): string | undefined {
  return attributeOf(entry, name)?.values[0]?.toString('utf8');
}

export function bytesOf(entry: LdapEntry, name: string): Buffer | undefined {
  return attributeOf(entry, name)?.values[0];
}

/** Reads a name whose header has been read. `last` is the one before it, which mostly tells which it is. */
function readName(cursor: BerCursor, last: ParsedName): ParsedName {
  const { buffer, offset, length } = cursor;
  cursor.offset = offset + length;
  const { next } = last;
  if (next !== null && isAt(next.description, buffer, offset, length)) return next;
  const found = parseName(buffer.toString('latin1', offset, cursor.offset));
  last.next = found;
  return found;
}

function isAt(bytes: Buffer, buffer: Buffer, offset: number, length: number): boolean {
  if (bytes.length !== length) return false;
  for (let at = 0; at < length; at += 1) if (bytes[at] !== buffer[offset + at]) return false;
  return true;
}

function parseName(description: string): ParsedName {
  const known = names.get(description);
  if (known !== undefined) return known;
  const [base = '', ...options] = description.split(';');
  let range: AttributeRange | null = null;
  for (const option of options) {
    const match = /^range=(\d+)-(\d+|\*)$/i.exec(option);
    if (match === null) continue;
    range = { from: Number(match[1]), to: match[2] === '*' ? null : Number(match[2]) };
  }
  // A property key is the engine's one copy of a text: comparing two of them is comparing addresses.
  const [name = ''] = Object.keys({ [base.toLowerCase()]: true });
  const parsed = { description: Buffer.from(description, 'latin1'), name, range, next: null };
  if (names.size >= namesMax) names.clear();
  names.set(description, parsed);
  return parsed;
}
