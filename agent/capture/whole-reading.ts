import type { ObjectChange } from '../../shared/contracts/change-set.v1.ts';
import type { ListComplete } from '../../shared/contracts/reading.v1.ts';
import type { Version } from '../../shared/contracts/primitives.ts';
import { attributeOf, textOf, type LdapEntry } from '../../shared/adapters/active-directory/ldap-entry.ts';
import { parseExtendedDn } from '../../shared/adapters/active-directory/extended-dn.ts';
import { hiddenAttributes, tellHidden } from './always-there.ts';
import { ancestorsOf, changeHeader, isContainerClass, type CaptureContext } from './capture-context.ts';
import { keysOfValues } from './encode-values.ts';
import { isTombstone, readEntry, wholeBookkeeping } from './read-entry.ts';

/** What one whole read of one object says. */
export interface WholeReading {
  readonly change: ObjectChange;
  /** Lists that came complete with the entry, which one read cannot tear apart. */
  readonly closed: readonly ListComplete[];
  /** Links with more values than one answer carries: to be read range by range. */
  readonly long: readonly string[];
  readonly sid: string | null;
}

type HiddenMembers = ReadonlyMap<string, readonly string[]>;

/** Members by primary group of all groups among these entries whose lists are sent. */
export function hiddenMembersOf(
  { groups, needs }: CaptureContext,
  entries: readonly LdapEntry[],
): Promise<HiddenMembers> {
  const sids: string[] = [];
  for (const entry of entries) {
    const isGroup =
      attributeOf(entry, 'objectclass')?.values.at(-1)?.toString('latin1').toLowerCase() === 'group';
    if (!isGroup) continue;
    const { key, sid } = parseExtendedDn(entry.dn);
    if (key !== null && sid !== null && needs.links.has('member') && groups.isSent(key)) sids.push(sid);
  }
  return groups.hiddenMembers(sids);
}

export function wholeAttributes(context: CaptureContext): readonly string[] {
  const { attributes, links } = context.needs;
  return [...new Set([...attributes.values(), ...links.values(), ...wholeBookkeeping])];
}

/**
 * Makes a whole change of an entry that was read with `wholeAttributes` at `version`.
 * @returns null for a container (which only the tree needs) and for classes nobody asked for.
 */
export async function readWhole(
  context: CaptureContext,
  entry: LdapEntry,
  version: Version,
  options: {
    readonly isAnyClass: boolean;
    /** Members by primary group, where they were read for many groups together. */
    readonly hidden?: HiddenMembers;
  },
): Promise<WholeReading | null> {
  const { needs, groups } = context;
  const reading = readEntry(entry, needs, 'whole');
  if (reading?.class === undefined || reading.class === null) return null;
  if (isContainerClass(reading.class)) {
    context.tree.put(reading.key, reading.dn);
    return null;
  }
  if (!options.isAnyClass && !needs.classes.has(reading.class.toLowerCase())) return null;
  const ancestors = await ancestorsOf(context, reading.dn);
  const isGroup = reading.class.toLowerCase() === 'group';
  if (isGroup) groups.setCritical(reading.key, reading.isCritical);
  const { attributes } = reading;
  const hiddenNames = hiddenAttributes(needs, reading.class, reading);
  tellHidden(context, reading.key, hiddenNames);
  const change: ObjectChange = {
    key: reading.key,
    class: reading.class,
    dn: reading.dn,
    ...(ancestors === null ? {} : { ancestors: [...ancestors] }),
    whole: { part: 0, of: 1 },
    ...spokenFor(needs, hiddenNames),
    attributes,
  };
  const { sid, key } = reading;
  if (!isGroup || !groups.isSent(key)) return { change, closed: [], long: [], sid };
  const hidden = options.hidden ?? (await groups.hiddenMembers(sid === null ? [] : [sid]));
  const own = (sid === null ? undefined : hidden.get(sid)) ?? [];
  return { ...withLists(context, entry, change, version, own), sid };
}

/** What a reading with hidden attributes speaks for. */
export function spokenFor(
  { attributes }: CaptureContext['needs'],
  hidden: readonly string[],
): Pick<ObjectChange, 'asked'> {
  if (hidden.length === 0) return {};
  return { asked: [...attributes.values()].filter((name) => !hidden.includes(name)) };
}

function withLists(
  context: CaptureContext,
  entry: LdapEntry,
  change: ObjectChange,
  version: Version,
  hidden: readonly string[],
): Pick<WholeReading, 'change' | 'closed' | 'long'> {
  const closed: ListComplete[] = [];
  const long: string[] = [];
  const links: NonNullable<ObjectChange['links']> = {};
  for (const [name, link] of context.needs.links) {
    const parts = entry.attributes.filter((attribute) => attribute.name === name);
    if (parts.some(({ range }) => range !== null && range.to !== null)) {
      long.push(link);
      continue;
    }
    const values = new Set(parts.flatMap((part) => keysOfValues(part.values)));
    if (name === 'member') for (const key of hidden) values.add(key);
    if (values.size > 0) links[link] = { added: [...values], removed: [], list: version };
    closed.push({ key: change.key, attribute: link, version, total: values.size });
    // A long list that was left open may have become short enough for one answer.
    context.troubles.end(listCause(change.key, link));
  }
  return { change: Object.keys(links).length === 0 ? change : { ...change, links }, closed, long };
}

/** A group that is gone has no list that could be open. */
export function endLists({ troubles }: CaptureContext, key: string): void {
  troubles.end(`list/${key}`);
}

const attemptsMax = 5;
const listCause = (key: string, link: string): string => `list/${key}/${link}`;

/**
 * Reads a list that comes in ranges (AD: 1,500 values an answer) and publishes it as it comes. It is closed only when
 * the group's uSNChanged stayed the same from the first range to the last; otherwise it is read again under a new
 * version, and left open in the end: then no value of it is taken for removed.
 */
export async function publishLongList(
  context: CaptureContext,
  group: { readonly key: string; readonly sid: string | null },
  link: string,
  lane: 'live' | 'bulk',
): Promise<void> {
  const { publisher, log, troubles } = context;
  const cause = listCause(group.key, link);
  for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
    const result = await publishRanges(context, group, link, lane);
    if (result === 'changed') continue;
    troubles.end(cause);
    if (result !== 'gone') await publisher.listsComplete([result]);
    return;
  }
  const message =
    'a list kept changing while it was read; values that were removed unseen stay until it is read again';
  log.warn(message, { code: 'LIST_OPEN', key: group.key, attribute: link });
  troubles.begin(cause, { code: 'LIST_OPEN', message, key: group.key, attribute: link });
}

/**
 * Polls go between two ranges, since a list of 250,000 takes long: the version was drawn before the first range, so what a
 * poll tells meanwhile outweighs it.
 */
async function publishRanges(
  context: CaptureContext,
  group: { readonly key: string; readonly sid: string | null },
  link: string,
  lane: 'live' | 'bulk',
): Promise<ListComplete | 'changed' | 'gone'> {
  const { reader, publisher, groups } = context;
  const version = reader.draw();
  const publish = (added: readonly string[]): Promise<void> =>
    publisher.changes(changeHeader(context, version, lane), [
      {
        key: group.key,
        attributes: {},
        links: { [link]: { added: [...added], removed: [], list: version } },
      },
    ]);
  const isMember = link.toLowerCase() === 'member';
  const { sid } = group;
  const hidden = (isMember && sid !== null ? (await groups.hiddenMembers([sid])).get(sid) : undefined) ?? [];
  if (hidden.length > 0) await publish(hidden);
  const isHidden = new Set(hidden);
  let total = hidden.length;
  let usn: string | undefined;
  for (let from = 0; ;) {
    const entry = await reader.exclusive(() =>
      reader.object(group.key, [`${link};range=${from}-*`, 'uSNChanged', 'isDeleted']),
    );
    // A tombstone has no members, which would close the list as empty.
    if (entry === undefined || isTombstone(entry)) return 'gone';
    usn ??= textOf(entry, 'usnchanged');
    if (usn !== textOf(entry, 'usnchanged')) return 'changed';
    const part = attributeOf(entry, link.toLowerCase());
    const keys = keysOfValues(part?.values ?? []).filter((key) => !isHidden.has(key));
    if (keys.length > 0) await publish(keys);
    total += keys.length;
    if (part === undefined || part.values.length === 0 || part.range?.to === null || part.range === null)
      break;
    from = part.range.to + 1;
  }
  return { key: group.key, attribute: link, version, total };
}
