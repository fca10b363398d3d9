import type { Operation } from '../plan/operation.ts';
import { budgetDrawOf } from './budget-draw.ts';

/**
 * What is not done on the word of a domain controller that may lack what was told before: all that a budget counts, so a
 * rename and another type of group too, which cost somebody his sign-in or cannot be taken back; and enabling whom we
 * disabled, since the older word may be that of a leaver. Creating, other values and additions go on: the next certain
 * reading sets them right.
 */
export function isHeldInDoubt(operation: Operation): boolean {
  if (operation.kind === 'enable') return operation.before === false;
  return budgetDrawOf(operation) !== null;
}

/** Why it is held, and what becomes of it. */
export const doubtMessage =
  'it was read from a domain controller that may lack what was told before; once that is certain it goes on or closes by itself';
