import { bodyOf, type Context, type Operation } from './call.ts';
import { answerCollection, checkOptions, selectOf, type Shown } from './collection.ts';
import { moveToDeleted } from './deleted-items.ts';
import { isShown, viewAt, type Kind } from './entry.ts';
import { checkGroupWritable } from './group-writes.ts';
import type { JsonObject } from './json.ts';
import { presentTyped } from './present.ts';
import { refuse } from './refusal.ts';
import { contextOf } from './user-writes.ts';

const readDirectory = ['Directory.Read.All', 'Directory.ReadWrite.All'];
const readObjects = [
  'User.Read.All',
  'User.ReadWrite.All',
  'Group.Read.All',
  'Group.ReadWrite.All',
  ...readDirectory,
];
const allKinds: readonly Kind[] = ['user', 'group', 'device', 'orgContact', 'directoryRole'];

/** /directoryObjects/{id}: GET says the kind, DELETE deletes whatever it is, if the app may. */
export function routeDirectoryObject(context: Context, id: string): Operation {
  const { tenant, call } = context;
  if (call.method === 'DELETE') {
    const kind = tenant.entry(id)?.kind;
    const roles =
      kind === 'group' ? ['Group.ReadWrite.All'] : ['User.DeleteRestore.All', 'User.ReadWrite.All'];
    return {
      roles: [[...roles, 'Directory.ReadWrite.All']],
      units: 1,
      isWrite: true,
      lock: id.toLowerCase(),
      run: (now) => {
        const entry = tenant.requireLive(id, ['user', 'group'], now);
        if (entry.kind === 'group') checkGroupWritable(call, entry);
        return moveToDeleted(context, entry, now);
      },
    };
  }
  if (call.method !== 'GET') throw refuse.methodNotAllowed();
  return {
    roles: [readObjects],
    units: 1,
    isWrite: false,
    run: (now) => {
      checkOptions(call, new Set(['$select']));
      const entry = tenant.require(id, allKinds, now);
      const body = presentTyped(entry, viewAt(entry, now), selectOf(call));
      return {
        status: 200,
        body: { '@odata.context': contextOf(call, 'directoryObjects/$entity'), ...body },
        objectId: entry.id,
      };
    },
  };
}

/** POST /directoryObjects/getByIds {ids, types}: a read by its cost, at most 1,000 ids; what is unknown is left out. */
export function routeGetByIds({ tenant, call }: Context): Operation {
  if (call.method !== 'POST') throw refuse.methodNotAllowed();
  return {
    roles: [readObjects],
    units: 3,
    isWrite: false,
    run: (now) => {
      const { ids, types } = bodyOf(call);
      if (!Array.isArray(ids) || ids.length > 1000)
        throw refuse.badRequest("A list of 1 to 1,000 'ids' is required.");
      const value: JsonObject[] = [];
      for (const id of ids as readonly unknown[]) {
        const entry = typeof id === 'string' ? tenant.entry(id) : undefined;
        if (entry === undefined || !isShown(entry, now)) continue;
        if (Array.isArray(types) && !types.includes(entry.kind)) continue;
        value.push(presentTyped(entry, viewAt(entry, now), undefined));
      }
      return { status: 200, body: { '@odata.context': contextOf(call, 'directoryObjects'), value } };
    },
  };
}

/** /organization, /domains, /directoryRoles; undefined: no such path. */
export function routeTenantFacts(context: Context): Operation | undefined {
  const { tenant, call } = context;
  const [collection, key, navigation] = call.segments;
  if (call.method !== 'GET') throw refuse.methodNotAllowed();
  const read = (roles: readonly string[], run: Operation['run']): Operation => ({
    roles: [[...roles, ...readDirectory]],
    units: 1,
    isWrite: false,
    run,
  });
  if (collection === 'organization' && navigation === undefined)
    return read(['Organization.Read.All', 'Organization.ReadWrite.All'], () => {
      if (key !== undefined && key !== tenant.options.id) throw refuse.notFound(key);
      const organization = describeOrganization(context);
      const context_ = { '@odata.context': contextOf(call, 'organization') };
      return {
        status: 200,
        body: key === undefined ? { ...context_, value: [organization] } : { ...context_, ...organization },
      };
    });
  if (collection === 'domains' && navigation === undefined)
    return read(['Domain.Read.All', 'Domain.ReadWrite.All'], () => {
      const domains = describeDomains(context);
      const context_ = { '@odata.context': contextOf(call, 'domains') };
      if (key === undefined) return { status: 200, body: { ...context_, value: domains } };
      const domain = domains.find((item) => item['id'] === key.toLowerCase());
      if (domain === undefined) throw refuse.notFound(key);
      return { status: 200, body: { ...context_, ...domain } };
    });
  if (collection === 'directoryRoles') return routeDirectoryRoles(context, read);
  return undefined;
}

function routeDirectoryRoles(
  { tenant, call }: Context,
  read: (roles: readonly string[], run: Operation['run']) => Operation,
): Operation | undefined {
  const [, key, navigation, ...rest] = call.segments;
  const roles = ['RoleManagement.Read.Directory', 'RoleManagement.ReadWrite.Directory'];
  const context = contextOf(call, 'directoryRoles');
  if (key === undefined)
    return read(roles, (now) => {
      const items: Shown[] = [];
      for (const entry of tenant.entries())
        if (entry.kind === 'directoryRole') items.push({ entry, view: viewAt(entry, now) });
      return answerCollection(call, items, { kind: 'directoryRole', context, pageSize: 100 });
    });
  if (navigation !== 'members' || rest.length > 0) return undefined;
  return read(roles, (now) => {
    const role = tenant.require(key, ['directoryRole'], now);
    const items: Shown[] = [];
    for (const id of tenant.members.targets(role.id, now)) {
      const entry = tenant.entry(id);
      if (entry !== undefined && isShown(entry, now)) items.push({ entry, view: viewAt(entry, now) });
    }
    return answerCollection(call, items, { context: contextOf(call, 'directoryObjects'), pageSize: 100 });
  });
}

function describeOrganization({ tenant }: Context): JsonObject {
  const [initial] = tenant.options.domains;
  return {
    id: tenant.options.id,
    displayName: initial ?? '',
    onPremisesSyncEnabled: null,
    onPremisesLastSyncDateTime: null,
    verifiedDomains: [...tenant.options.domains, ...tenant.options.federatedDomains].map((name) => ({
      capabilities: 'Email, OfficeCommunicationsOnline',
      isDefault: name === initial,
      isInitial: name === initial,
      name,
      type: tenant.options.federatedDomains.includes(name) ? 'Federated' : 'Managed',
    })),
  };
}

function describeDomains({ tenant }: Context): JsonObject[] {
  const [initial] = tenant.options.domains;
  return [...tenant.options.domains, ...tenant.options.federatedDomains].map((id) => ({
    id,
    authenticationType: tenant.options.federatedDomains.includes(id) ? 'Federated' : 'Managed',
    isAdminManaged: true,
    isDefault: id === initial,
    isInitial: id === initial,
    isRoot: true,
    isVerified: true,
  }));
}
