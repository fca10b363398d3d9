import type { ObjectChange } from '../contracts/change-set.v1.ts';
import type { Version } from '../contracts/primitives.ts';
import type { OpenBase, StagedAttribute, StagedList, StagedObject } from '../model/staged-object.ts';
import { compareVersions, isNewer, laterVersion } from '../model/version.ts';

/** What one read has in common for all its objects. */
export interface ReadContext {
  readonly version: Version;
  /** Attributes the read asked for. */
  readonly asked: readonly string[];
  /** Import or refresh it belongs to. */
  readonly importId?: string | undefined;
  /** It was read from a domain controller that may lack what was told before. */
  readonly inDoubt?: boolean | undefined;
}

/**
 * Folds what one read said about one object into its staged copy.
 *
 * Everything is last-writer-wins by version, one attribute at a time, above the floor that the latest tombstone set;
 * so folding is idempotent and commutative: any duplication and any order of messages gives the same copy (SPEC I1).
 * A delta names only what changed: an attribute missing from it stays as it is. A whole read speaks for everything it
 * asked for: what is missing from it is known to be empty. What no read has asked for stays unknown (SPEC I2).
 */
export function foldObject(
  staged: StagedObject | null,
  change: ObjectChange,
  read: ReadContext,
): StagedObject {
  const before = staged ?? emptyObject(change.key);
  const floor = change.deleted === true ? laterVersion(before.floor, read.version) : before.floor;
  const isCounted = isNewer(read.version, floor);
  const folded = isCounted ? foldFacts(before, change, read) : before;
  const life = foldLife(before, change, read);
  const next = dropBelowFloor({ ...folded, life, floor, seenIn: foldSeen(before, read) });
  return foldDoubt(next, read);
}

export function emptyObject(key: string): StagedObject {
  return {
    key,
    class: null,
    life: null,
    floor: null,
    base: null,
    openBases: [],
    dn: null,
    ancestors: null,
    attributes: {},
    lists: {},
    oversized: {},
    seenIn: null,
    vanished: null,
  };
}

function foldFacts(before: StagedObject, change: ObjectChange, read: ReadContext): StagedObject {
  const { version } = read;
  const bases = foldBase(before, change, version);
  return {
    ...before,
    ...bases,
    class:
      change.class !== undefined && isNewer(version, before.class?.version)
        ? { version, name: change.class }
        : before.class,
    dn:
      change.dn !== undefined && isNewer(version, before.dn?.version)
        ? { version, text: change.dn }
        : before.dn,
    ancestors:
      change.ancestors !== undefined && isNewer(version, before.ancestors?.version)
        ? { version, keys: change.ancestors }
        : before.ancestors,
    attributes: foldAttributes(before, change, read),
    lists: foldLists(before, change, read),
    oversized: foldOversized(before, change, version),
  };
}

/** Alive is claimed by whole reads and by `deleted: false` only; a delta of a tombstone must not revive it. */
function foldLife(before: StagedObject, change: ObjectChange, read: ReadContext): StagedObject['life'] {
  const isDeleted = change.deleted ?? (change.whole === undefined ? undefined : false);
  if (isDeleted === undefined || !isNewer(read.version, before.life?.version)) return before.life;
  return { version: read.version, isDeleted };
}

function foldSeen(before: StagedObject, read: ReadContext): StagedObject['seenIn'] {
  if (read.importId === undefined || !isNewer(read.version, before.seenIn?.version)) return before.seenIn;
  return { version: read.version, id: read.importId };
}

function foldAttributes(
  before: StagedObject,
  change: ObjectChange,
  read: ReadContext,
): StagedObject['attributes'] {
  const attributes: Record<string, StagedAttribute> = { ...before.attributes };
  const put = (name: string, next: StagedAttribute): void => {
    if (isNewer(next.version, attributes[name]?.version)) attributes[name] = next;
  };
  const given = new Set<string>();
  for (const [name, values] of Object.entries(change.attributes)) {
    const lower = name.toLowerCase();
    given.add(lower);
    put(lower, { version: read.version, values });
  }
  if (change.whole === undefined) return attributes;
  const oversized = new Set(change.oversized?.map((name) => name.toLowerCase()));
  for (const name of change.asked ?? read.asked) {
    const lower = name.toLowerCase();
    if (!given.has(lower) && !oversized.has(lower)) put(lower, { version: read.version, values: [] });
  }
  return attributes;
}

function foldOversized(
  before: StagedObject,
  change: ObjectChange,
  version: Version,
): StagedObject['oversized'] {
  const oversized: Record<string, Version> = { ...before.oversized };
  for (const name of change.oversized ?? []) {
    const lower = name.toLowerCase();
    if (isNewer(version, oversized[lower])) oversized[lower] = version;
  }
  return oversized;
}

/** A base is complete when all parts of one version have arrived; incomplete ones older than it are of no use. */
function foldBase(
  before: StagedObject,
  change: ObjectChange,
  version: Version,
): Pick<StagedObject, 'base' | 'openBases'> {
  const { whole } = change;
  if (whole === undefined || !isNewer(version, before.base))
    return { base: before.base, openBases: before.openBases };
  const open = before.openBases.find((one) => compareVersions(one.version, version) === 0);
  const seen = [...new Set([...(open?.seen ?? []), whole.part])].sort((a, b) => a - b);
  const others = before.openBases.filter((one) => one !== open);
  if (seen.length >= whole.of)
    return { base: version, openBases: others.filter((one) => isNewer(one.version, version)) };
  const openBases = [...others, { version, of: whole.of, seen } satisfies OpenBase].sort((a, b) =>
    compareVersions(a.version, b.version),
  );
  return { base: before.base, openBases };
}

/** As long as a reading in doubt is the last that spoke for the whole object, so is the object. */
function foldDoubt(staged: StagedObject, read: ReadContext): StagedObject {
  const { doubt: before, ...rest } = staged;
  const doubt = laterVersion(before ?? null, read.inDoubt === true ? read.version : null);
  const isSettled =
    doubt === null || [staged.base, staged.floor].some((one) => one !== null && isNewer(one, doubt));
  return isSettled ? rest : { ...rest, doubt };
}

/** A list that takes the place of an older one; what was closed last stays in force until it is closed itself. */
export function beginList(
  before: StagedList | undefined,
  list: { readonly version: Version; readonly total: number | null; readonly inDoubt?: boolean | undefined },
): StagedList {
  return {
    version: list.version,
    total: list.total,
    isClosed: false,
    closed: before?.closed ?? null,
    ...(list.inDoubt === true ? { inDoubt: true } : {}),
    ...(before?.closedInDoubt === true ? { closedInDoubt: true } : {}),
  };
}

/** The latest whole list that was begun; an older one can never be closed any more. */
function foldLists(before: StagedObject, change: ObjectChange, read: ReadContext): StagedObject['lists'] {
  const lists = { ...before.lists };
  for (const [name, link] of Object.entries(change.links ?? {})) {
    const lower = name.toLowerCase();
    const known = lists[lower];
    if (link.list !== undefined && isNewer(link.list, known?.version))
      lists[lower] = beginList(known, { version: link.list, total: null, inDoubt: read.inDoubt });
  }
  return lists;
}

/** Removes what the floor has overtaken, so that the copy does not depend on what arrived before the tombstone. */
function dropBelowFloor(staged: StagedObject): StagedObject {
  const { floor } = staged;
  if (floor === null) return staged;
  const above = <T extends { readonly version: Version }>(one: T | null): T | null =>
    one !== null && isNewer(one.version, floor) ? one : null;
  const keep = <T extends { readonly version: Version }>(
    map: Readonly<Record<string, T>>,
  ): Record<string, T> =>
    Object.fromEntries(Object.entries(map).filter(([, one]) => isNewer(one.version, floor)));
  const closedAbove = (list: StagedList): StagedList => {
    if (list.closed === null || isNewer(list.closed, floor)) return list;
    const { closedInDoubt: _gone, ...rest } = list;
    return { ...rest, closed: null };
  };
  return {
    ...staged,
    class: above(staged.class),
    dn: above(staged.dn),
    ancestors: above(staged.ancestors),
    base: staged.base !== null && isNewer(staged.base, floor) ? staged.base : null,
    openBases: staged.openBases.filter((one) => isNewer(one.version, floor)),
    attributes: keep(staged.attributes),
    lists: Object.fromEntries(
      Object.entries(keep(staged.lists)).map(([name, list]) => [name, closedAbove(list)]),
    ),
    oversized: Object.fromEntries(
      Object.entries(staged.oversized).filter(([, version]) => isNewer(version, floor)),
    ),
    vanished: staged.vanished !== null && isNewer(staged.vanished, floor) ? staged.vanished : null,
  };
}
