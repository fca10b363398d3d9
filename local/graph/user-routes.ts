import type { Context, Operation } from './call.ts';
import { bodyOf } from './call.ts';
import { answerCollection, checkOptions, filterOf, selectOf, type Shown } from './collection.ts';
import { isShown, viewAt, type Entry } from './entry.ts';
import { objectIdOf } from './object-reference.ts';
import type { Outcome } from './outcome.ts';
import { checkSelect, present, presentTyped } from './present.ts';
import { refuse } from './refusal.ts';
import { moveToDeleted } from './deleted-items.ts';
import type { Tenant } from './tenant.ts';
import { checkTarget, contextOf, createUser, patchUser, revokeSessions } from './user-writes.ts';

const read = ['User.Read.All', 'User.ReadWrite.All', 'Directory.Read.All', 'Directory.ReadWrite.All'];
const write = ['User.ReadWrite.All', 'Directory.ReadWrite.All'];
const justSelect = new Set(['$select']);

/** /users and what stands below; undefined: no such path. */
export function routeUsers(context: Context): Operation | undefined {
  const [, key, navigation, ...rest] = context.call.segments;
  if (key === undefined) return routeCollection(context);
  if (key === 'delta') return undefined;
  if (navigation === undefined) return routeUser(context, key);
  const path = [navigation, ...rest].join('/');
  switch (path) {
    case 'manager':
      return onlyFor(context, 'GET', read, 1, (now) => getManager(context, key, now));
    case 'manager/$ref':
      return routeManagerReference(context, key);
    case 'memberOf':
      return onlyFor(context, 'GET', [...read, 'GroupMember.Read.All'], 2, (now) =>
        listMemberOf(context, key, now),
      );
    case 'revokeSignInSessions':
    case 'microsoft.graph.revokeSignInSessions':
      return {
        ...onlyFor(context, 'POST', ['User.RevokeSessions.All', ...write], 1, (now) =>
          revokeSessions(context, liveUser(context.tenant, key, now), now),
        ),
        lock: lockOf(context.tenant, key),
      };
    default:
      return undefined;
  }
}

function onlyFor(
  { call }: Context,
  method: string,
  roles: readonly string[],
  units: number,
  run: (now: number) => Outcome,
): Operation {
  if (call.method !== method) throw refuse.methodNotAllowed();
  return { roles: [roles], units, isWrite: method !== 'GET', run };
}

function routeCollection(context: Context): Operation {
  if (context.call.method === 'POST')
    return { roles: [write], units: 1, isWrite: true, run: (now) => createUser(context, now) };
  return onlyFor(context, 'GET', read, 2, (now) => listUsers(context, now));
}

function routeUser(context: Context, key: string): Operation {
  const { tenant, call } = context;
  const lock = lockOf(tenant, key);
  switch (call.method) {
    case 'GET':
      return onlyFor(context, 'GET', read, 1, (now) => getUser(context, key, now));
    case 'PATCH': {
      const run = (now: number) => patchUser(context, liveUser(tenant, key, now), now);
      return { roles: patchRoles(Object.keys(bodyOf(call))), units: 1, isWrite: true, lock, run };
    }
    case 'DELETE':
      return {
        roles: [['User.DeleteRestore.All', 'User.ReadWrite.All']],
        units: 1,
        isWrite: true,
        lock,
        run: (now) => moveToDeleted(context, liveUser(tenant, key, now), now),
      };
    default:
      throw refuse.methodNotAllowed();
  }
}

/** user-update.md, permissions for specific properties; several properties need all of their roles. */
function patchRoles(names: readonly string[]): string[][] {
  const least: Readonly<Record<string, readonly string[]>> = {
    accountEnabled: ['User.EnableDisableAccount.All', ...write],
    businessPhones: ['User-Phone.ReadWrite.All', ...write],
    mobilePhone: ['User-Phone.ReadWrite.All', ...write],
    otherMails: ['User-Mail.ReadWrite.All', ...write],
    passwordProfile: ['User-PasswordProfile.ReadWrite.All'],
    identities: ['User.ManageIdentities.All'],
    employeeLeaveDateTime: ['User-LifeCycleInfo.ReadWrite.All'],
  };
  return names.map((name) => [...(least[name] ?? write)]);
}

/** By id, or by UPN of a live user. */
export function findUser(tenant: Tenant, key: string): Entry | undefined {
  const id = key.includes('@') ? tenant.keys.holder('upn', key.toLowerCase()) : key;
  const entry = id === undefined ? undefined : tenant.entry(id);
  return entry?.kind === 'user' ? entry : undefined;
}

function liveUser(tenant: Tenant, key: string, now: number): Entry {
  return tenant.requireLive(findUser(tenant, key)?.id ?? key, ['user'], now);
}

function lockOf(tenant: Tenant, key: string): string {
  return findUser(tenant, key)?.id ?? key.toLowerCase();
}

function getUser({ tenant, call }: Context, key: string, now: number): Outcome {
  checkOptions(call, justSelect);
  const entry = tenant.require(findUser(tenant, key)?.id ?? key, ['user'], now);
  const select = selectOf(call);
  if (select !== undefined) checkSelect('user', select);
  const body = present(entry, viewAt(entry, now), select);
  return {
    status: 200,
    body: { '@odata.context': contextOf(call, 'users/$entity'), ...body },
    objectId: entry.id,
  };
}

/** A lone comparison with a unique key is answered by its index: a look-up stays cheap in a large tenant. */
const indexes: Readonly<Record<string, string>> = {
  userPrincipalName: 'upn',
  onPremisesImmutableId: 'immutableId',
};

function listUsers({ tenant, call }: Context, now: number): Outcome {
  return answerCollection(call, candidates({ tenant, call }, now), {
    kind: 'user',
    context: contextOf(call, 'users'),
    pageSize: 100,
  });
}

function* candidates({ tenant, call }: Context, now: number): Generator<Shown> {
  const lone = filterOf(call)?.lone;
  const space = lone === undefined ? undefined : indexes[lone.property];
  if (lone !== undefined && space !== undefined) {
    const id = tenant.keys.holder(space, space === 'upn' ? lone.value.toLowerCase() : lone.value);
    const entry = id === undefined ? undefined : tenant.entry(id);
    if (entry !== undefined && isShown(entry, now)) yield { entry, view: viewAt(entry, now) };
    return;
  }
  for (const entry of tenant.entries())
    if (entry.kind === 'user' && isShown(entry, now)) yield { entry, view: viewAt(entry, now) };
}

function getManager({ tenant, call }: Context, key: string, now: number): Outcome {
  checkOptions(call, justSelect);
  const entry = tenant.require(findUser(tenant, key)?.id ?? key, ['user'], now);
  const managerId = viewAt(entry, now).managerId;
  const manager = managerId === undefined ? undefined : tenant.entry(managerId);
  if (manager === undefined || !isShown(manager, now)) throw refuse.notFound('manager');
  const body = presentTyped(manager, viewAt(manager, now), selectOf(call));
  return {
    status: 200,
    body: { '@odata.context': contextOf(call, 'directoryObjects/$entity'), ...body },
    objectId: entry.id,
  };
}

function routeManagerReference(context: Context, key: string): Operation {
  const { tenant, call } = context;
  if (call.method !== 'PUT' && call.method !== 'DELETE') throw refuse.methodNotAllowed();
  return {
    roles: [write],
    units: 1,
    isWrite: true,
    lock: lockOf(tenant, key),
    run: (now) => {
      const entry = liveUser(tenant, key, now);
      checkTarget(tenant, call, entry, ['manager']);
      const before = entry.current.managerId;
      if (call.method === 'DELETE' && before === undefined) throw refuse.notFound('manager');
      const managerId =
        call.method === 'PUT'
          ? tenant.requireLive(objectIdOf(tenant, bodyOf(call)['@odata.id']), ['user', 'orgContact'], now).id
          : undefined;
      if (managerId === before) return { status: 204, objectId: entry.id, effects: [] };
      tenant.replace(entry, { managerId }, now);
      return {
        status: 204,
        objectId: entry.id,
        effects: [{ objectId: entry.id, property: 'manager', count: 1 }],
      };
    },
  };
}

function listMemberOf({ tenant, call }: Context, key: string, now: number): Outcome {
  const user = tenant.require(findUser(tenant, key)?.id ?? key, ['user'], now);
  const items: Shown[] = [];
  for (const id of tenant.members.sources(user.id, now)) {
    const entry = tenant.entry(id);
    if (entry !== undefined && isShown(entry, now)) items.push({ entry, view: viewAt(entry, now) });
  }
  return answerCollection(call, items, { context: contextOf(call, 'directoryObjects'), pageSize: 100 });
}
