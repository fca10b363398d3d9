import type { DirectoryObject, Value } from './directory-object.ts';
import { guidToBytes } from './guid.ts';
import { sidFromBytes } from './sid.ts';

/** How references are written: plain, or with GUID and SID before the name (control 529). */
export type ReferenceForm = 'plain' | 'hex' | 'text';

export function formatReference(object: DirectoryObject, form: ReferenceForm): string {
  if (form === 'plain') return object.dn;
  const sid = object.bytes('objectsid');
  const isText = form === 'text';
  const parts = [`<GUID=${isText ? object.guid : guidToBytes(object.guid).toString('hex')}>`];
  if (sid !== undefined) parts.push(`<SID=${isText ? sidFromBytes(sid) : sid.toString('hex')}>`);
  parts.push(object.dn);
  return parts.join(';');
}

export function formatValue(value: Value, form: ReferenceForm): string | Buffer {
  return typeof value === 'string' || Buffer.isBuffer(value) ? value : formatReference(value, form);
}
