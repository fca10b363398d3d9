import { Ber, type BerReader } from 'ldapts';

/** BerReader answers null at the end of its data and stays where it is: a loop over a truncated message would never end. */
export function takeBytes(reader: BerReader, tag: number = Ber.OctetString): Buffer {
  const bytes = reader.readString(tag, true);
  if (bytes === null) throw new Error('truncated value');
  return bytes;
}

export function takeText(reader: BerReader, tag: number = Ber.OctetString): string {
  return takeBytes(reader, tag).toString('utf8');
}

/** Enters a constructed value; returns where it ends. */
export function enter(reader: BerReader, tag?: number): number {
  if (reader.readSequence(tag) === null || reader.length > reader.remain)
    throw new Error('truncated sequence');
  return reader.offset + reader.length;
}

export function takeList<T>(reader: BerReader, takeOne: (reader: BerReader) => T): T[] {
  const end = enter(reader);
  const items: T[] = [];
  while (reader.offset < end) items.push(takeOne(reader));
  return items;
}
