import { canonical, operationHash, type Operation, type ValueChange } from './operation.ts';

export type Update = Extract<Operation, { kind: 'update' }>;

/** Whether a change is counted for itself, so that it can be held while the other values of the object flow. */
export type IsCounted = (path: string, change: ValueChange) => boolean;

/**
 * Parts an update: what is counted alone, path by path, and the rest together, first. The parts merge to the same
 * request again (`mergeUpdates`). What has no such change stays the very operation that was planned.
 */
export function partUpdate(update: Update, isCounted: IsCounted): readonly Update[] {
  const entries = Object.entries(update.changes);
  const counted = entries.filter(([path, change]) => isCounted(path, change));
  if (counted.length === 0 || entries.length === 1) return [update];
  const ordinary = entries.filter((entry) => !counted.includes(entry));
  const part = (some: typeof entries): Update => ({
    ...update,
    changes: Object.fromEntries(some),
    reasons: update.reasons.filter(({ rule }) => some.some(([path]) => `${rule}.`.includes(`.${path}.`))),
  });
  const parts = counted.map((entry) => part([entry]));
  return ordinary.length === 0 ? parts : [part(ordinary), ...parts];
}

/** One PATCH an object, whatever the guard parted. */
export function mergeUpdates(updates: readonly Update[]): Update | null {
  const [first, ...others] = updates;
  if (first === undefined || others.length === 0) return first ?? null;
  return {
    ...first,
    changes: Object.assign({}, ...updates.map((one) => one.changes)) as Update['changes'],
    reasons: updates.flatMap((one) => one.reasons),
  };
}

/** Whether carrying out `whole` carried out `part` too: a part is not named by the hash of what it was merged into. */
export function includesOperation(whole: Operation, part: Operation): boolean {
  if (whole.kind !== 'update' || part.kind !== 'update') return operationHash(whole) === operationHash(part);
  if (whole.key !== part.key || whole.cloudId !== part.cloudId) return false;
  return Object.entries(part.changes).every(
    ([path, change]) => canonical(whole.changes[path]) === canonical(change),
  );
}
