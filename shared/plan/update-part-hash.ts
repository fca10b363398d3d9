import { operationHash, type ValueChange } from './operation.ts';

/**
 * Names one property of an update, with its value before and after; the same hash as the guard gives what it counts alone.
 *
 * The hash of a whole update could not be reached again in three cases, all of which leave its parts as they are: a budget
 * holds one property while the others flow (`partUpdate`), a name waits in `claim-names` until its holder has given it up,
 * and another value of the object changed meanwhile. So whoever carries out a plan takes an update apart and compares
 * property by property. In a ring of names one object is given a temporary name first: that is the pair of parts
 * (before, temporaryName(before, key)) and (temporaryName(before, key), after), which both sides make from the planned part.
 */
export function updatePartHash(
  { key, cloudId }: { readonly key: string; readonly cloudId: string },
  path: string,
  change: ValueChange,
): string {
  // The class is not in the hash.
  return operationHash({
    kind: 'update',
    key,
    cloudId,
    cloudClass: 'user',
    changes: { [path]: change },
    reasons: [],
  });
}
