import type { Client } from '@microsoft/microsoft-graph-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GraphUnderTest, refusal, type Body } from './graph-support.ts';

let graph: GraphUnderTest;
let client: Client;

beforeAll(async () => {
  graph = await GraphUnderTest.start('--lag', '0');
  client = graph.client();
});
afterAll(() => graph.stop());

const nobody = '00000000-0000-4000-8000-000000000000';
const badRequest = { status: 400, code: 'Request_BadRequest' };
const newId = async (path: '/users' | '/groups', body: Body) =>
  ((await client.api(path).post(body)) as { id: string }).id;
const createUser = (more: Body = {}) => newId('/users', graph.newUser(more));
const createGroup = (more: Body = {}) => newId('/groups', graph.newGroup(more));
const createUsers = async (count: number) => Promise.all(Array.from({ length: count }, () => createUser()));
const reference = (id: string) => `https://graph.microsoft.com/v1.0/directoryObjects/${id}`;
const bind = (...ids: string[]) => ({ 'members@odata.bind': ids.map(reference) });
const membersOf = async (id: string) =>
  ((await client.api(`/groups/${id}/members`).top(999).get()) as { value: { id: string }[] }).value.map(
    (member) => member.id,
  );
const seedGroup = async (more: Body) => {
  const { groups } = (await graph.post('/_local/seed', { groups: [{ displayName: 'Seeded', ...more }] })) as {
    groups: string[];
  };
  return groups[0] ?? '';
};

describe('graph: creating and changing groups (group-post-groups.md, group-update.md)', () => {
  it.each(['displayName', 'mailEnabled', 'mailNickname', 'securityEnabled'])('needs %s', async (name) => {
    const body = graph.newGroup();
    Reflect.deleteProperty(body, name);
    expect((await refusal(client.api('/groups').post(body))).message).toBe(
      `A value is required for property '${name}' of resource 'Group'.`,
    );
  });

  it.each<[string, Body]>([
    ['a nickname with a blank', { mailNickname: 'a b' }],
    ['a nickname with @', { mailNickname: 'a@b' }],
    ['a nickname of 65', { mailNickname: 'a'.repeat(65) }],
    ['a displayName of 257', { displayName: 'a'.repeat(257) }],
    ['a description of 1,025', { description: 'a'.repeat(1025) }],
    ['a group that is neither security nor mail', { securityEnabled: false }],
    ['a mail-enabled security group', { mailEnabled: true }],
    ['an unknown property', { managedBy: 'x' }],
    ['a role-assignable group by an app without that role', { isAssignableToRole: true }],
  ])('refuses %s', async (_, more) => {
    expect([400, 403]).toContain((await refusal(client.api('/groups').post(graph.newGroup(more)))).status);
  });

  it('lets two security groups share name and nickname, not two Microsoft 365 groups', async () => {
    await createGroup({ displayName: 'Twin', mailNickname: 'twin' });
    await createGroup({ displayName: 'Twin', mailNickname: 'twin' });
    const unified = { groupTypes: ['Unified'], mailEnabled: true, mailNickname: 'unified' };
    await createGroup(unified);
    const refused = await refusal(client.api('/groups').post(graph.newGroup(unified)));
    expect(refused).toMatchObject({ ...badRequest, targets: ['mailNickname'] });
  });

  it('clears the description, never the name, and keeps the kind', async () => {
    const id = await createGroup({ description: 'first' });
    await client.api(`/groups/${id}`).patch({ description: null });
    expect(await client.api(`/groups/${id}`).get()).toMatchObject({ description: null });
    for (const body of [{ displayName: null }, { mailEnabled: true }, { groupTypes: ['Unified'] }, {}])
      expect(await refusal(client.api(`/groups/${id}`).patch(body))).toMatchObject(badRequest);
  });

  it('takes 20 members on creation and not 21', async () => {
    const users = await createUsers(21);
    const id = await createGroup(bind(...users.slice(0, 20)));
    expect((await membersOf(id)).toSorted()).toEqual(users.slice(0, 20).toSorted());
    expect(await refusal(client.api('/groups').post(graph.newGroup(bind(...users))))).toMatchObject(
      badRequest,
    );
  });
});

describe('graph: groups by unique name (group-upsert.md)', () => {
  const upsert = (path: string, body: Body, prefer = 'create-if-missing') =>
    client.api(path).header('Prefer', prefer).patch(body);

  it.each(["/groups(uniqueName='a-1')", "/groups/(uniqueName='a-2')"])(
    'creates once and updates after that: %s',
    async (path) => {
      const created = (await upsert(path, graph.newGroup())) as { id: string };
      expect(await upsert(path, graph.newGroup({ displayName: 'Renamed' }))).toBeUndefined();
      const read = (await client.api(path).select(['id', 'displayName', 'uniqueName']).get()) as Body;
      expect(read).toMatchObject({ id: created.id, displayName: 'Renamed', uniqueName: path.slice(-5, -2) });
      const byDefault = (await client.api(`/groups/${created.id}`).get()) as Body;
      expect(byDefault).not.toHaveProperty('uniqueName');
    },
  );

  it('creates one group when two upserts cross', async () => {
    const answers = await Promise.allSettled(
      [1, 2].map(() => upsert("/groups(uniqueName='crossing')", graph.newGroup())),
    );
    expect(answers.filter(({ status }) => status === 'fulfilled').length).toBeGreaterThan(0);
    const all = (await graph.get('/_local/objects')) as { groups: Body[] };
    expect(all.groups.filter((group) => group['uniqueName'] === 'crossing')).toHaveLength(1);
  });

  it('answers 404 without the Prefer header', async () => {
    expect(
      (await refusal(upsert("/groups(uniqueName='missing')", graph.newGroup(), 'return=minimal'))).status,
    ).toBe(404);
  });

  it('needs the required properties when it creates', async () => {
    const refused = await refusal(upsert("/groups(uniqueName='incomplete')", { displayName: 'x' }));
    expect(refused).toMatchObject(badRequest);
  });

  it('sets a unique name once and never changes it', async () => {
    const id = await createGroup();
    await client.api(`/groups/${id}`).patch({ uniqueName: 'backfilled' });
    expect((await refusal(client.api(`/groups/${id}`).patch({ uniqueName: 'other' }))).message).toContain(
      'read-only',
    );
    expect(await client.api("/groups(uniqueName='backfilled')").get()).toMatchObject({ id });
  });

  it('refuses one on a role-assignable group (msgraph-bicep-types#54)', async () => {
    const id = await seedGroup({ isAssignableToRole: true });
    const roles = ['Group.ReadWrite.All', 'RoleManagement.ReadWrite.Directory'];
    const allowed = graph.client(await graph.token({ roles }));
    const refused = await refusal(allowed.api(`/groups/${id}`).patch({ uniqueName: 'role' }));
    expect(refused.message).toContain('ArmUniqueName');
  });
});

describe('graph: members (group-post-members.md, group-delete-members.md)', () => {
  it('adds one by $ref with 204, refuses it twice by text, 404 for nobody', async () => {
    const [group, user] = [await createGroup(), await createUser()];
    const add = (id: string) =>
      client.api(`/groups/${group}/members/$ref`).post({ '@odata.id': reference(id) });
    await add(user);
    expect(await refusal(add(user))).toMatchObject({
      ...badRequest,
      message:
        "One or more added object references already exist for the following modified properties: 'members'.",
    });
    expect(await refusal(add(nobody))).toMatchObject({ status: 404, code: 'Request_ResourceNotFound' });
    expect(await membersOf(group)).toEqual([user]);
  });

  it('adds 20 by PATCH, refuses 21', async () => {
    const group = await createGroup();
    const users = await createUsers(21);
    expect(await refusal(client.api(`/groups/${group}`).patch(bind(...users)))).toMatchObject(badRequest);
    await client.api(`/groups/${group}`).patch(bind(...users.slice(0, 20)));
    expect(await membersOf(group)).toHaveLength(20);
  });

  it('adds all or none: one unknown or one already there fails the whole PATCH, properties included', async () => {
    const [group, first, second] = [await createGroup(), await createUser(), await createUser()];
    await client.api(`/groups/${group}`).patch(bind(first));
    expect((await refusal(client.api(`/groups/${group}`).patch(bind(second, nobody)))).status).toBe(404);
    const mixed = { displayName: 'changed', ...bind(second, first) };
    expect((await refusal(client.api(`/groups/${group}`).patch(mixed))).message).toContain('already exist');
    expect(await membersOf(group)).toEqual([first]);
    expect((await client.api(`/groups/${group}`).get()) as Body).not.toMatchObject({
      displayName: 'changed',
    });
  });

  it('removes one by $ref with 204, 404 for who is no member', async () => {
    const [group, user] = [await createGroup(), await createUser()];
    await client.api(`/groups/${group}`).patch(bind(user));
    await client.api(`/groups/${group}/members/${user}/$ref`).delete();
    expect((await refusal(client.api(`/groups/${group}/members/${user}/$ref`).delete())).status).toBe(404);
    expect(await membersOf(group)).toEqual([]);
  });

  it('deletes the user itself when $ref is forgotten', async () => {
    const [group, user] = [await createGroup(), await createUser()];
    await client.api(`/groups/${group}`).patch(bind(user));
    await client.api(`/groups/${group}/members/${user}`).delete();
    expect((await refusal(client.api(`/users/${user}`).get())).status).toBe(404);
  });

  it('nests security groups and says membership from both sides', async () => {
    const [parent, child, user] = [await createGroup(), await createGroup(), await createUser()];
    await client.api(`/groups/${parent}`).patch(bind(child, user));
    const { value } = (await client.api(`/groups/${parent}/members`).get()) as { value: Body[] };
    expect(value.map((member) => [member['@odata.type'], member['id']])).toEqual([
      ['#microsoft.graph.group', child],
      ['#microsoft.graph.user', user],
    ]);
    expect(await client.api(`/groups/${child}/memberOf`).get()).toMatchObject({ value: [{ id: parent }] });
    expect(await client.api(`/users/${user}/memberOf`).get()).toMatchObject({ value: [{ id: parent }] });
  });

  it('takes only users into a Microsoft 365 group, and that group into none', async () => {
    const unified = await createGroup({ groupTypes: ['Unified'], mailEnabled: true });
    const security = await createGroup();
    expect(await refusal(client.api(`/groups/${unified}`).patch(bind(security)))).toMatchObject(badRequest);
    expect(await refusal(client.api(`/groups/${security}`).patch(bind(unified)))).toMatchObject(badRequest);
  });

  it.each<[string, Body, number]>([
    ['dynamic', { groupTypes: ['DynamicMembership'], membershipRule: 'user.city -eq "x"' }, 403],
    ['synced', { synced: true }, 400],
    ['mail-enabled security', { mailEnabled: true }, 400],
    ['role-assignable', { isAssignableToRole: true }, 403],
    ['restricted', { restricted: true }, 403],
  ])('refuses members of a %s group', async (_, marks, status) => {
    const group = await seedGroup(marks);
    const user = await createUser();
    const add = client.api(`/groups/${group}/members/$ref`).post({ '@odata.id': reference(user) });
    expect((await refusal(add)).status).toBe(status);
    expect((await refusal(client.api(`/groups/${group}`).patch(bind(user)))).status).toBe(status);
    expect(await membersOf(group)).toEqual([]);
  });

  it.each<[string, Body, number]>([
    ['synced', { synced: true }, 400],
    ['mail-enabled security', { mailEnabled: true }, 400],
    ['role-assignable', { isAssignableToRole: true }, 403],
  ])('refuses to change or delete a %s group', async (_, marks, status) => {
    const group = await seedGroup(marks);
    expect((await refusal(client.api(`/groups/${group}`).patch({ description: 'x' }))).status).toBe(status);
    expect((await refusal(client.api(`/groups/${group}`).delete())).status).toBe(status);
  });

  it('needs GroupMember.ReadWrite.All for members only', async () => {
    const [group, user] = [await createGroup(), await createUser()];
    const limited = graph.client(await graph.token({ roles: ['GroupMember.ReadWrite.All'] }));
    await limited.api(`/groups/${group}`).patch(bind(user));
    expect((await refusal(limited.api(`/groups/${group}`).patch({ description: 'x' }))).status).toBe(403);
  });

  it('shows 100 members a page by default', async () => {
    const group = await createGroup();
    const users = await createUsers(105);
    for (let at = 0; at < users.length; at += 20)
      await client.api(`/groups/${group}`).patch(bind(...users.slice(at, at + 20)));
    const page = (await client.api(`/groups/${group}/members`).get()) as {
      value: Body[];
      '@odata.nextLink': string;
    };
    expect(page.value).toHaveLength(100);
    const next = new URL(page['@odata.nextLink']);
    const rest = (await client.api(next.pathname.replace('/v1.0', '') + next.search).get()) as typeof page;
    expect(rest.value).toHaveLength(5);
    expect(rest).not.toHaveProperty('@odata.nextLink');
  });
});

describe('graph: deleted groups (MC1183299: security groups are soft-deleted too)', () => {
  it('keeps a deleted group with properties and members, and restores it', async () => {
    const user = await createUser();
    const group = await createGroup({ description: 'kept', uniqueName: 'deleted-1', ...bind(user) });
    await client.api(`/groups/${group}`).delete();
    expect((await refusal(client.api("/groups(uniqueName='deleted-1')").get())).status).toBe(404);
    const deleted = (await client
      .api('/directory/deletedItems/microsoft.graph.group')
      .select(['id', 'uniqueName'])
      .get()) as { value: Body[] };
    expect(deleted.value).toEqual([{ id: group, uniqueName: 'deleted-1' }]);
    const again = client
      .api("/groups(uniqueName='deleted-1')")
      .header('Prefer', 'create-if-missing')
      .patch(graph.newGroup());
    expect(await refusal(again)).toMatchObject({ ...badRequest, targets: ['uniqueName'] });
    await client.api(`/directory/deletedItems/${group}/restore`).post({});
    expect(await client.api(`/groups/${group}`).get()).toMatchObject({ description: 'kept' });
    expect(await membersOf(group)).toEqual([user]);
  });
});
