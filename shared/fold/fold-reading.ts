import type { ListComplete } from '../contracts/reading.v1.ts';
import type { Version } from '../contracts/primitives.ts';
import type { StagedList, StagedObject } from '../model/staged-object.ts';
import { compareVersions, isNewer } from '../model/version.ts';
import { beginList, emptyObject } from './fold-object.ts';

/** Folds the end of a whole list: from now on its total is known, so it can be seen whether all of it has arrived. */
export function foldListComplete(staged: StagedObject | null, complete: ListComplete): StagedObject {
  const before = staged ?? emptyObject(complete.key);
  const name = complete.attribute.toLowerCase();
  const list = before.lists[name];
  if (!isNewer(complete.version, before.floor)) return before;
  if (list !== undefined && compareVersions(complete.version, list.version) < 0) return before;
  const isClosed =
    list !== undefined && compareVersions(complete.version, list.version) === 0 && list.isClosed;
  return { ...before, lists: { ...before.lists, [name]: { ...beginList(list, complete), isClosed } } };
}

/** Closes a list whose values have all arrived; a newer list meanwhile makes this one void. */
export function closeList(staged: StagedObject, attribute: string, version: Version): StagedObject {
  const name = attribute.toLowerCase();
  const list = staged.lists[name];
  if (list === undefined || compareVersions(list.version, version) !== 0) return staged;
  const { closedInDoubt: _before, ...rest } = list;
  const closed: StagedList = {
    ...rest,
    isClosed: true,
    closed: version,
    ...(list.inDoubt === true ? { closedInDoubt: true } : {}),
  };
  return { ...staged, lists: { ...staged.lists, [name]: closed } };
}

/** A probe found nothing; anything read later than it shows that the object is there after all. */
export function foldVanished(staged: StagedObject, version: Version): StagedObject {
  if (!isNewer(version, staged.vanished) || !isNewer(version, staged.floor)) return staged;
  return { ...staged, vanished: version };
}

/** True while nothing newer than the probe has been read. */
export function isVanished(staged: StagedObject): boolean {
  if (staged.vanished === null) return false;
  const latest = [
    staged.life?.version,
    staged.dn?.version,
    ...Object.values(staged.attributes).map((one) => one.version),
  ];
  return latest.every((version) => version === undefined || isNewer(staged.vanished ?? version, version));
}
