import type { StagedObject } from '../model/staged-object.ts';
import type { RuleSet, Sync } from './rule-set.ts';

/**
 * The sync an object belongs to by its most specific class: inetOrgPerson is a user; computers, managed service accounts
 * and whatever else merely inherits from user is not. Null where no sync wants it or the class is not known yet.
 */
export function selectSync(rules: RuleSet, connector: string, staged: StagedObject): Sync | null {
  const name = staged.class?.name.toLowerCase();
  const wanted = name === 'inetorgperson' ? 'user' : name;
  return rules.syncs.find((sync) => sync.connector === connector && sync.sourceClass === wanted) ?? null;
}
