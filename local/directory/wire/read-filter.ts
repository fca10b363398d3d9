import type { BerReader } from 'ldapts';
import type { SearchFilter } from './search-filter.ts';
import { enter, takeBytes, takeText } from './strict-reader.ts';

const NESTING_MAX = 100;

/** Reads one Filter; ldapts' own filter classes decode values as UTF-8, which loses GUIDs and SIDs. */
export function readFilter(reader: BerReader, depth = 0): SearchFilter {
  if (depth > NESTING_MAX) throw new Error('filter nested too deeply');
  const tag = reader.peek();
  if (tag === 0x87) return { kind: 'present', attribute: takeText(reader, 0x87) };
  const end = enter(reader);
  switch (tag) {
    case 0xa0:
    case 0xa1: {
      const filters: SearchFilter[] = [];
      while (reader.offset < end) filters.push(readFilter(reader, depth + 1));
      return { kind: tag === 0xa0 ? 'and' : 'or', filters };
    }
    case 0xa2:
      return { kind: 'not', filter: readFilter(reader, depth + 1) };
    case 0xa3:
      return { kind: 'equal', ...readAssertion(reader) };
    case 0xa4:
      return readSubstrings(reader);
    case 0xa5:
      return { kind: 'greater-or-equal', ...readAssertion(reader) };
    case 0xa6:
      return { kind: 'less-or-equal', ...readAssertion(reader) };
    case 0xa8:
      return { kind: 'approximately', ...readAssertion(reader) };
    case 0xa9:
      return readExtensible(reader, end);
    default:
      throw new Error(`filter type 0x${(tag ?? 0).toString(16)}`);
  }
}

function readAssertion(reader: BerReader): { attribute: string; value: Buffer } {
  const attribute = takeText(reader);
  return { attribute, value: takeBytes(reader) };
}

function readSubstrings(reader: BerReader): SearchFilter {
  const attribute = takeText(reader);
  const end = enter(reader);
  let initial: Buffer | undefined;
  let final: Buffer | undefined;
  const any: Buffer[] = [];
  while (reader.offset < end) {
    const tag = reader.peek() ?? 0;
    const part = takeBytes(reader, tag);
    if (tag === 0x80) initial = part;
    else if (tag === 0x81) any.push(part);
    else final = part;
  }
  return { kind: 'substrings', attribute, initial, any, final };
}

function readExtensible(reader: BerReader, end: number): SearchFilter {
  let rule = '';
  let attribute = '';
  let value: Buffer = Buffer.alloc(0);
  while (reader.offset < end) {
    const tag = reader.peek() ?? 0;
    const part = takeBytes(reader, tag);
    if (tag === 0x81) rule = part.toString();
    else if (tag === 0x82) attribute = part.toString();
    else if (tag === 0x83) value = part;
  }
  return { kind: 'extensible', rule, attribute, value };
}
