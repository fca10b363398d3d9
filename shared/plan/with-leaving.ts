import type { Link } from '../model/link.ts';
import type { ObjectPlan } from './plan-object.ts';

/**
 * The link with what is to be remembered about leaving. Who returns and could not be enabled in the same turn (throttled,
 * held by the mode) stays marked: by `leaving` alone the time of grace of the next leave would begin too early.
 */
export function withLeaving(
  link: Link | null,
  { leaving, operations }: Pick<ObjectPlan, 'leaving' | 'operations'>,
): Link | null {
  if (link === null) return null;
  const { owesEnabling: _owes, ...rest } = link;
  const isOwed =
    leaving === null &&
    link.applied['accountEnabled'] === false &&
    operations.some((one) => one.kind === 'enable');
  return isOwed ? { ...rest, leaving, owesEnabling: true } : { ...rest, leaving };
}
