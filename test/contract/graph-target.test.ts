import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { promisify } from 'node:util';
import type { AccessToken, TokenCredential } from '@azure/identity';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { graphTarget } from '../../shared/adapters/graph/graph-target.ts';
import type { CloudRequest, CloudTarget, SendOptions } from '../../shared/ports/cloud-target.ts';
import { GraphUnderTest } from './graph-support.ts';

const scope = 'https://graph.microsoft.com/.default';
let graph: GraphUnderTest;
let target: CloudTarget;

const options = (more: Partial<SendOptions> = {}): SendOptions => ({
  priority: 'normal',
  deadline: Date.now() + 10_000,
  ...more,
});
const send = async (request: Omit<CloudRequest, 'id'>, more: Partial<SendOptions> = {}) => {
  const [answer] = await target.send([{ id: 'one', ...request }], options(more));
  if (answer === undefined) throw new Error('no answer');
  return answer;
};
const fault = (match: Record<string, string>, action: Record<string, unknown>) =>
  graph.post('/_local/faults', { match, action });
const create = async (): Promise<string> => {
  const answer = await send({ method: 'POST', path: '/users', body: graph.newUser() });
  if (!answer.ok) throw new Error(JSON.stringify(answer));
  return (answer.body as { id: string }).id;
};
const counting = (credential: TokenCredential) => {
  const seen: AccessToken[] = [];
  return {
    seen,
    credential: {
      async getToken(scopes: string | string[]) {
        const token = await credential.getToken(scopes);
        if (token !== null) seen.push(token);
        return token;
      },
    } satisfies TokenCredential,
  };
};

beforeAll(async () => {
  graph = await GraphUnderTest.start('--lag', '0', '--no-throttle');
  target = graphTarget({ url: graph.url, scope, credential: graph.credential() });
});
afterAll(async () => {
  await graph.stop();
});
afterEach(async () => {
  await fetch(`${graph.url}/_local/faults`, { method: 'DELETE' });
});

describe('one request', () => {
  test('created, changed, read, deleted, with the managed identity’s token', async () => {
    const id = await create();
    expect(
      await send({ method: 'PATCH', path: `/users/${id}`, body: { jobTitle: 'Ingenieurin für Öl & Gas' } }),
    ).toMatchObject({ ok: true, status: 204, body: undefined });
    const read = await send({ method: 'GET', path: `/users/${id}?$select=jobTitle,id` });
    expect(read).toMatchObject({ ok: true, status: 200, body: { jobTitle: 'Ingenieurin für Öl & Gas' } });
    expect(await send({ method: 'POST', path: `/users/${id}/revokeSignInSessions` })).toMatchObject({
      ok: true,
    });
    expect(await send({ method: 'DELETE', path: `/users/${id}` })).toMatchObject({ ok: true, status: 204 });
    expect(await send({ method: 'GET', path: `/users/${id}` })).toMatchObject({
      ok: false,
      code: 'GRAPH_NOT_FOUND',
      isAmbiguous: false,
    });
  });

  test('a filter with escaped characters arrives as it was written', async () => {
    const user = graph.newUser({ displayName: "O'Hara & Söhne #1 + 2" });
    await send({ method: 'POST', path: '/users', body: user });
    const filter = encodeURIComponent("displayName eq 'O''Hara & Söhne #1 + 2'");
    const found = await send({ method: 'GET', path: `/users?$filter=${filter}&$select=id,displayName` });
    expect(found).toMatchObject({ ok: true, body: { value: [{ displayName: "O'Hara & Söhne #1 + 2" }] } });
  });

  test('a group is upserted by its unique name', async () => {
    const path = `/groups(uniqueName='${'a'.repeat(32)}')`;
    const body = graph.newGroup();
    const headers = { Prefer: 'create-if-missing' };
    expect(await send({ method: 'PATCH', path, body, headers })).toMatchObject({ ok: true, status: 201 });
    expect(await send({ method: 'PATCH', path, body: { displayName: 'other' }, headers })).toMatchObject({
      ok: true,
      status: 204,
    });
  });

  test('a taken value is a conflict and names the property', async () => {
    const user = graph.newUser();
    expect(await send({ method: 'POST', path: '/users', body: user })).toMatchObject({ ok: true });
    const again = await send({ method: 'POST', path: '/users', body: user });
    expect(again).toMatchObject({ ok: false, code: 'GRAPH_CONFLICT', status: 400 });
    expect(again.requestId).toMatch(/^[0-9a-f-]{36}$/);
    expect(again.ok ? [] : again.targets).toContain('userPrincipalName');
  });

  test('a member that is there already is told from other refusals', async () => {
    const member = await create();
    const group = await send({ method: 'POST', path: '/groups', body: graph.newGroup() });
    const path = `/groups/${group.ok ? (group.body as { id: string }).id : ''}/members/$ref`;
    const body = { '@odata.id': `https://graph.microsoft.com/v1.0/directoryObjects/${member}` };
    expect(await send({ method: 'POST', path, body })).toMatchObject({ ok: true });
    expect(await send({ method: 'POST', path, body })).toMatchObject({
      ok: false,
      code: 'GRAPH_CONFLICT',
      targets: ['members'],
    });
  });

  test('an object of Microsoft’s own sync is protected', async () => {
    const seeded = await graph.post('/_local/seed', {
      users: [graph.newUser({ onPremisesSyncEnabled: true })],
    });
    const [id] = JSON.stringify(seeded).match(/[0-9a-f]{8}-[0-9a-f-]{27}/) ?? [];
    expect(
      await send({ method: 'PATCH', path: `/users/${id ?? ''}`, body: { jobTitle: 'x' } }),
    ).toMatchObject({ ok: false, code: 'TARGET_PROTECTED' });
  });

  test('a path can name no other host', async () => {
    await expect(send({ method: 'GET', path: 'https://evil.example/v1.0/users' })).rejects.toThrow(
      'Invariant broken',
    );
    await expect(send({ method: 'GET', path: '/https://evil.example/v1.0/users' })).rejects.toThrow(
      'Invariant broken',
    );
  });
});

describe('several requests', () => {
  test('45 go as batches of 20, answered in order, part by part', async () => {
    const { seq } = await graph.log();
    const taken = graph.newUser();
    await send({ method: 'POST', path: '/users', body: taken });
    const requests: CloudRequest[] = Array.from({ length: 45 }, (_, i) => ({
      id: `r${i}`,
      method: 'POST',
      path: '/users',
      body: i === 21 ? taken : graph.newUser(),
    }));
    const answers = await target.send(requests, options());
    expect(answers.map(({ id }) => id)).toEqual(requests.map(({ id }) => id));
    expect(answers.filter(({ ok }) => ok)).toHaveLength(44);
    expect(answers[21]).toMatchObject({ ok: false, code: 'GRAPH_CONFLICT' });
    const { entries } = await graph.log(seq);
    const batches = entries.filter(({ batch }) => batch !== null).map(({ batch }) => batch);
    expect(new Set(batches).size).toBe(3);
  });

  test('a part that is throttled keeps its own Retry-After; the others count', async () => {
    const ids = [await create(), await create()];
    await fault(
      { path: ids[1] ?? '' },
      { status: 429, code: 'TooManyRequests', headers: { 'Retry-After': '7' } },
    );
    const answers = await target.send(
      ids.map((id) => ({ id, method: 'PATCH', path: `/users/${id}`, body: { city: 'Ulm' } })),
      options(),
    );
    expect(answers[0]).toMatchObject({ ok: true });
    expect(answers[1]).toMatchObject({
      ok: false,
      code: 'GRAPH_THROTTLED',
      retryAfterMs: 7_000,
      isAmbiguous: false,
    });
  });

  test('a batch that fails as a whole fails each part alike', async () => {
    const ids = [await create(), await create()];
    await fault({ path: 'batch' }, { status: 503, headers: { 'Retry-After': '3' } });
    const answers = await target.send(
      ids.map((id, i) => ({
        id,
        method: i === 0 ? 'GET' : 'PATCH',
        path: `/users/${id}`,
        ...(i === 0 ? {} : { body: { city: 'Ulm' } }),
      })),
      options(),
    );
    expect(answers).toMatchObject([
      { code: 'GRAPH_UNREACHABLE', isAmbiguous: false, retryAfterMs: 3_000 },
      { code: 'GRAPH_UNREACHABLE', isAmbiguous: true, retryAfterMs: 3_000 },
    ]);
  });
});

describe('failures', () => {
  const change = (id: string, more: Partial<SendOptions> = {}) =>
    send({ method: 'PATCH', path: `/users/${id}`, body: { city: 'Bonn' } }, more);

  test.each([
    {
      name: '403',
      action: { status: 403, code: 'Authorization_RequestDenied', message: 'Insufficient privileges' },
      expected: { code: 'GRAPH_FORBIDDEN', isAmbiguous: false },
    },
    {
      name: '429',
      action: { status: 429, headers: { 'Retry-After': '11' } },
      expected: { code: 'GRAPH_THROTTLED', retryAfterMs: 11_000, isAmbiguous: false },
    },
    { name: '500', action: { status: 500 }, expected: { code: 'GRAPH_UNREACHABLE', isAmbiguous: true } },
    {
      name: '503 with Retry-After',
      action: { status: 503, headers: { 'Retry-After': '2' } },
      expected: { code: 'GRAPH_UNREACHABLE', isAmbiguous: true, retryAfterMs: 2_000 },
    },
    { name: 'broken JSON', action: { garbage: true }, expected: { code: 'GRAPH_GARBAGE' } },
    { name: 'a proxy’s page', action: { garbage: 'html' }, expected: { code: 'GRAPH_GARBAGE' } },
    {
      name: 'cut after applying',
      action: { dropAfterApply: true },
      expected: { code: 'GRAPH_UNREACHABLE', status: null, isAmbiguous: true },
    },
    {
      name: 'cut before applying',
      action: { dropBeforeApply: true },
      expected: { code: 'GRAPH_UNREACHABLE', status: null, isAmbiguous: true },
    },
  ])('$name', async ({ action, expected }) => {
    const id = await create();
    const { seq } = await graph.log();
    await fault({ method: 'PATCH', path: id }, action);
    expect(await change(id)).toMatchObject({ ok: false, ...expected });
    // Nothing below the caller tried again.
    expect(
      (await graph.log(seq)).entries.filter((entry) => entry.path.includes(id)).length,
    ).toBeLessThanOrEqual(1);
    expect(await change(id)).toMatchObject({ ok: true });
  });

  test('a hanging answer ends at the deadline', async () => {
    const id = await create();
    await fault({ path: id }, { hang: true });
    const started = Date.now();
    expect(await change(id, { deadline: started + 400 })).toMatchObject({
      code: 'GRAPH_UNREACHABLE',
      isAmbiguous: true,
      status: null,
    });
    expect(Date.now() - started).toBeLessThan(3_000);
  });

  test('after the deadline nothing is sent', async () => {
    const id = await create();
    const { seq } = await graph.log();
    expect(await change(id, { deadline: Date.now() - 1 })).toMatchObject({
      code: 'GRAPH_UNREACHABLE',
      isAmbiguous: false,
    });
    expect((await graph.log(seq)).entries).toHaveLength(0);
  });

  test('nobody listening is no ambiguity', async () => {
    const lost = graphTarget({
      url: `http://127.0.0.1:${await closedPort()}`,
      scope,
      credential: graph.credential(),
    });
    const [answer] = await lost.send([{ id: 'x', method: 'POST', path: '/users', body: {} }], options());
    expect(answer).toMatchObject({ code: 'GRAPH_UNREACHABLE', status: null, isAmbiguous: false });
  });
});

describe('tokens', () => {
  test('one token serves many requests; one that is refused is dropped and not tried again below the caller', async () => {
    const counted = counting(graph.credential());
    const own = graphTarget({ url: graph.url, scope, credential: counted.credential });
    const read = () => own.send([{ id: 'x', method: 'GET', path: '/organization' }], options());
    await Promise.all([read(), read(), read()]);
    await read();
    expect(counted.seen).toHaveLength(1);
    await fault({ path: 'organization' }, { status: 401, code: 'InvalidAuthenticationToken' });
    expect(await read()).toMatchObject([{ ok: false, code: 'GRAPH_UNAUTHORIZED', isAmbiguous: false }]);
    expect(counted.seen).toHaveLength(1);
    expect(await read()).toMatchObject([{ ok: true }]);
    expect(counted.seen).toHaveLength(2);
  });

  // In a process of its own: the identity library keeps the first endpoint it found for the life of a process.
  test.each([
    { name: 'refuses', more: { IDENTITY_HEADER: 'wrong' }, code: 'GRAPH_UNAUTHORIZED' },
    {
      name: 'is not there',
      more: { IDENTITY_ENDPOINT: 'http://127.0.0.1:CLOSED/msi/token' },
      code: 'GRAPH_UNREACHABLE',
    },
  ])('an identity endpoint that $name: $code', async ({ more, code }) => {
    const env = {
      ...process.env,
      IDENTITY_ENDPOINT: graph.identityEndpoint,
      IDENTITY_HEADER: graph.identityHeader,
      ...more,
    };
    env.IDENTITY_ENDPOINT = env.IDENTITY_ENDPOINT.replace('CLOSED', String(await closedPort()));
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--input-type=module', '--eval', askOnce],
      {
        env: { ...env, GRAPH: graph.url },
      },
    );
    expect(JSON.parse(stdout)).toMatchObject([{ code, status: null, isAmbiguous: false }]);
  });
});

const askOnce = `
  import { graphTarget } from './shared/adapters/graph/graph-target.ts';
  import { azureCredential } from './shared/adapters/system/azure-credential.ts';
  const credential = azureCredential({ only: 'managed', clientId: null });
  const target = graphTarget({ url: process.env.GRAPH, scope: '${scope}', credential });
  const request = { id: 'x', method: 'POST', path: '/users', body: {} };
  console.log(JSON.stringify(await target.send([request], { priority: 'normal', deadline: Date.now() + 10_000 })));
`;

async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  return typeof address === 'object' && address !== null ? address.port : 0;
}
