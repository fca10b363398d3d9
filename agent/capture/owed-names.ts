import type { LeaseState } from '../lease/lease-state.ts';
import type { ContainerTree } from './container-tree.ts';

type Owed = LeaseState['owed'];

/** More containers than this are not listed: everything below the head is told again. The list shares the state's limit. */
const owedMax = 300;

/**
 * The containers whose contents have to be told their new names, `moved` included. What lies below one that has just moved
 * is told with it, so only the topmost are kept: another domain controller may tell the names of all containers anew.
 */
export function withOwed(
  owed: Owed,
  namingContext: string,
  moved: readonly string[],
  tree: ContainerTree,
): Owed {
  if (moved.length === 0) return owed;
  const fresh = new Set(moved);
  const isCovered = (key: string): boolean =>
    tree.chainOf(key)?.some((above) => above !== key && fresh.has(above)) === true;
  const others = owed.filter((one) => one.namingContext !== namingContext);
  // One that is being told this moment stays: it may have passed the place by now. A new entry for it takes its place.
  const before = owed.filter(
    (one) => one.namingContext === namingContext && !fresh.has(one.key) && !isCovered(one.key),
  );
  const added = [...fresh].filter((key) => !isCovered(key)).map((key) => ({ namingContext, key }));
  const all = [...before, ...added];
  return [...others, ...(all.length > owedMax ? [{ namingContext, key: tree.headKey }] : all)];
}
