import { isShown, type Entry, type Kind, type View } from './entry.ts';
import type { JsonObject } from './json.ts';
import { Links } from './links.ts';
import { refuse } from './refusal.ts';
import type { Range, SeededRandom } from './seeded-random.ts';
import { UniqueKeys, uniqueKeysOf, type UniqueKey } from './unique-keys.ts';

export interface TenantOptions {
  readonly id: string;
  /** The first is the default domain. */
  readonly domains: readonly string[];
  readonly federatedDomains: readonly string[];
  readonly lag: Range;
  /** Whether a soft-deleted object keeps its immutable id or unique name; a UPN is always free. */
  readonly deletedKeys: 'kept' | 'free';
}

export interface NewEntry {
  readonly id?: string | undefined;
  readonly restricted?: boolean;
  /** Shown at once instead of after a lag. */
  readonly atOnce?: boolean;
}

/** The primary copy, and the rule by which reads trail behind it. */
export class Tenant {
  readonly options: TenantOptions;
  readonly random: SeededRandom;
  readonly members = new Links();
  readonly owners = new Links();
  readonly keys = new UniqueKeys();
  readonly #entries = new Map<string, Entry>();
  readonly #liveCounts = new Map<Kind, number>();
  #serial = 0;

  constructor(options: TenantOptions, random: SeededRandom) {
    this.options = options;
    this.random = random;
  }

  entries(): Iterable<Entry> {
    return this.#entries.values();
  }

  entry(id: string): Entry | undefined {
    return this.#entries.get(id.toLowerCase());
  }

  liveCount(kind: Kind): number {
    return this.#liveCounts.get(kind) ?? 0;
  }

  /** When a write done now is shown to reads. */
  shownAt(now: number): number {
    return now + this.random.within(this.options.lag);
  }

  /** The object a request names; 404 also while it has not reached the copy that answers. */
  require(id: string, kinds: readonly Kind[], now: number): Entry {
    const entry = this.entry(id);
    if (entry === undefined || !kinds.includes(entry.kind) || !isShown(entry, now)) throw refuse.notFound(id);
    return entry;
  }

  /** For writes: what is deleted is gone for them at once. */
  requireLive(id: string, kinds: readonly Kind[], now: number): Entry {
    const entry = this.require(id, kinds, now);
    if (entry.deletedAt !== undefined) throw refuse.notFound(id);
    return entry;
  }

  create(kind: Kind, properties: JsonObject, now: number, how: NewEntry = {}): Entry {
    const id = (how.id ?? this.random.guid()).toLowerCase();
    const keys = uniqueKeysOf(kind, properties);
    this.#refuseConflict(keys, id);
    this.keys.claim(keys, id);
    const entry: Entry = {
      id,
      kind,
      serial: ++this.#serial,
      restricted: how.restricted === true,
      current: { properties: { id, ...properties }, managerId: undefined },
      past: [],
      visibleAt: how.atOnce === true ? now : this.shownAt(now),
      deletedAt: undefined,
      deletionShownAt: 0,
    };
    this.#entries.set(id, entry);
    this.#count(kind, 1);
    return entry;
  }

  replace(entry: Entry, next: Partial<View>, now: number): void {
    const before = entry.current;
    const current: View = { ...before, ...next };
    const released = uniqueKeysOf(entry.kind, before.properties);
    const claimed = uniqueKeysOf(entry.kind, current.properties);
    this.#refuseConflict(claimed, entry.id);
    this.keys.release(released, entry.id);
    this.keys.claim(claimed, entry.id);
    const shownAt = Math.max(this.shownAt(now), entry.past.at(-1)?.until ?? 0);
    if (shownAt > now) entry.past.push({ ...before, until: shownAt });
    entry.current = current;
  }

  softDelete(entry: Entry, now: number): void {
    const kept = this.options.deletedKeys === 'kept' ? ['immutableId', 'uniqueName'] : [];
    const keys = uniqueKeysOf(entry.kind, entry.current.properties);
    this.keys.release(
      keys.filter((key) => !kept.includes(key.space)),
      entry.id,
    );
    entry.deletedAt = now;
    entry.deletionShownAt = this.shownAt(now);
    entry.past = [];
    this.#count(entry.kind, -1);
  }

  restore(entry: Entry, properties: JsonObject, now: number): void {
    const keys = uniqueKeysOf(entry.kind, properties);
    this.#refuseConflict(keys, entry.id);
    this.keys.claim(keys, entry.id);
    entry.current = { ...entry.current, properties };
    entry.deletedAt = undefined;
    entry.visibleAt = this.shownAt(now);
    this.#count(entry.kind, 1);
  }

  purge(entry: Entry): void {
    this.keys.release(uniqueKeysOf(entry.kind, entry.current.properties), entry.id);
    this.members.forget(entry.id);
    this.owners.forget(entry.id);
    if (entry.deletedAt === undefined) this.#count(entry.kind, -1);
    this.#entries.delete(entry.id);
  }

  /** Holder of a directory role, or member or owner of a role-assignable group: sensitive writes need a higher role. */
  isProtected(id: string): boolean {
    const groups = [...this.members.writtenSources(id), ...this.owners.writtenSources(id)];
    return groups.some((groupId) => {
      const group = this.entry(groupId);
      if (group === undefined || group.deletedAt !== undefined) return false;
      return group.kind === 'directoryRole' || group.current.properties['isAssignableToRole'] === true;
    });
  }

  #refuseConflict(keys: readonly UniqueKey[], id: string): void {
    const conflict = this.keys.conflict(keys, id);
    if (conflict !== undefined) throw refuse.objectConflict(conflict.property);
  }

  #count(kind: Kind, step: number): void {
    this.#liveCounts.set(kind, this.liveCount(kind) + step);
  }
}
