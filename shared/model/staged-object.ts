import type { Value, Version } from '../contracts/primitives.ts';

/** One attribute with the version it was read at. No values: known to be empty. Absent from the map: never read. */
export interface StagedAttribute {
  readonly version: Version;
  readonly values: readonly Value[];
}

/** The latest whole member list whose reading has begun: closed once `total` values carry its version. */
export interface StagedList {
  readonly version: Version;
  /** null until its list-complete has arrived. */
  readonly total: number | null;
  readonly isClosed: boolean;
  /** The latest list that was closed, this one or one before: what it did not show stays removed. */
  readonly closed: Version | null;
  /** Set where the list with `version` was read in doubt. */
  readonly inDoubt?: true;
  /** Set where the one with `closed` was. */
  readonly closedInDoubt?: true;
}

/** A whole read that came in parts, not all of which have arrived. */
export interface OpenBase {
  readonly version: Version;
  readonly of: number;
  readonly seen: readonly number[];
}

/**
 * The last known copy of one source object. Everything in it is decided by versions alone, so any duplication and any
 * order of messages gives the same copy (SPEC I1).
 */
export interface StagedObject {
  readonly key: string;
  readonly class: { readonly version: Version; readonly name: string } | null;
  /** Whether it was last seen alive or as a tombstone; null while only fragments have arrived. */
  readonly life: { readonly version: Version; readonly isDeleted: boolean } | null;
  /** Version of the latest tombstone: nothing older counts, however late it arrives. */
  readonly floor: Version | null;
  /** Latest complete whole-object read; without one (or after an undelete) nothing is planned. */
  readonly base: Version | null;
  readonly openBases: readonly OpenBase[];
  readonly dn: { readonly version: Version; readonly text: string } | null;
  readonly ancestors: { readonly version: Version; readonly keys: readonly string[] } | null;
  /** By lower-case name: LDAP attribute names are case-insensitive. */
  readonly attributes: Readonly<Record<string, StagedAttribute>>;
  /** By lower-case name of the link. */
  readonly lists: Readonly<Record<string, StagedList>>;
  /** By lower-case name: attributes that were too large to carry when last read. */
  readonly oversized: Readonly<Record<string, Version>>;
  /** Import or refresh it was last seen in. */
  readonly seenIn: { readonly version: Version; readonly id: string } | null;
  /** A probe that found nothing, newer than anything else: held as vanished. */
  readonly vanished: Version | null;
  /**
   * The latest reading in doubt, until a complete reading or a tombstone that is newer confirms the object or says
   * otherwise: those are certain, or they were the latest one in doubt themselves.
   */
  readonly doubt?: Version;
}

/** One value of a multi-valued link, in a row of its own. */
export interface MemberState {
  readonly version: Version;
  readonly isPresent: boolean;
  /** Latest whole-list reading this value was part of. */
  readonly list: Version | null;
  /** Set where what was told with `version` was read in doubt. */
  readonly inDoubt?: true;
}
