import type { Version } from '../contracts/primitives.ts';
import type { MemberState, StagedList } from '../model/staged-object.ts';
import { isNewer, laterVersion } from '../model/version.ts';

export interface MemberChange {
  readonly version: Version;
  readonly isPresent: boolean;
  /** Set when the value was read as part of a whole list. */
  readonly list?: Version | undefined;
  readonly inDoubt?: boolean | undefined;
}

/** Folds one value of a link; last writer wins, and the latest list it was part of is remembered beside it. */
export function foldMember(before: MemberState | null, change: MemberChange): MemberState {
  const list = laterVersion(before?.list ?? null, change.list ?? null);
  if (before !== null && !isNewer(change.version, before.version)) return { ...before, list };
  const { version, isPresent } = change;
  return { version, isPresent, list, ...(change.inDoubt === true ? { inDoubt: true } : {}) };
}

/**
 * Whether a value counts as a member: it must be newer than the group's latest tombstone and, once a whole list is
 * closed, have been in that list or changed after it. What the list no longer showed was removed unseen.
 */
export function isMember(state: MemberState, floor: Version | null, closedList: Version | null): boolean {
  if (!state.isPresent || !isNewer(state.version, floor)) return false;
  return closedList === null || !isNewer(closedList, state.list) || isNewer(state.version, closedList);
}

/**
 * Whether a value that is no member is missing on a doubtful word alone: it was told to be removed in doubt and no certain
 * list has been closed since, or only a list that was read in doubt does not show it.
 */
export function isRemovalInDoubt(state: MemberState, list: StagedList | undefined): boolean {
  const closed = list?.closed ?? null;
  const isClosedInDoubt = list?.closedInDoubt === true;
  if (state.isPresent) return isClosedInDoubt;
  const isConfirmed = closed !== null && !isClosedInDoubt && isNewer(closed, state.version);
  return state.inDoubt === true && !isConfirmed;
}
