import { createRemoteJWKSet, jwtVerify } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GraphUnderTest, refusal } from './graph-support.ts';

describe('graph: tokens and rights', () => {
  let graph: GraphUnderTest;
  beforeAll(async () => {
    graph = await GraphUnderTest.start('--lag', '0');
  });
  afterAll(() => graph.stop());

  it('serves the real ManagedIdentityCredential by the App Service protocol', async () => {
    const { token, expiresOnTimestamp } = await graph
      .credential()
      .getToken('https://graph.microsoft.com/.default');
    const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Record<
      string,
      unknown
    >;
    expect(claims).toMatchObject({ aud: 'https://graph.microsoft.com', tid: graph.tenantId });
    expect(claims['roles']).toContain('User.ReadWrite.All');
    expect(expiresOnTimestamp - Date.now()).toBeGreaterThan(3_500_000);
  });

  it('refuses the identity endpoint without its secret header, another api-version or no resource', async () => {
    const ask = async (query: string, header: string) =>
      (await fetch(`${graph.identityEndpoint}?${query}`, { headers: { 'X-IDENTITY-HEADER': header } }))
        .status;
    const good = 'api-version=2019-08-01&resource=api%3A%2F%2Fx';
    expect(await ask(good, 'wrong')).toBe(401);
    expect(await ask('api-version=2017-09-01&resource=x', graph.identityHeader)).toBe(400);
    expect(await ask('api-version=2019-08-01', graph.identityHeader)).toBe(400);
    expect(await ask(good, graph.identityHeader)).toBe(200);
  });

  it('publishes discovery and keys that a remote key set verifies, with the operator role for another audience', async () => {
    const discovery = (await (await fetch(`${graph.issuer}/.well-known/openid-configuration`)).json()) as {
      issuer: string;
      jwks_uri: string;
    };
    const { token } = await graph.credential().getToken('api://dirbridge/.default');
    const verified = await jwtVerify(token, createRemoteJWKSet(new URL(discovery.jwks_uri)), {
      issuer: graph.issuer,
      audience: 'api://dirbridge',
    });
    expect(discovery.issuer).toBe(graph.issuer);
    expect(verified.payload['roles']).toEqual(['Dirbridge.Operator']);
  });

  it('grants client credentials for the right secret only', async () => {
    const ask = (secret: string) =>
      fetch(`${graph.url}/${graph.tenantId}/oauth2/v2.0/token`, {
        method: 'POST',
        body: new URLSearchParams({
          grant_type: 'client_credentials',
          client_id: '11111111-1111-4111-8111-111111111111',
          client_secret: secret,
          scope: 'https://graph.microsoft.com/.default',
        }),
      });
    expect((await ask('wrong')).status).toBe(401);
    const { access_token: token } = (await (await ask('local-client-secret')).json()) as {
      access_token: string;
    };
    await expect(graph.client(token).api('/users').get()).resolves.toMatchObject({ value: [] });
  });

  it.each([
    ['no token', () => Promise.resolve('')],
    ['a forged token', async () => `${(await graph.token()).slice(0, -8)}AAAAAAAA`],
    ['an expired token', () => graph.token({ lifetimeSeconds: -1 })],
    ['a token for somebody else', () => graph.token({ audience: 'api://other' })],
  ])('answers 401 InvalidAuthenticationToken to %s', async (_, make) => {
    const { status, code } = await refusal(
      graph
        .client(await make())
        .api('/users')
        .get(),
    );
    expect({ status, code }).toEqual({ status: 401, code: 'InvalidAuthenticationToken' });
  });

  it.each([
    ['reading users', 'GET', '/users', ['Group.Read.All']],
    ['creating a user', 'POST', '/users', ['User.Read.All']],
    ['creating a group', 'POST', '/groups', ['User.ReadWrite.All', 'GroupMember.ReadWrite.All']],
    [
      'deleting a user',
      'DELETE',
      '/users/00000000-0000-4000-8000-000000000000',
      ['User.EnableDisableAccount.All'],
    ],
    ['reading deleted users', 'GET', '/directory/deletedItems/microsoft.graph.user', ['Group.ReadWrite.All']],
    ['reading the organization', 'GET', '/organization', ['User.ReadWrite.All']],
  ])('answers 403 Authorization_RequestDenied to %s without the role', async (_, method, path, roles) => {
    const api = graph.client(await graph.token({ roles })).api(path);
    const request = method === 'GET' ? api.get() : method === 'POST' ? api.post({}) : api.delete();
    const { status, code } = await refusal(request as Promise<unknown>);
    expect({ status, code }).toEqual({ status: 403, code: 'Authorization_RequestDenied' });
  });

  it('lets the least role for accountEnabled write accountEnabled and nothing else', async () => {
    const created = (await graph.client().api('/users').post(graph.newUser())) as { id: string };
    const limited = graph.client(
      await graph.token({ roles: ['User.EnableDisableAccount.All', 'User.Read.All'] }),
    );
    await limited.api(`/users/${created.id}`).patch({ accountEnabled: false });
    expect((await refusal(limited.api(`/users/${created.id}`).patch({ jobTitle: 'x' }))).status).toBe(403);
    const both = limited.api(`/users/${created.id}`).patch({ jobTitle: 'x', accountEnabled: true });
    expect((await refusal(both)).status).toBe(403);
  });
});

describe('graph: start and stop', () => {
  it('ends with 0 on SIGTERM while a request hangs', async () => {
    const graph = await GraphUnderTest.start();
    await graph.post('/_local/faults', { match: { path: '/users' }, action: { hang: true } });
    const hanging = graph
      .client(await graph.token())
      .api('/users')
      .get()
      .then(
        () => 'answered',
        () => 'cut',
      );
    await expect.poll(async () => (await graph.log()).entries.length).toBe(1);
    expect(await graph.child.stop()).toBe(0);
    expect(await hanging).toBe('cut');
  });

  it.each([['--lag', 'x'], ['--port', '70000'], ['--nonsense']])(
    'refuses %s %s with 2 and a reason',
    async (...flags) => {
      const failed = GraphUnderTest.start(...flags.filter((flag) => typeof flag === 'string'));
      await expect(failed).rejects.toThrow(/exit 2[\s\S]*graph: .*--/);
    },
  );
});
