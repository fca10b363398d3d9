import { bodyOf, type Context, type Operation } from './call.ts';
import { answerCollection, checkOptions, selectOf, type Shown } from './collection.ts';
import { moveToDeleted } from './deleted-items.ts';
import { isShown, viewAt, type Entry } from './entry.ts';
import {
  alreadyThere,
  checkGroupWritable,
  createGroup,
  findGroup,
  patchGroup,
  uniqueNameIn,
  upsertGroup,
} from './group-writes.ts';
import { addReferences, checkMembership, referencesIn, type Relation } from './memberships.ts';
import type { Outcome } from './outcome.ts';
import { checkSelect, present } from './present.ts';
import { refuse } from './refusal.ts';
import type { Tenant } from './tenant.ts';
import { routeDirectoryObject } from './directory-routes.ts';
import { contextOf } from './user-writes.ts';

const read = ['Group.Read.All', 'Group.ReadWrite.All', 'Directory.Read.All', 'Directory.ReadWrite.All'];
const readMembers = [...read, 'GroupMember.Read.All', 'GroupMember.ReadWrite.All'];
const write = ['Group.ReadWrite.All', 'Directory.ReadWrite.All'];
const writeMembers = ['GroupMember.ReadWrite.All', ...write];

/** /groups and what stands below; undefined: no such path. */
export function routeGroups(context: Context): Operation | undefined {
  const { call } = context;
  const [, key, navigation, memberKey, reference, ...rest] = call.segments;
  if (key === 'delta' || rest.length > 0) return undefined;
  if (key === undefined) return routeCollection(context);
  if (navigation === undefined) return routeGroup(context, key);
  if (navigation === 'memberOf' && memberKey === undefined)
    return readOnly(context, readMembers, 2, (now) => listMemberOf(context, key, now));
  if (navigation !== 'members' && navigation !== 'owners') return undefined;
  if (memberKey === undefined)
    return readOnly(context, readMembers, navigation === 'members' ? 3 : 1, (now) =>
      listTargets(context, key, navigation, now),
    );
  if (memberKey === '$ref' && reference === undefined) return routeAdd(context, key, navigation);
  if (reference === '$ref') return routeRemove(context, key, navigation, memberKey);
  // Without $ref this names the member itself: DELETE deletes the user, as it does in the service.
  if (reference === undefined && call.method === 'DELETE') return routeDirectoryObject(context, memberKey);
  return undefined;
}

function readOnly(
  { call }: Context,
  roles: readonly string[],
  units: number,
  run: (now: number) => Outcome,
): Operation {
  if (call.method !== 'GET') throw refuse.methodNotAllowed();
  return { roles: [roles], units, isWrite: false, run };
}

function routeCollection(context: Context): Operation {
  if (context.call.method !== 'POST') return readOnly(context, read, 1, (now) => listGroups(context, now));
  return {
    roles: [['Group.Create', ...write]],
    units: 1,
    isWrite: true,
    run: (now) => createGroup(context, now),
  };
}

function routeGroup(context: Context, key: string): Operation {
  const { tenant, call } = context;
  const writing = { units: 1, isWrite: true, lock: lockOf(tenant, key) };
  switch (call.method) {
    case 'GET':
      return readOnly(context, read, 1, (now) => getGroup(context, key, now));
    case 'PATCH': {
      const uniqueName = uniqueNameIn(key);
      const run = (now: number) =>
        uniqueName === undefined
          ? patchGroup(context, liveGroup(tenant, key, now), now)
          : upsertGroup(context, uniqueName, liveByName(tenant, key), now);
      return { ...writing, roles: [patchRoles(Object.keys(bodyOf(call)))], run };
    }
    case 'DELETE':
      return {
        ...writing,
        roles: [write],
        run: (now) => {
          const entry = liveGroup(tenant, key, now);
          checkGroupWritable(call, entry);
          return moveToDeleted(context, entry, now);
        },
      };
    default:
      throw refuse.methodNotAllowed();
  }
}

/** A PATCH of nothing but references is a change of membership. */
function patchRoles(names: readonly string[]): readonly string[] {
  return names.length > 0 && names.every((name) => name === 'members@odata.bind') ? writeMembers : write;
}

function liveByName(tenant: Tenant, key: string): Entry | undefined {
  const entry = findGroup(tenant, key);
  return entry?.deletedAt === undefined ? entry : undefined;
}

function liveGroup(tenant: Tenant, key: string, now: number): Entry {
  return tenant.requireLive(findGroup(tenant, key)?.id ?? key, ['group'], now);
}

function shownGroup(tenant: Tenant, key: string, now: number): Entry {
  return tenant.require(findGroup(tenant, key)?.id ?? key, ['group'], now);
}

function lockOf(tenant: Tenant, key: string): string {
  return findGroup(tenant, key)?.id ?? key.toLowerCase();
}

function listGroups({ tenant, call }: Context, now: number): Outcome {
  const items: Shown[] = [];
  for (const entry of tenant.entries())
    if (entry.kind === 'group' && isShown(entry, now)) items.push({ entry, view: viewAt(entry, now) });
  return answerCollection(call, items, { kind: 'group', context: contextOf(call, 'groups'), pageSize: 100 });
}

function getGroup({ tenant, call }: Context, key: string, now: number): Outcome {
  checkOptions(call, new Set(['$select']));
  const entry = shownGroup(tenant, key, now);
  const select = selectOf(call);
  if (select !== undefined) checkSelect('group', select);
  const body = present(entry, viewAt(entry, now), select);
  return {
    status: 200,
    body: { '@odata.context': contextOf(call, 'groups/$entity'), ...body },
    objectId: entry.id,
  };
}

function listTargets({ tenant, call }: Context, key: string, relation: Relation, now: number): Outcome {
  const group = shownGroup(tenant, key, now);
  const context = contextOf(call, 'directoryObjects');
  return answerCollection(call, shownOf(tenant, tenant[relation].targets(group.id, now), now), {
    context,
    pageSize: 100,
  });
}

function listMemberOf({ tenant, call }: Context, key: string, now: number): Outcome {
  const group = shownGroup(tenant, key, now);
  const items = shownOf(tenant, tenant.members.sources(group.id, now), now);
  return answerCollection(call, items, { context: contextOf(call, 'directoryObjects'), pageSize: 100 });
}

/** Links to soft-deleted objects stay for the restore and are not shown meanwhile. */
function shownOf(tenant: Tenant, ids: readonly string[], now: number): Shown[] {
  const items: Shown[] = [];
  for (const id of ids) {
    const entry = tenant.entry(id);
    if (entry !== undefined && isShown(entry, now)) items.push({ entry, view: viewAt(entry, now) });
  }
  return items;
}

function routeAdd(context: Context, key: string, relation: Relation): Operation {
  const { tenant, call } = context;
  if (call.method !== 'POST') throw refuse.methodNotAllowed();
  return {
    roles: [relation === 'members' ? writeMembers : write],
    units: 1,
    isWrite: true,
    lock: lockOf(tenant, key),
    run: (now) => {
      const group = liveGroup(tenant, key, now);
      checkGroupWritable(call, group);
      checkMembership(group);
      const targets = referencesIn(
        context,
        [bodyOf(call)['@odata.id'] ?? null],
        group.current.properties,
        now,
      );
      if (targets.some((target) => tenant[relation].has(group.id, target.id))) throw alreadyThere(relation);
      const effects = addReferences(tenant, relation, group, targets, now);
      return { status: 204, objectId: group.id, effects };
    },
  };
}

function routeRemove(context: Context, key: string, relation: Relation, memberId: string): Operation {
  const { tenant, call } = context;
  if (call.method !== 'DELETE') throw refuse.methodNotAllowed();
  return {
    roles: [relation === 'members' ? writeMembers : write],
    units: 1,
    isWrite: true,
    lock: lockOf(tenant, key),
    run: (now) => {
      const group = liveGroup(tenant, key, now);
      checkGroupWritable(call, group);
      checkMembership(group);
      const target = tenant.entry(memberId);
      const isLive = target !== undefined && target.deletedAt === undefined;
      if (!isLive || !tenant[relation].has(group.id, target.id)) throw refuse.notFound(memberId);
      tenant[relation].remove(group.id, target.id, tenant.shownAt(now));
      return {
        status: 204,
        objectId: group.id,
        effects: [{ objectId: group.id, property: relation, count: 1 }],
      };
    },
  };
}
