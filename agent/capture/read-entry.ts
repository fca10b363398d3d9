import { parseExtendedDn } from '../../shared/adapters/active-directory/extended-dn.ts';
import {
  attributeOf,
  bytesOf,
  textOf,
  type LdapEntry,
} from '../../shared/adapters/active-directory/ldap-entry.ts';
import type { LinkChange } from '../../shared/contracts/change-set.v1.ts';
import type { Value } from '../../shared/contracts/primitives.ts';
import { keyFromGuidBytes } from '../../shared/model/guid.ts';
import type { CaptureNeeds } from './capture-needs.ts';
import { encodeValues, keysOfValues } from './encode-values.ts';

/** Asked for in every DirSync: what tells creation, deletion, moving and membership apart. */
export const deltaBookkeeping: readonly string[] = [
  'name',
  'isDeleted',
  'objectClass',
  'parentGUID',
  'whenCreated',
  'primaryGroupID',
  'isCriticalSystemObject',
];

/** Asked for in every whole read. */
export const wholeBookkeeping: readonly string[] = [
  'objectClass',
  'isDeleted',
  'primaryGroupID',
  'isCriticalSystemObject',
  'uSNChanged',
];

/** DN-valued attributes with at most one value; all others come from DirSync as added and removed values. */
const singleReferences = new Set(['manager', 'managedby', 'assistant']);
/** Sent by DirSync with every entry, changed or not. */
const alwaysThere = new Set(['objectguid', 'instancetype']);

/** What one entry says, before anybody has decided what to make of it. */
export interface EntryReading {
  readonly key: string;
  /** Plain name. */
  readonly dn: string;
  readonly sid: string | null;
  /** Most specific structural class, where the entry names it. */
  readonly class: string | null;
  readonly isCreation: boolean;
  readonly isTombstone: boolean;
  /** isDeleted was taken away. */
  readonly isUndeleted: boolean;
  /** The entry tells its name, which DirSync does after creation, rename and move. */
  readonly isNamed: boolean;
  readonly parentKey: string | null;
  readonly isCritical: boolean;
  readonly primaryGroupRid: number | null;
  readonly attributes: Record<string, Value[]>;
  readonly links: Record<string, LinkChange>;
  /** References with several values, of which a delta tells only a part: to be read as a whole. */
  readonly unclear: readonly string[];
  readonly isDisabled: boolean;
}

/**
 * @param kind whether DirSync told it or it was read with everything: the same `;range=0-0` means "removed" in the one and
 * "the first value" in the other.
 * @returns null for an entry without a GUID, which is no object we could name.
 */
export function readEntry(
  entry: LdapEntry,
  needs: CaptureNeeds,
  kind: 'delta' | 'whole' = 'delta',
): EntryReading | null {
  const name = parseExtendedDn(entry.dn);
  const guid = bytesOf(entry, 'objectguid');
  const key = name.key ?? (guid === undefined ? null : keyFromGuidBytes(guid));
  if (key === null) return null;
  const isDeleted = attributeOf(entry, 'isdeleted');
  const isCreation = attributeOf(entry, 'whencreated') !== undefined;
  const isDead = isTombstone(entry);
  const parentGuid = bytesOf(entry, 'parentguid');
  const primaryGroup = textOf(entry, 'primarygroupid');
  const control = textOf(entry, 'useraccountcontrol');
  return {
    key,
    dn: name.dn,
    sid: name.sid,
    class: attributeOf(entry, 'objectclass')?.values.at(-1)?.toString('utf8') ?? null,
    isCreation,
    isTombstone: isDead,
    isUndeleted: isDeleted !== undefined && !isDead && !isCreation,
    isNamed: attributeOf(entry, 'name') !== undefined,
    parentKey: parentGuid?.length === 16 ? keyFromGuidBytes(parentGuid) : null,
    isCritical: textOf(entry, 'iscriticalsystemobject')?.toUpperCase() === 'TRUE',
    primaryGroupRid: primaryGroup === undefined ? null : Number(primaryGroup),
    isDisabled: control !== undefined && (Number(control) & 2) !== 0,
    ...(kind === 'whole' ? readAll(entry, needs) : readValues(entry, needs, isCreation)),
  };
}

type Values = Pick<EntryReading, 'attributes' | 'links' | 'unclear'>;

/** What has no value is left out. Links are left to whoever reads their lists. */
function readAll(entry: LdapEntry, needs: CaptureNeeds): Values {
  const attributes: Record<string, Value[]> = {};
  for (const { name, values } of entry.attributes) {
    const asked = needs.links.has(name) ? undefined : needs.attributes.get(name);
    if (asked === undefined) continue;
    const encoded = encodeValues(name, values, needs);
    if (encoded.length > 0) attributes[asked] = encoded;
  }
  return { attributes, links: {}, unclear: [] };
}

function readValues(entry: LdapEntry, needs: CaptureNeeds, isCreation: boolean): Values {
  const attributes: Record<string, Value[]> = {};
  const links: Record<string, LinkChange> = {};
  const unclear: string[] = [];
  for (const { name, range, values } of entry.attributes) {
    const link = needs.links.get(name);
    if (link !== undefined) {
      const change = (links[link] ??= { added: [], removed: [] });
      (isRemovedRange(range) ? change.removed : change.added).push(...keysOfValues(values));
      continue;
    }
    const asked = needs.attributes.get(name);
    if (asked === undefined || (alwaysThere.has(name) && !isCreation)) continue;
    if (range !== null && !isCreation && !singleReferences.has(name)) unclear.push(asked);
    else if (isRemovedRange(range)) attributes[asked] ??= [];
    else attributes[asked] = encodeValues(name, values, needs);
  }
  return { attributes, links, unclear };
}

/** DirSync's way of saying "these values were removed". */
function isRemovedRange(range: LdapEntry['attributes'][number]['range']): boolean {
  return range?.from === 0 && range.to === 0;
}

export function isTombstone(entry: LdapEntry): boolean {
  return textOf(entry, 'isdeleted')?.toUpperCase() === 'TRUE';
}
