import type { Entry, Kind } from './entry.ts';
import { isJsonObject, type Json, type JsonObject } from './json.ts';
import { groupRules, userRules, type PropertyRules } from './property-rules.ts';
import type { Tenant } from './tenant.ts';
import { findUser } from './user-routes.ts';

const collections: readonly (readonly [string, Kind, PropertyRules | undefined])[] = [
  ['users', 'user', userRules],
  ['groups', 'group', groupRules],
  ['devices', 'device', undefined],
  ['contacts', 'orgContact', undefined],
];
/** What a seed may say beside the properties themselves. */
const marks = new Set([
  // Taken so that a body for POST /users will do, and thrown away: no password is ever kept.
  'passwordProfile',
  'id',
  'manager',
  'members',
  'owners',
  'privileged',
  'restricted',
  'synced',
  'deleted',
]);

/** Puts objects there as if they had always been: shown at once, not logged, not counted, read-only properties too. */
export function seed(tenant: Tenant, body: JsonObject, now: number): JsonObject {
  const unknown = Object.keys(body).find((name) => !collections.some(([collection]) => collection === name));
  if (unknown !== undefined) throw new Error(`unknown collection '${unknown}'`);
  const seeded: { readonly entry: Entry; readonly source: JsonObject }[] = [];
  const ids: Record<string, string[]> = {};
  for (const [collection, kind, rules] of collections) {
    const sources = body[collection] ?? [];
    if (!Array.isArray(sources)) throw new Error(`'${collection}' must be a list`);
    for (const source of sources as readonly Json[]) {
      if (!isJsonObject(source)) throw new Error(`'${collection}' must hold objects`);
      const entry = seedOne(tenant, kind, rules, source, now);
      seeded.push({ entry, source });
      (ids[collection] ??= []).push(entry.id);
    }
  }
  for (const { entry, source } of seeded) link(tenant, entry, source, now);
  for (const { entry, source } of seeded) if (source['deleted'] === true) deleteAtOnce(tenant, entry, now);
  return ids;
}

function seedOne(
  tenant: Tenant,
  kind: Kind,
  rules: PropertyRules | undefined,
  source: JsonObject,
  now: number,
): Entry {
  const properties = Object.fromEntries(Object.entries(source).filter(([name]) => !marks.has(name)));
  const unknown = Object.keys(properties).find((name) => rules !== undefined && !Object.hasOwn(rules, name));
  if (unknown !== undefined) throw new Error(`unknown property '${unknown}' of ${kind}`);
  const id = source['id'];
  const synced: JsonObject = source['synced'] === true ? { onPremisesSyncEnabled: true } : {};
  const filled = {
    ...defaultsFor(kind, properties),
    createdDateTime: new Date(now).toISOString(),
    ...synced,
    ...properties,
  };
  return tenant.create(kind, filled, now, {
    id: typeof id === 'string' ? id : undefined,
    restricted: source['restricted'] === true,
    atOnce: true,
  });
}

function defaultsFor(kind: Kind, properties: JsonObject): JsonObject {
  const { displayName, userPrincipalName } = properties;
  if (kind === 'group') {
    const nickname = (typeof displayName === 'string' ? displayName : '').replace(/[^A-Za-z0-9-]/g, '');
    return { mailEnabled: false, securityEnabled: true, mailNickname: nickname, groupTypes: [] };
  }
  if (kind !== 'user') return {};
  if (typeof userPrincipalName !== 'string') throw new Error('a seeded user needs a userPrincipalName');
  const name = userPrincipalName.split('@')[0] ?? '';
  return { accountEnabled: true, displayName: name, mailNickname: name, userType: 'Member' };
}

function link(tenant: Tenant, entry: Entry, source: JsonObject, now: number): void {
  const manager = source['manager'];
  if (typeof manager === 'string') entry.current = { ...entry.current, managerId: idOf(tenant, manager) };
  for (const relation of ['members', 'owners'] as const) {
    const targets = source[relation];
    for (const target of Array.isArray(targets) ? (targets as readonly Json[]) : [])
      tenant[relation].add(entry.id, idOf(tenant, target), now);
  }
  const privileged = source['privileged'];
  if (privileged === undefined || privileged === false) return;
  const role = roleNamed(tenant, typeof privileged === 'string' ? privileged : 'Global Administrator', now);
  tenant.members.add(role.id, entry.id, now);
}

function roleNamed(tenant: Tenant, displayName: string, now: number): Entry {
  for (const entry of tenant.entries())
    if (entry.kind === 'directoryRole' && entry.current.properties['displayName'] === displayName)
      return entry;
  return tenant.create('directoryRole', { displayName }, now, { atOnce: true });
}

function idOf(tenant: Tenant, reference: Json): string {
  const key = typeof reference === 'string' ? reference : '';
  const entry = findUser(tenant, key) ?? tenant.entry(key);
  if (entry === undefined) throw new Error(`'${key}' is referred to but not there`);
  return entry.id;
}

function deleteAtOnce(tenant: Tenant, entry: Entry, now: number): void {
  tenant.softDelete(entry, now);
  entry.deletionShownAt = now;
}
