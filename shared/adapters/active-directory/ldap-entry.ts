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
  readonly name: string;
  readonly range: AttributeRange | null;
}

/** Names repeat in every entry: each spelling is parsed once. Bounded, since ranges make many spellings. */
const names = new Map<string, ParsedName>();
const namesMax = 10_000;

/** Decodes a SearchResultEntry whose operation header has been read (RFC 4511 section 4.5.2). */
export function decodeEntry(cursor: BerCursor): LdapEntry {
  const dn = cursor.text();
  cursor.expect(0x30);
  const end = cursor.offset + cursor.length;
  const attributes: LdapAttribute[] = [];
  while (cursor.offset < end) {
    cursor.expect(0x30);
    cursor.expect(0x04);
    const nameStart = cursor.offset;
    cursor.offset += cursor.length;
    const { name, range } = parseName(cursor.buffer.toString('latin1', nameStart, cursor.offset));
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
  const parsed = { name: base.toLowerCase(), range };
  if (names.size >= namesMax) names.clear();
  names.set(description, parsed);
  return parsed;
}
