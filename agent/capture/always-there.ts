import type { ObjectChange } from '../../shared/contracts/change-set.v1.ts';
import type { CaptureContext } from './capture-context.ts';
import type { CaptureNeeds } from './capture-needs.ts';

/** Every security principal has these: the schema demands them, or the domain controller sets them itself. */
const ofPrincipals = ['cn', 'name', 'objectsid', 'samaccountname', 'samaccounttype'] as const;
const ofAccounts = [...ofPrincipals, 'primarygroupid', 'useraccountcontrol'] as const;

const alwaysThere: Readonly<Record<string, readonly string[]>> = {
  user: ofAccounts,
  inetorgperson: ofAccounts,
  computer: ofAccounts,
  group: [...ofPrincipals, 'grouptype'],
  contact: ['cn', 'name'],
};

/**
 * Attributes, as the rules spell them, that an object of this class cannot be without and that the reading did not show:
 * the directory hides what the bind account may not read, without an error. Such a reading does not speak for them, or
 * everybody would look disabled once the right to read userAccountControl is lost.
 */
export function hiddenAttributes(
  needs: CaptureNeeds,
  className: string | null,
  { attributes }: Pick<ObjectChange, 'attributes'>,
): readonly string[] {
  const hidden: string[] = [];
  for (const name of alwaysThere[className?.toLowerCase() ?? ''] ?? []) {
    const asked = needs.attributes.get(name);
    if (asked !== undefined && (attributes[asked] ?? []).length === 0) hidden.push(asked);
  }
  return hidden;
}

/** Says once that a right is missing; the next import finds out whether it still is. */
export function tellHidden({ troubles, log }: CaptureContext, key: string, hidden: readonly string[]): void {
  for (const attribute of hidden) {
    const message = `the bind account may not read ${attribute} of all objects; where it is hidden, its last known value stays`;
    const problem = { code: 'LDAP_RIGHTS', message, key, attribute };
    if (troubles.begin(`rights/hidden/${attribute}`, problem)) log.warn(message, problem);
  }
}
