import { bodyOf, type Context, type Operation } from './call.ts';
import { answerCollection, checkOptions, selectOf, type Shown } from './collection.ts';
import { wholeEffect } from './effects-of.ts';
import type { Entry, Kind } from './entry.ts';
import type { JsonObject } from './json.ts';
import type { Outcome } from './outcome.ts';
import { deletedView, presentTyped } from './present.ts';
import { refuse } from './refusal.ts';
import type { Tenant } from './tenant.ts';
import { uniqueKeysOf } from './unique-keys.ts';
import { checkTarget, contextOf } from './user-writes.ts';

const readRoles: Readonly<Record<'user' | 'group', readonly string[]>> = {
  user: [
    'User.Read.All',
    'User.ReadWrite.All',
    'User.DeleteRestore.All',
    'Directory.Read.All',
    'Directory.ReadWrite.All',
  ],
  group: ['Group.Read.All', 'Group.ReadWrite.All', 'Directory.Read.All', 'Directory.ReadWrite.All'],
};
const writeRoles: Readonly<Record<'user' | 'group', readonly string[]>> = {
  user: ['User.DeleteRestore.All', 'User.ReadWrite.All'],
  group: ['Group.ReadWrite.All', 'Directory.ReadWrite.All'],
};

/** /directory/deletedItems and below; undefined: no such path. */
export function routeDeletedItems(context: Context): Operation | undefined {
  const { call, tenant } = context;
  const [, , key, action, ...rest] = call.segments;
  // Microsoft's page: a list needs the cast, one item does not.
  if (key === undefined) throw refuse.badRequest('The deleted items collection must be cast to a type.');
  if (key === 'microsoft.graph.user' || key === 'microsoft.graph.group') {
    if (action !== undefined) return undefined;
    if (call.method !== 'GET') throw refuse.methodNotAllowed();
    const kind = key === 'microsoft.graph.user' ? 'user' : 'group';
    return {
      roles: [readRoles[kind]],
      units: 1,
      isWrite: false,
      run: (now) => listDeleted(context, kind, now),
    };
  }
  if (rest.length > 0) return undefined;
  const kind = tenant.entry(key)?.kind === 'group' ? 'group' : 'user';
  const write = { roles: [writeRoles[kind]], units: 1, isWrite: true, lock: key.toLowerCase() };
  if (action === 'restore') {
    if (call.method !== 'POST') throw refuse.methodNotAllowed();
    return { ...write, run: (now) => restore(context, key, now) };
  }
  if (action !== undefined && action !== `microsoft.graph.${kind}`) return undefined;
  if (call.method === 'DELETE') return { ...write, run: (now) => purge(context, key, now) };
  if (call.method !== 'GET') throw refuse.methodNotAllowed();
  return { roles: [readRoles[kind]], units: 1, isWrite: false, run: (now) => getDeleted(context, key, now) };
}

/** DELETE of a live user or group: kept for 30 days with its memberships; what Microsoft's sync or Exchange owns is refused. */
export function moveToDeleted({ tenant, call }: Context, entry: Entry, now: number): Outcome {
  if (entry.kind === 'user') checkTarget(tenant, call, entry, ['accountEnabled']);
  else if (entry.current.properties['onPremisesSyncEnabled'] === true) throw refuse.synced();
  tenant.softDelete(entry, now);
  return {
    status: 204,
    objectId: entry.id,
    effects: [wholeEffect(entry.id, 'deleted')],
  };
}

function requireDeleted(tenant: Tenant, id: string, now: number): Entry {
  const entry = tenant.entry(id);
  if (entry?.deletedAt === undefined || now < entry.deletionShownAt) throw refuse.notFound(id);
  return entry;
}

function listDeleted({ tenant, call }: Context, kind: Kind, now: number): Outcome {
  const items: Shown[] = [];
  for (const entry of tenant.entries())
    if (entry.kind === kind && entry.deletedAt !== undefined && now >= entry.deletionShownAt)
      items.push({ entry, view: deletedView(entry) });
  const context = contextOf(call, `directory/deletedItems/microsoft.graph.${kind}`);
  return answerCollection(call, items, { kind, context, pageSize: 100 });
}

function getDeleted({ tenant, call }: Context, id: string, now: number): Outcome {
  checkOptions(call, new Set(['$select']));
  const entry = requireDeleted(tenant, id, now);
  const body = presentTyped(entry, deletedView(entry), selectOf(call));
  return {
    status: 200,
    body: { '@odata.context': contextOf(call, 'directoryObjects/$entity'), ...body },
    objectId: entry.id,
  };
}

/** The body may be empty, name a new UPN, or ask that clashing proxy addresses be dropped. */
function restore({ tenant, call }: Context, id: string, now: number): Outcome {
  const entry = requireDeleted(tenant, id, now);
  const body = bodyOf(call);
  const unknown = Object.keys(body).find(
    (name) => name !== 'newUserPrincipalName' && name !== 'autoReconcileProxyConflict',
  );
  if (unknown !== undefined) throw refuse.unknownProperty(unknown);
  if (entry.kind === 'user') checkTarget(tenant, call, entry, ['accountEnabled']);
  let properties: JsonObject = entry.current.properties;
  const upn = body['newUserPrincipalName'];
  if (typeof upn === 'string') properties = { ...properties, userPrincipalName: upn };
  if (body['autoReconcileProxyConflict'] === true)
    properties = withoutTakenAddresses(tenant, entry, properties);
  tenant.restore(entry, properties, now);
  return {
    status: 200,
    body: {
      '@odata.context': contextOf(call, 'directoryObjects/$entity'),
      ...presentTyped(entry, entry.current, undefined),
    },
    objectId: entry.id,
    effects: [wholeEffect(entry.id, 'restored')],
  };
}

function withoutTakenAddresses(tenant: Tenant, entry: Entry, properties: JsonObject): JsonObject {
  const addresses = properties['proxyAddresses'];
  if (!Array.isArray(addresses)) return properties;
  const keys = uniqueKeysOf(entry.kind, properties).filter((key) => key.space === 'proxy');
  const taken = new Set(
    keys
      .filter((key) => (tenant.keys.holder('proxy', key.value) ?? entry.id) !== entry.id)
      .map((key) => key.value),
  );
  return {
    ...properties,
    proxyAddresses: (addresses as readonly string[]).filter((address) => !taken.has(address.toLowerCase())),
  };
}

function purge({ tenant, call }: Context, id: string, now: number): Outcome {
  const entry = requireDeleted(tenant, id, now);
  if (entry.kind === 'user') checkTarget(tenant, call, entry, ['accountEnabled']);
  tenant.purge(entry);
  return { status: 204, objectId: entry.id, effects: [wholeEffect(entry.id, 'purged')] };
}
