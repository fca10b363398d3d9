import { keyFromGuidText } from '../../model/guid.ts';

/** A name as control 529 sends it: `<GUID=…>;<SID=…>;CN=…`. */
export interface ExtendedDn {
  /** Source key, null where the server sent a plain name. */
  readonly key: string | null;
  /** Last part of the SID, for accounts and groups. */
  readonly rid: number | null;
  readonly sid: string | null;
  readonly dn: string;
}

const guidStart = Buffer.from('<GUID=', 'latin1');

export function parseExtendedDn(text: string): ExtendedDn {
  let rest = text;
  let key: string | null = null;
  let sid: string | null = null;
  while (rest.startsWith('<')) {
    const end = rest.indexOf('>');
    if (end === -1) break;
    const part = rest.slice(1, end);
    if (/^GUID=/i.test(part)) key = keyFromGuidText(part.slice(5));
    else if (/^SID=/i.test(part)) sid = part.slice(4);
    rest = rest.slice(end + 1).replace(/^;/, '');
  }
  const rid = sid === null ? null : Number(sid.slice(sid.lastIndexOf('-') + 1));
  return { key, rid: rid !== null && Number.isInteger(rid) ? rid : null, sid, dn: rest };
}

/** The key in a DN value, without decoding the name: lists have up to millions of them. Null for a plain name. */
export function keyOfDnValue(value: Buffer): string | null {
  if (value.length < 43 || value.compare(guidStart, 0, 6, 0, 6) !== 0) return null;
  const text = value.toString('latin1', 6, 42);
  const key = text.slice(0, 8) + text.slice(9, 13) + text.slice(14, 18) + text.slice(19, 23) + text.slice(24);
  return key.toLowerCase();
}
