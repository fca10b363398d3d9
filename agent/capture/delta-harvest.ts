import type { LinkChange, ObjectChange } from '../../shared/contracts/change-set.v1.ts';
import type { LdapEntry } from '../../shared/adapters/active-directory/ldap-entry.ts';
import { hiddenAttributes, tellHidden } from './always-there.ts';
import { ancestorsBelow, ancestorsOf, isContainerClass, type CaptureContext } from './capture-context.ts';
import { readEntry, type EntryReading } from './read-entry.ts';
import { endLists, spokenFor } from './whole-reading.ts';

/** What is to be read or told besides the entries themselves. */
export interface FollowUps {
  /** Objects that came back: an entry tells what changed, not what was kept. */
  readonly undeleted: string[];
  /** Objects whose entry told a part of some attributes only. */
  readonly unclear: { key: string; attributes: readonly string[] }[];
  /** Containers with a new name or place: what lies below has a new name, and nobody says so. */
  readonly moved: string[];
}

export interface HarvestedChange {
  readonly change: ObjectChange;
  /** A disable, a deletion or a removal from a group: it overtakes everything else. */
  readonly isUrgent: boolean;
}

/**
 * Turns entries of one DirSync answer into changes. Entries come in any order, so what needs its neighbours (the parent
 * of a new object, an account whose primary group changed) is settled when they have been seen.
 */
export class DeltaHarvest {
  readonly followUps: FollowUps = { undeleted: [], unclear: [], moved: [] };
  readonly #context: CaptureContext;
  #readings: EntryReading[] = [];
  /** Accounts with a new primary group: group → accounts. */
  #hiddenMembers = new Map<string, Set<string>>();

  constructor(context: CaptureContext) {
    this.#context = context;
  }

  get size(): number {
    return this.#readings.length;
  }

  take(entry: LdapEntry): void {
    const { needs, tree, groups } = this.#context;
    const reading = readEntry(entry, needs);
    if (reading === null) return;
    if (tree.has(reading.key) || (reading.class !== null && isContainerClass(reading.class))) {
      this.#takeContainer(reading);
      return;
    }
    if (reading.isUndeleted) {
      this.followUps.undeleted.push(reading.key);
      return;
    }
    const isForeignClass = reading.class !== null && !needs.classes.has(reading.class.toLowerCase());
    if (isForeignClass && !reading.isTombstone) return;
    if (reading.isCritical) groups.setCritical(reading.key, true);
    if (reading.unclear.length > 0)
      this.followUps.unclear.push({ key: reading.key, attributes: reading.unclear });
    this.#readings.push(reading);
  }

  /** The changes of all entries taken since the last call. */
  async settle(): Promise<readonly HarvestedChange[]> {
    const readings = this.#readings;
    this.#readings = [];
    const changes = new Map<string, HarvestedChange>();
    // One answer may name an object twice, when it has more link values than go into one entry.
    const more: HarvestedChange[] = [];
    for (const reading of readings) {
      const change = await this.#change(reading);
      if (change === null) continue;
      if (changes.has(reading.key)) more.push(change);
      else changes.set(reading.key, change);
    }
    this.#addHiddenMembers(changes);
    return [...changes.values(), ...more];
  }

  #takeContainer(reading: EntryReading): void {
    const { tree } = this.#context;
    // Another domain controller may tell as new what is known: then its name may be new as well.
    const isKnown = tree.has(reading.key);
    if (reading.isTombstone) tree.remove(reading.key);
    else if (reading.isCreation && !isKnown) tree.put(reading.key, reading.dn);
    else if (reading.isNamed || reading.isUndeleted) {
      tree.put(reading.key, reading.dn);
      // Told again after a restart, when the tree has the new name already: so the tree is not asked whether it changed.
      if (reading.key !== tree.headKey) this.followUps.moved.push(reading.key);
    }
  }

  async #change(reading: EntryReading): Promise<HarvestedChange | null> {
    if (reading.isTombstone) {
      endLists(this.#context, reading.key);
      return { change: { key: reading.key, deleted: true, attributes: {} }, isUrgent: true };
    }
    await this.#notePrimaryGroup(reading);
    const links = await this.#links(reading);
    const hasLinks = Object.keys(links).length > 0;
    const name = reading.isNamed || reading.isCreation ? await this.#name(reading) : {};
    if (!reading.isCreation && !reading.isNamed && !hasLinks && Object.keys(reading.attributes).length === 0)
      return null;
    const change: ObjectChange = {
      key: reading.key,
      ...(reading.class === null ? {} : { class: reading.class }),
      ...name,
      ...(reading.isCreation ? { whole: { part: 0, of: 1 }, ...this.#spokenFor(reading) } : {}),
      attributes: reading.isCreation ? withoutEmpty(reading.attributes) : reading.attributes,
      ...(hasLinks ? { links } : {}),
    };
    const hasRemovals = Object.values(links).some(({ removed }) => removed.length > 0);
    return { change, isUrgent: hasRemovals || (reading.isDisabled && !reading.isCreation) };
  }

  #spokenFor(reading: EntryReading): Pick<ObjectChange, 'asked'> {
    const hidden = hiddenAttributes(this.#context.needs, reading.class, reading);
    tellHidden(this.#context, reading.key, hidden);
    return spokenFor(this.#context.needs, hidden);
  }

  async #name(reading: EntryReading): Promise<Pick<ObjectChange, 'dn' | 'ancestors'>> {
    const { parentKey, dn } = reading;
    const ancestors =
      parentKey === null
        ? await ancestorsOf(this.#context, dn)
        : await ancestorsBelow(this.#context, parentKey);
    return { dn: reading.dn, ...(ancestors === null ? {} : { ancestors: [...ancestors] }) };
  }

  async #links(reading: EntryReading): Promise<Record<string, LinkChange>> {
    const { groups } = this.#context;
    const links: Record<string, LinkChange> = {};
    if (!groups.isSent(reading.key)) return links;
    for (const [link, { added, removed }] of Object.entries(reading.links)) {
      const still =
        link.toLowerCase() === 'member' ? await groups.stillMembers(reading.sid, removed) : new Set();
      const gone = removed.filter((key) => !still.has(key));
      if (added.length + gone.length > 0) links[link] = { added, removed: gone };
    }
    return links;
  }

  async #notePrimaryGroup(reading: EntryReading): Promise<void> {
    if (reading.primaryGroupRid === null) return;
    const group = await this.#context.groups.groupOf(reading.primaryGroupRid);
    if (group === null) return;
    const members = this.#hiddenMembers.get(group) ?? new Set();
    this.#hiddenMembers.set(group, members.add(reading.key));
  }

  #addHiddenMembers(changes: Map<string, HarvestedChange>): void {
    const link = this.#context.needs.links.get('member');
    const hidden = this.#hiddenMembers;
    this.#hiddenMembers = new Map();
    if (link === undefined) return;
    for (const [group, members] of hidden) {
      const known = changes.get(group);
      const change = known?.change ?? { key: group, attributes: {} };
      if (change.deleted === true) continue;
      const { added = [], removed = [] } = change.links?.[link] ?? {};
      const values: LinkChange = {
        added: [...new Set([...added, ...members])],
        removed: removed.filter((key) => !members.has(key)),
      };
      const links = { ...change.links, [link]: values };
      changes.set(group, { change: { ...change, links }, isUrgent: known?.isUrgent ?? false });
    }
  }
}

/** In a whole reading, what was asked for and is not named is empty. */
function withoutEmpty(attributes: ObjectChange['attributes']): ObjectChange['attributes'] {
  return Object.fromEntries(Object.entries(attributes).filter(([, values]) => values.length > 0));
}
