import type { Link } from '../model/link.ts';
import type { Lifecycle } from '../rules/rule-set.ts';

/**
 * There is no cloud object yet, or the rules want another one in its place. One that was found among the deleted holds
 * the anchor, so no other can be made beside it.
 */
export function isMadeAnew(link: Link | null, { returned }: Pick<Lifecycle, 'returned'>): boolean {
  if (link === null) return true;
  return link.state === 'deleted' && returned === 'create' && link.isFound !== true;
}
