import type { Client } from '@microsoft/microsoft-graph-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GraphUnderTest, refusal, type Body } from './graph-support.ts';

interface User extends Body {
  readonly id: string;
  readonly userPrincipalName: string;
}

/** Verified, but a character longer than a UPN's domain may be. */
const longDomain = `${'d'.repeat(41)}.example`;

let graph: GraphUnderTest;
let client: Client;

beforeAll(async () => {
  graph = await GraphUnderTest.start(
    '--lag',
    '0',
    '--domain',
    `contoso.com,second.example,${longDomain}`,
    '--federated-domain',
    'fed.example',
  );
  client = graph.client();
});
afterAll(() => graph.stop());

const create = async (more: Body = {}) => (await client.api('/users').post(graph.newUser(more))) as User;
const read = async (id: string, ...select: string[]) =>
  (await client.api(`/users/${id}`).select(select).get()) as Body;
const badRequest = { status: 400, code: 'Request_BadRequest' };

describe('graph: creating and reading users (user-post-users.md, user-get.md)', () => {
  it('answers 201 with the default properties and a GUID, and takes any other writable property along', async () => {
    const user = await create({
      department: 'Ships',
      onPremisesExtensionAttributes: { extensionAttribute3: 'c' },
    });
    expect(user.id).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    expect(
      Object.keys(user)
        .filter((name) => !name.startsWith('@'))
        .sort(),
    ).toEqual([
      ...['businessPhones', 'displayName', 'givenName', 'id', 'jobTitle', 'mail', 'mobilePhone'],
      ...['officeLocation', 'preferredLanguage', 'surname', 'userPrincipalName'],
    ]);
    expect(
      await read(user.id, 'department', 'onPremisesExtensionAttributes', 'onPremisesSyncEnabled'),
    ).toMatchObject({
      department: 'Ships',
      onPremisesExtensionAttributes: { extensionAttribute3: 'c', extensionAttribute4: null },
      onPremisesSyncEnabled: null,
    });
  });

  it('never shows a password again', async () => {
    const user = await create();
    expect((await read(user.id, 'passwordProfile'))['passwordProfile']).toBeNull();
    const everything = JSON.stringify([await graph.log(), await graph.get('/_local/objects')]);
    expect(everything).toContain('passwordProfile');
    expect(everything).not.toContain('Correct-Horse-7');
  });

  it.each(['accountEnabled', 'displayName', 'mailNickname', 'passwordProfile', 'userPrincipalName'])(
    'needs %s',
    async (name) => {
      const body = graph.newUser();
      Reflect.deleteProperty(body, name);
      const refused = await refusal(client.api('/users').post(body));
      expect(refused).toMatchObject({
        ...badRequest,
        message: `A value is required for property '${name}' of resource 'User'.`,
      });
    },
  );

  it('finds a user by UPN without regard to case, with # written as %23', async () => {
    const user = await create({ userPrincipalName: 'a#b@contoso.com' });
    expect((await read('A%23B@contoso.com', 'id'))['id']).toBe(user.id);
  });

  it.each([
    ['an accent', 'rené@contoso.com'],
    ['a blank', 'a b@contoso.com'],
    ['a dot before @', 'ab.@contoso.com'],
    ['65 characters before @', `${'a'.repeat(65)}@contoso.com`],
    ['a domain that is not verified', 'ab@elsewhere.example'],
    ['49 characters behind @', `ab@${longDomain}`],
    ['no domain', 'ab'],
  ])('refuses a UPN with %s', async (_, userPrincipalName) => {
    expect(await refusal(client.api('/users').post(graph.newUser({ userPrincipalName })))).toMatchObject(
      badRequest,
    );
  });

  it('takes every verified domain, and asks for an immutable id in a federated one', async () => {
    await create({ userPrincipalName: 'one@second.example' });
    const federated = graph.newUser({ userPrincipalName: 'two@fed.example' });
    expect((await refusal(client.api('/users').post(federated))).message).toContain('onPremisesImmutableId');
    await client.api('/users').post({ ...federated, onPremisesImmutableId: 'Zm9v' });
  });

  it.each(['short1A', 'alllowercaseletters', 'lower-and-sign'])(
    'refuses the weak password %s',
    async (password) => {
      const refused = await refusal(
        client.api('/users').post(graph.newUser({ passwordProfile: { password } })),
      );
      expect(refused.message).toContain('does not comply with password complexity');
    },
  );

  it.each([
    ['userPrincipalName', 'taken@contoso.com', 'TAKEN@contoso.com'],
    ['onPremisesImmutableId', 'dGFrZW4=', 'dGFrZW4='],
    ['mailNickname', 'taken', 'Taken'],
  ])('refuses a second %s with details that name it', async (name, first, second) => {
    await create({ [name]: first });
    const refused = await refusal(client.api('/users').post(graph.newUser({ [name]: second })));
    expect(refused).toMatchObject({ ...badRequest, targets: [name], detailCodes: ['ObjectConflict'] });
  });

  it('makes mail the primary proxy address, keeps the one before, and refuses one that is taken', async () => {
    const user = await create({ mail: 'first@contoso.com' });
    await client.api(`/users/${user.id}`).patch({ mail: 'second@contoso.com' });
    expect((await read(user.id, 'proxyAddresses'))['proxyAddresses']).toEqual([
      'SMTP:second@contoso.com',
      'smtp:first@contoso.com',
    ]);
    const other = await create();
    const refused = await refusal(client.api(`/users/${other.id}`).patch({ mail: 'First@contoso.com' }));
    expect(refused).toMatchObject({ ...badRequest, targets: ['proxyAddresses'] });
  });
});

describe('graph: changing users (user-update.md)', () => {
  it('answers 204 to PATCH and changes only what is named', async () => {
    const user = await create({
      jobTitle: 'Mate',
      onPremisesExtensionAttributes: { extensionAttribute1: 'a' },
    });
    await client
      .api(`/users/${user.id}`)
      .patch({ onPremisesExtensionAttributes: { extensionAttribute2: 'b' } });
    expect(await read(user.id, 'jobTitle', 'onPremisesExtensionAttributes')).toMatchObject({
      jobTitle: 'Mate',
      onPremisesExtensionAttributes: { extensionAttribute1: 'a', extensionAttribute2: 'b' },
    });
  });

  it('writes employeeOrgData as a pair: the half left out becomes null', async () => {
    const user = await create({ employeeOrgData: { costCenter: '1', division: 'A' } });
    await client.api(`/users/${user.id}`).patch({ employeeOrgData: { division: 'B' } });
    expect((await read(user.id, 'employeeOrgData'))['employeeOrgData']).toEqual({
      costCenter: null,
      division: 'B',
    });
  });

  it.each<[string, Body]>([
    ['displayName of 257', { displayName: 'x'.repeat(257) }],
    ['givenName of 65', { givenName: 'x'.repeat(65) }],
    ['jobTitle of 129', { jobTitle: 'x'.repeat(129) }],
    ['employeeId of 17', { employeeId: 'x'.repeat(17) }],
    ['postalCode of 41', { postalCode: 'x'.repeat(41) }],
    ['two businessPhones', { businessPhones: ['1', '2'] }],
    ['displayName null', { displayName: null }],
    ['mail null', { mail: null }],
    ['an empty text', { jobTitle: '' }],
    ['a country that is none', { usageLocation: 'XX' }],
    ['a country by name', { usageLocation: 'Germany' }],
    ['an immutable id with _', { onPremisesImmutableId: 'a_b' }],
    ['a number for a text', { jobTitle: 7 }],
    ['text for a flag', { accountEnabled: 'True' }],
    ['a 16th extension attribute', { onPremisesExtensionAttributes: { extensionAttribute16: 'x' } }],
    ['a property that does not exist', { shoeSize: 43 }],
    ['nothing', {}],
  ])('refuses %s with 400', async (_, body) => {
    const user = await create();
    expect(await refusal(client.api(`/users/${user.id}`).patch(body))).toMatchObject(badRequest);
  });

  it.each(['proxyAddresses', 'onPremisesSyncEnabled', 'onPremisesSamAccountName', 'createdDateTime', 'id'])(
    'refuses %s as read-only',
    async (name) => {
      const user = await create();
      const refused = await refusal(client.api(`/users/${user.id}`).patch({ [name]: 'x' }));
      expect(refused.message).toBe(`Property '${name}' is read-only and cannot be set.`);
    },
  );

  it('clears with null what may be cleared', async () => {
    const user = await create({ jobTitle: 'Mate', onPremisesImmutableId: 'Y2xlYXI=' });
    await client
      .api(`/users/${user.id}`)
      .patch({ jobTitle: null, onPremisesImmutableId: null, businessPhones: [] });
    expect(await read(user.id, 'jobTitle', 'onPremisesImmutableId')).toMatchObject({
      jobTitle: null,
      onPremisesImmutableId: null,
    });
    await create({ onPremisesImmutableId: 'Y2xlYXI=' });
  });

  it('needs its own role for passwordProfile, and a directory role of the app', async () => {
    const user = await create();
    const body = { passwordProfile: { password: 'Another-Horse-8' } };
    expect((await refusal(client.api(`/users/${user.id}`).patch(body))).status).toBe(403);
    const withRole = graph.client(await graph.token({ roles: ['User-PasswordProfile.ReadWrite.All'] }));
    expect((await refusal(withRole.api(`/users/${user.id}`).patch(body))).status).toBe(403);
  });

  it('answers 404 to an unknown user and 405 to PUT', async () => {
    const unknown = '/users/00000000-0000-4000-8000-000000000000';
    const refused = await refusal(client.api(unknown).patch({ jobTitle: 'x' }));
    expect(refused).toMatchObject({ status: 404, code: 'Request_ResourceNotFound' });
    expect((await refusal(client.api(unknown).put({ jobTitle: 'x' }))).status).toBe(405);
  });

  it('counts as effective only what really changes', async () => {
    const { seq } = await graph.log();
    const user = await create({ jobTitle: 'Mate' });
    await client.api(`/users/${user.id}`).patch({ jobTitle: 'Mate' });
    await client.api(`/users/${user.id}`).patch({ jobTitle: 'Captain' });
    const entries = (await graph.log(seq)).entries;
    expect(entries.map(({ effective, changed }) => [effective, changed.includes('jobTitle')])).toEqual([
      [true, true],
      [false, false],
      [true, true],
    ]);
    expect(entries[1]).toMatchObject({
      method: 'PATCH',
      path: `/v1.0/users/${user.id}`,
      objectId: user.id,
      status: 204,
    });
    const effects = (await graph.get('/_local/effects')) as { objects: Record<string, unknown> };
    expect(effects.objects[user.id]).toMatchObject({ changes: 2, properties: { created: 1, jobTitle: 2 } });
  });
});

describe('graph: users that may not be written (user-update.md; resources/users)', () => {
  const seedUser = async (more: Body) => {
    const { users } = (await graph.post('/_local/seed', {
      users: [{ ...graph.newUser(), ...more }],
    })) as { users: string[] };
    return users[0] ?? '';
  };

  it('refuses what Microsoft Directory Sync owns, except what stays in the cloud', async () => {
    const id = await seedUser({ synced: true });
    const refused = await refusal(client.api(`/users/${id}`).patch({ jobTitle: 'x' }));
    expect(refused).toMatchObject(badRequest);
    expect(refused.message).toContain('on-premises mastered Directory Sync objects');
    await client.api(`/users/${id}`).patch({ usageLocation: 'DE' });
  });

  it('refuses sensitive properties, deletion and the whole PATCH for a holder of a directory role', async () => {
    const id = await seedUser({ privileged: true });
    await client.api(`/users/${id}`).patch({ jobTitle: 'Admin' });
    for (const body of [{ accountEnabled: false }, { jobTitle: 'x', mobilePhone: '1' }])
      expect(await refusal(client.api(`/users/${id}`).patch(body))).toMatchObject({
        status: 403,
        code: 'Authorization_RequestDenied',
      });
    expect((await read(id, 'jobTitle'))['jobTitle']).toBe('Admin');
    expect((await refusal(client.api(`/users/${id}`).delete())).status).toBe(403);
    const roles = (await client.api('/directoryRoles').get()) as { value: { id: string }[] };
    const members = (await client.api(`/directoryRoles/${roles.value[0]?.id ?? ''}/members`).get()) as {
      value: { id: string }[];
    };
    expect(members.value.map((member) => member.id)).toContain(id);
  });

  it('treats a member of a role-assignable group alike', async () => {
    const id = await seedUser({});
    await graph.post('/_local/seed', {
      groups: [{ displayName: 'Role holders', isAssignableToRole: true, members: [id] }],
    });
    expect((await refusal(client.api(`/users/${id}`).patch({ accountEnabled: false }))).status).toBe(403);
    await client.api(`/users/${id}`).patch({ jobTitle: 'fine' });
  });

  it('refuses every write to a member of a restricted unit', async () => {
    const id = await seedUser({ restricted: true });
    expect((await refusal(client.api(`/users/${id}`).patch({ jobTitle: 'x' }))).status).toBe(403);
  });
});

describe('graph: managers and sessions', () => {
  it('sets, replaces and removes a manager by $ref (user-post-manager.md)', async () => {
    const [user, first, second] = [await create(), await create(), await create()];
    const reference = (id: string) => ({ '@odata.id': `https://graph.microsoft.com/v1.0/users/${id}` });
    expect((await refusal(client.api(`/users/${user.id}/manager`).get())).status).toBe(404);
    await client.api(`/users/${user.id}/manager/$ref`).put(reference(first.id));
    await client.api(`/users/${user.id}/manager/$ref`).put(reference(second.id));
    expect(await client.api(`/users/${user.id}/manager`).get()).toMatchObject({ id: second.id });
    await client.api(`/users/${user.id}/manager/$ref`).delete();
    expect((await refusal(client.api(`/users/${user.id}/manager/$ref`).delete())).status).toBe(404);
    const unknown = reference('00000000-0000-4000-8000-000000000000');
    expect((await refusal(client.api(`/users/${user.id}/manager/$ref`).put(unknown))).status).toBe(404);
  });

  it('revokes sessions with 200 and value true (user-revokesigninsessions.md)', async () => {
    const user = await create();
    expect(await client.api(`/users/${user.id}/revokeSignInSessions`).post({})).toMatchObject({
      value: true,
    });
  });
});

describe('graph: deleted users (directory-deleteditems-*.md)', () => {
  it('keeps a deleted user with its memberships, frees the UPN, restores and purges', async () => {
    const user = await create({ onPremisesImmutableId: 'cmVzdG9yZQ==' });
    const group = (await client.api('/groups').post(graph.newGroup())) as { id: string };
    const reference = { '@odata.id': `${graph.url}/v1.0/directoryObjects/${user.id}` };
    await client.api(`/groups/${group.id}/members/$ref`).post(reference);
    await client.api(`/users/${user.id}`).delete();
    expect((await refusal(client.api(`/users/${user.id}`).get())).status).toBe(404);
    expect(await client.api(`/groups/${group.id}/members`).get()).toMatchObject({ value: [] });
    const deleted = (await client
      .api('/directory/deletedItems/microsoft.graph.user')
      .select(['id', 'onPremisesImmutableId', 'deletedDateTime'])
      .get()) as { value: Body[] };
    expect(deleted.value).toContainEqual({
      id: user.id,
      onPremisesImmutableId: 'cmVzdG9yZQ==',
      deletedDateTime: expect.any(String) as string,
    });
    expect(await client.api(`/directory/deletedItems/${user.id}/restore`).post({})).toMatchObject({
      id: user.id,
      userPrincipalName: user.userPrincipalName,
    });
    expect(await client.api(`/groups/${group.id}/members`).get()).toMatchObject({
      value: [{ id: user.id, '@odata.type': '#microsoft.graph.user' }],
    });
    await client.api(`/users/${user.id}`).delete();
    await client.api(`/directory/deletedItems/${user.id}`).delete();
    expect((await refusal(client.api(`/directory/deletedItems/${user.id}`).get())).status).toBe(404);
  });

  it('refuses a restore whose UPN has been taken, and takes a new one', async () => {
    const user = await create();
    await client.api(`/users/${user.id}`).delete();
    await create({ userPrincipalName: user.userPrincipalName, mailNickname: 'another' });
    const refused = await refusal(client.api(`/directory/deletedItems/${user.id}/restore`).post({}));
    expect(refused).toMatchObject({ ...badRequest, targets: ['userPrincipalName'] });
    await client
      .api(`/directory/deletedItems/${user.id}/restore`)
      .post({ newUserPrincipalName: 'returned@contoso.com' });
    expect((await read('returned@contoso.com', 'id'))['id']).toBe(user.id);
  });

  it('keeps the immutable id of a deleted user taken', async () => {
    const user = await create({ onPremisesImmutableId: 'a2VwdA==' });
    await client.api(`/users/${user.id}`).delete();
    const refused = await refusal(
      client.api('/users').post(graph.newUser({ onPremisesImmutableId: 'a2VwdA==' })),
    );
    expect(refused.targets).toEqual(['onPremisesImmutableId']);
  });

  it('lists deleted items only with the cast', async () => {
    expect((await refusal(client.api('/directory/deletedItems').get())).status).toBe(400);
  });
});

describe('graph: queries (user-list.md, advanced queries)', () => {
  it('filters by eq, in, startsWith, and any', async () => {
    const user = await create({
      department: "O'Hara",
      employeeId: '77',
      onPremisesImmutableId: 'ZmlsdGVy',
      mail: 'filter@contoso.com',
    });
    for (const filter of [
      "onPremisesImmutableId eq 'ZmlsdGVy'",
      `userPrincipalName eq '${user.userPrincipalName.toUpperCase()}'`,
      "department eq 'O''Hara' and accountEnabled eq true",
      "employeeId in ('76', '77')",
      "startsWith(mail,'filter@') and (employeeId eq '1' or employeeId eq '77')",
      "proxyAddresses/any(p:p eq 'smtp:filter@contoso.com')",
    ]) {
      const found = (await client.api('/users').filter(encodeURIComponent(filter)).select('id').get()) as {
        value: Body[];
      };
      expect(found.value, filter).toEqual([{ id: user.id }]);
    }
  });

  it('pages with nextLink until all have been shown once, and refuses $top above 999', async () => {
    const shown: string[] = [];
    let page = (await client.api('/users').top(7).select('id').get()) as {
      value: { id: string }[];
      '@odata.nextLink'?: string;
    };
    shown.push(...page.value.map(({ id }) => id));
    while (page['@odata.nextLink'] !== undefined) {
      const next = new URL(page['@odata.nextLink']);
      expect(next.origin).toBe(graph.url);
      page = (await client.api(next.pathname.replace('/v1.0', '') + next.search).get()) as typeof page;
      expect(page.value.length).toBeLessThanOrEqual(7);
      shown.push(...page.value.map(({ id }) => id));
    }
    const all = (await graph.get('/_local/objects')) as { users: { id: string }[] };
    expect(shown.toSorted()).toEqual(all.users.map(({ id }) => id).toSorted());
    expect((await refusal(client.api('/users').top(1000).get())).status).toBe(400);
  });

  it.each([
    ['accountEnabled ne true', 400, 'Request_UnsupportedQuery'],
    ["streetAddress eq 'x'", 400, 'Request_UnsupportedQuery'],
    ['displayName eq', 400, 'BadRequest'],
  ])('refuses the filter %s', async (filter, status, code) => {
    expect(await refusal(client.api('/users').filter(filter).get())).toMatchObject({ status, code });
  });

  it('counts with ConsistencyLevel eventual only', async () => {
    const plain = (await client.api('/users').query({ $count: 'true' }).top(1).get()) as Body;
    expect(plain).not.toHaveProperty('@odata.count');
    const eventual = (await client
      .api('/users')
      .header('ConsistencyLevel', 'eventual')
      .query({ $count: 'true' })
      .top(1)
      .get()) as Body;
    expect(eventual['@odata.count']).toBeGreaterThan(10);
  });

  it('refuses $select of an unknown property, unknown options, unknown paths and unknown versions', async () => {
    expect(await refusal(client.api('/users').select('shoeSize').get())).toMatchObject({
      status: 400,
      code: 'BadRequest',
    });
    expect((await refusal(client.api('/users').query({ $expand: 'manager' }).get())).status).toBe(400);
    expect((await refusal(client.api('/users').query({ $search: '"x"' }).get())).status).toBe(400);
    for (const path of ['/users/delta', '/subscriptions', '/me', '/devices', '/users/x/photo/$value'])
      expect(await refusal(client.api(path).post({})), path).toMatchObject({
        status: 400,
        code: 'BadRequest',
      });
    expect((await refusal(client.api('/users').version('beta').get())).status).toBe(400);
  });

  it('says its verified domains in /organization and /domains', async () => {
    const { value } = (await client.api('/organization').get()) as {
      value: { id: string; verifiedDomains: Body[] }[];
    };
    expect(value[0]?.id).toBe(graph.tenantId);
    expect(value[0]?.verifiedDomains.map(({ name, type, isDefault }) => [name, type, isDefault])).toEqual([
      ['contoso.com', 'Managed', true],
      ['second.example', 'Managed', false],
      [longDomain, 'Managed', false],
      ['fed.example', 'Federated', false],
    ]);
    expect(await client.api('/domains/fed.example').get()).toMatchObject({
      authenticationType: 'Federated',
      isVerified: true,
    });
  });
});
