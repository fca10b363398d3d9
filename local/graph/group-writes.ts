import { bodyOf, type Call, type Context } from './call.ts';
import { effectsOf, wholeEffect } from './effects-of.ts';
import type { Entry } from './entry.ts';
import { isDynamic, isUnified } from './group-kind.ts';
import { textOf, type Json, type JsonObject } from './json.ts';
import { addReferences, checkMembership, referencesIn, type Relation } from './memberships.ts';
import type { Effect, Outcome } from './outcome.ts';
import { present } from './present.ts';
import { groupRules } from './property-rules.ts';
import { refuse } from './refusal.ts';
import type { Tenant } from './tenant.ts';
import { contextOf } from './user-writes.ts';
import { mergeProperties, validateBody } from './validate-body.ts';

const required = ['displayName', 'mailEnabled', 'mailNickname', 'securityEnabled'];
const binds = ['members@odata.bind', 'owners@odata.bind'] as const;

export function createGroup(context: Context, now: number): Outcome {
  const { tenant, call } = context;
  const { properties: body, members, owners } = split(bodyOf(call));
  if (members.length + owners.length > 20)
    throw refuse.badRequest('The number of references exceeds the limit of 20 for one request.');
  const properties = newGroup(context, body, now);
  const targets = (references: readonly Json[]) => referencesIn(context, references, properties, now);
  const [memberEntries, ownerEntries] = [targets(members), targets(owners)];
  const entry = tenant.create('group', properties, now);
  const effects = [
    wholeEffect(entry.id, 'created'),
    ...effectsOf(groupRules, entry.id, {}, entry.current.properties),
    ...addReferences(tenant, 'members', entry, memberEntries, now),
    ...addReferences(tenant, 'owners', entry, ownerEntries, now),
  ];
  return { ...created(call, entry), effects };
}

/** PATCH /groups(uniqueName='x') with Prefer: create-if-missing (group-upsert.md): 201 or 204, never two groups. */
export function upsertGroup(
  context: Context,
  uniqueName: string,
  found: Entry | undefined,
  now: number,
): Outcome {
  const { tenant, call } = context;
  // The primary copy decides: the key is unique there even while reads do not show the group yet.
  if (found !== undefined) return patchGroup(context, found, now);
  const isAsked = (call.headers['prefer'] ?? '')
    .split(',')
    .some((item) => item.trim() === 'create-if-missing');
  if (!isAsked) throw refuse.notFound(uniqueName);
  const { properties: body, members, owners } = split(bodyOf(call));
  if (members.length + owners.length > 0)
    throw refuse.badRequest('References are not supported when a group is created by its unique name.');
  if (body['uniqueName'] !== undefined && body['uniqueName'] !== uniqueName)
    throw refuse.badValue('uniqueName', 'Group');
  const properties = newGroup(context, { ...body, uniqueName }, now);
  if (properties['isAssignableToRole'] === true) throw refuse.badValue('uniqueName', 'Group');
  const entry = tenant.create('group', properties, now);
  return {
    ...created(call, entry),
    effects: [
      wholeEffect(entry.id, 'created'),
      ...effectsOf(groupRules, entry.id, {}, entry.current.properties),
    ],
  };
}

function created(call: Call, entry: Entry): Outcome {
  return {
    status: 201,
    body: {
      '@odata.context': contextOf(call, 'groups/$entity'),
      ...present(entry, entry.current, undefined),
    },
    headers: { location: `${call.origin}/v1.0/groups/${entry.id}` },
    objectId: entry.id,
  };
}

function newGroup({ tenant, call }: Context, given: JsonObject, now: number): JsonObject {
  const body = validateBody('Group', groupRules, given, 'create');
  for (const name of required)
    if (body[name] === undefined || body[name] === null) throw refuse.missing(name, 'Group');
  const unified = isUnified(body);
  if (body['mailEnabled'] === true && !unified)
    throw refuse.badRequest(
      'The service does not currently support writes of mail-enabled groups. Please ensure that the mail-enablement property is unset and the security-enablement property is set.',
    );
  if (body['mailEnabled'] === false && (unified || body['securityEnabled'] === false))
    throw refuse.badValue('mailEnabled', 'Group');
  if (isDynamic(body) !== (typeof body['membershipRule'] === 'string'))
    throw refuse.badValue('membershipRule', 'Group');
  if (body['isAssignableToRole'] === true) checkRoleAssignable(call, body);
  const mail = unified ? `${textOf(body['mailNickname'])}@${tenant.options.domains[0] ?? ''}` : undefined;
  const addresses: JsonObject = mail === undefined ? {} : { mail, proxyAddresses: [`SMTP:${mail}`] };
  const stamp = new Date(now).toISOString();
  return { ...body, ...addresses, createdDateTime: stamp, renewedDateTime: stamp };
}

function checkRoleAssignable(call: Call, body: JsonObject): void {
  if (!call.caller.roles.has('RoleManagement.ReadWrite.Directory')) throw refuse.denied();
  if (body['securityEnabled'] !== true || isDynamic(body))
    throw refuse.badValue('isAssignableToRole', 'Group');
}

export function patchGroup(context: Context, entry: Entry, now: number): Outcome {
  const { tenant, call } = context;
  const { properties: body, members, owners } = split(bodyOf(call));
  const patch = validateBody('Group', groupRules, body, 'update');
  if (Object.keys(patch).length + members.length + owners.length === 0)
    throw refuse.badRequest('Empty Payload. JSON content expected.');
  const before = entry.current.properties;
  checkGroupWritable(call, entry);
  checkUniqueName(before, patch);
  checkKindKept(before, patch);
  const additions = (
    [
      ['members', members],
      ['owners', owners],
    ] as const
  ).map(
    ([relation, references]) =>
      [relation, resolveAdditions(context, relation, entry, references, now)] as const,
  );
  const after = mergeProperties(groupRules, before, patch);
  const effects: Effect[] = effectsOf(groupRules, entry.id, before, after);
  if (effects.length > 0) tenant.replace(entry, { properties: after }, now);
  // Everything has been checked: from here nothing can fail, so the request counts as a whole or not at all.
  for (const [relation, targets] of additions)
    effects.push(...addReferences(tenant, relation, entry, targets, now));
  return { status: 204, objectId: entry.id, effects };
}

function resolveAdditions(
  context: Context,
  relation: Relation,
  group: Entry,
  references: readonly Json[],
  now: number,
): Entry[] {
  if (references.length === 0) return [];
  if (references.length > 20)
    throw refuse.badRequest('The number of references exceeds the limit of 20 for one request.');
  checkMembership(group);
  const targets = referencesIn(context, references, group.current.properties, now);
  const seen = new Set<string>();
  for (const target of targets) {
    if (seen.has(target.id) || context.tenant[relation].has(group.id, target.id))
      throw alreadyThere(relation);
    seen.add(target.id);
  }
  return targets;
}

export function alreadyThere(relation: Relation): Error {
  return refuse.badRequest(
    `One or more added object references already exist for the following modified properties: '${relation}'.`,
  );
}

/** Who may not be touched at all: restricted units, what Microsoft's sync owns, what Exchange owns, role-assignable groups. */
export function checkGroupWritable(call: Call, entry: Entry): void {
  const { properties } = entry.current;
  if (entry.restricted) throw refuse.denied();
  if (properties['onPremisesSyncEnabled'] === true) throw refuse.synced();
  if (properties['mailEnabled'] === true && !isUnified(properties)) throw refuse.mailEnabled();
  if (
    properties['isAssignableToRole'] === true &&
    !call.caller.roles.has('RoleManagement.ReadWrite.Directory')
  )
    throw refuse.denied();
}

/** It may be set once on an existing group, never changed, and not on a role-assignable one (msgraph-bicep-types#54). */
function checkUniqueName(before: JsonObject, patch: JsonObject): void {
  const next = patch['uniqueName'];
  if (next === undefined || next === before['uniqueName']) return;
  if (before['isAssignableToRole'] === true)
    throw refuse.badRequest('Value for ArmUniqueName cannot be updated for groups assignable to role.');
  if (typeof before['uniqueName'] === 'string') throw refuse.readOnly('uniqueName');
}

function checkKindKept(before: JsonObject, patch: JsonObject): void {
  for (const name of ['mailEnabled', 'securityEnabled'])
    if (
      patch[name] !== undefined &&
      patch[name] !== before[name] &&
      !(name === 'securityEnabled' && isUnified(before))
    )
      throw refuse.badValue(name, 'Group');
  if (typeof patch['membershipRule'] === 'string' && !isDynamic(before))
    throw refuse.badValue('membershipRule', 'Group');
}

interface GroupBody {
  readonly properties: JsonObject;
  readonly members: readonly Json[];
  readonly owners: readonly Json[];
}

function split(body: JsonObject): GroupBody {
  const properties = Object.fromEntries(
    Object.entries(body).filter(([name]) => !(binds as readonly string[]).includes(name)),
  );
  const [members, owners] = binds.map((name) => {
    const value = body[name];
    if (value === undefined) return [];
    if (!Array.isArray(value)) throw refuse.badRequest(`'${name}' must be a list of references.`);
    return value as readonly Json[];
  });
  return { properties, members: members ?? [], owners: owners ?? [] };
}

export function findGroup(tenant: Tenant, key: string): Entry | undefined {
  const uniqueName = uniqueNameIn(key);
  const id = uniqueName === undefined ? key : tenant.keys.holder('uniqueName', uniqueName.toLowerCase());
  const entry = id === undefined ? undefined : tenant.entry(id);
  return entry?.kind === 'group' ? entry : undefined;
}

/** `(uniqueName=x)`, the form that the path parser gives to an alternate key. */
export function uniqueNameIn(key: string): string | undefined {
  return /^\(uniqueName=(.*)\)$/s.exec(key)?.[1];
}
