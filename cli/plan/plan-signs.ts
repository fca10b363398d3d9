import type { PlannedObject } from './planned-object.ts';

/** + made or brought back, ~ changed, - disabled or deleted, ! held in part or not possible. */
export type Sign = '+' | '~' | '-' | '!';

export function signOf({ operations, held }: PlannedObject): Sign {
  if (held.length > 0 || operations.length === 0) return '!';
  if (operations.some(({ kind }) => kind === 'delete' || kind === 'disable')) return '-';
  return operations.some(({ kind }) => kind === 'create' || kind === 'restore') ? '+' : '~';
}

const order: Readonly<Record<Sign, number>> = { '!': 0, '-': 1, '~': 2, '+': 3 };

/** What hurts first, then by name. */
export function inReadingOrder(objects: readonly PlannedObject[]): readonly PlannedObject[] {
  return objects
    .map((object) => ({ object, rank: order[signOf(object)] }))
    .sort((a, b) => a.rank - b.rank || (a.object.label < b.object.label ? -1 : 1))
    .map(({ object }) => object);
}
