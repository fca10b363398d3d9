import type { Context } from './call.ts';
import type { Entry, Kind } from './entry.ts';
import { isDynamic, isUnified } from './group-kind.ts';
import type { Json, JsonObject } from './json.ts';
import { objectIdOf } from './object-reference.ts';
import type { Effect } from './outcome.ts';
import { refuse } from './refusal.ts';
import type { Tenant } from './tenant.ts';

export type Relation = 'members' | 'owners';

/** groups-allowed-member-types.md: a security group takes all of these, a Microsoft 365 group users only. */
const securityMembers: readonly Kind[] = ['user', 'group', 'device', 'orgContact'];
/** Beside GroupMember.ReadWrite.All, for members that are no users or groups (group-post-members.md). */
const memberRoles: Readonly<Partial<Record<Kind, string>>> = {
  device: 'Device.ReadWrite.All',
  orgContact: 'OrgContact.Read.All',
};

/** The objects that references name, each checked: there, shown, of a kind that this group takes. */
export function referencesIn(
  { tenant, call }: Context,
  references: readonly Json[],
  group: JsonObject,
  now: number,
): Entry[] {
  return references.map((reference) => {
    const id = objectIdOf(tenant, reference);
    const entry = tenant.requireLive(id, securityMembers, now);
    if (isUnified(group) && entry.kind !== 'user')
      throw refuse.badRequest('A Microsoft 365 group takes users as members only.');
    if (entry.kind === 'group' && isUnified(entry.current.properties))
      throw refuse.badRequest('A Microsoft 365 group cannot be a member of a group.');
    if (entry.id === group['id']) throw refuse.badRequest('A group cannot be a member of itself.');
    const role = memberRoles[entry.kind];
    if (role !== undefined && !call.caller.roles.has(role)) throw refuse.denied();
    return entry;
  });
}

export function checkMembership(group: Entry): void {
  // 400 or 403 is not documented; 403 has been seen, and both must be taken as final.
  if (isDynamic(group.current.properties)) throw refuse.denied();
}

export function addReferences(
  tenant: Tenant,
  relation: Relation,
  group: Entry,
  targets: readonly Entry[],
  now: number,
): Effect[] {
  if (targets.length === 0) return [];
  const shownAt = tenant.shownAt(now);
  for (const target of targets) tenant[relation].add(group.id, target.id, shownAt);
  return [{ objectId: group.id, property: relation, count: targets.length }];
}
