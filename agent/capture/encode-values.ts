import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import type { Value } from '../../shared/contracts/primitives.ts';
import { keyOfDnValue } from '../../shared/adapters/active-directory/extended-dn.ts';
import type { CaptureNeeds } from './capture-needs.ts';

/**
 * Attributes of octet-string and SID syntax that synchronization rules name. Their bytes may happen to be valid UTF-8,
 * so looking at a value alone does not tell.
 */
const octetAttributes = new Set([
  'objectguid',
  'objectsid',
  'sidhistory',
  'parentguid',
  'ms-ds-consistencyguid',
  'msexchmailboxguid',
  'msexcharchiveguid',
  'msexchmasteraccountsid',
  'msexchsafesendershash',
  'msexchsaferecipientshash',
  'msexchblockedsendershash',
  'thumbnailphoto',
  'thumbnaillogo',
  'jpegphoto',
  'photo',
  'usercertificate',
  'usersmimecertificate',
  'userpkcs12',
  'ntsecuritydescriptor',
  'logonhours',
]);

/** Values of one attribute as they travel. `name` is lower case. */
export function encodeValues(name: string, values: readonly Buffer[], needs: CaptureNeeds): Value[] {
  if (needs.references.has(name)) return encodeReferences(values);
  if (needs.binary.has(name)) return values.map((value) => ({ b: value.toString('base64') }));
  if (octetAttributes.has(name)) return values.map(digest);
  return values.map(textOrDigest);
}

/** A plain name among them (a target in another forest, or one that was just removed) has no key and is left out. */
function encodeReferences(values: readonly Buffer[]): Value[] {
  const references: Value[] = [];
  for (const value of values) {
    const r = keyOfDnValue(value);
    if (r !== null) references.push({ r });
  }
  return references;
}

export function keysOfValues(values: readonly Buffer[]): string[] {
  const keys: string[] = [];
  for (const value of values) {
    const key = keyOfDnValue(value);
    if (key !== null) keys.push(key);
  }
  return keys;
}

function textOrDigest(value: Buffer): Value {
  const text = value.toString('utf8');
  // What is not UTF-8 leaves this mark; whoever wrote the mark itself into the directory shall see it again.
  return text.includes('\ufffd') && !isUtf8(value) ? digest(value) : text;
}

function digest(value: Buffer): Value {
  return { d: createHash('sha256').update(value).digest('hex'), n: value.length };
}
