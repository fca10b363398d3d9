import type { Client } from '@microsoft/microsoft-graph-client';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { Throttle } from '../../local/graph/throttle.ts';
import { eventually, GraphUnderTest, refusal, type Body } from './graph-support.ts';

interface Part {
  readonly id: string;
  readonly status: number;
  readonly headers?: Record<string, string>;
  readonly body?: { readonly id?: string; readonly error?: { readonly code: string } };
}

let graph: GraphUnderTest;
let client: Client;
const start = async (...flags: string[]) => {
  graph = await GraphUnderTest.start(...flags);
  client = graph.client(await graph.token());
};
/** Groups of cases that need no flags of their own share one emulator. */
const sharedEmulator = (): void => {
  beforeAll(() => start('--lag', '0'));
  afterAll(() => graph.stop());
};
const ownEmulator = (): void => {
  afterEach(() => graph.stop());
};

const json = { 'Content-Type': 'application/json' };
const batch = async (requests: readonly unknown[]) => {
  const { responses } = (await client.api('/$batch').post({ requests })) as { responses: Part[] };
  return new Map(responses.map((part) => [part.id, part]));
};
const post = (id: string, url: string, body: Body, more: Body = {}) => ({
  id,
  method: 'POST',
  url,
  headers: json,
  body,
  ...more,
});
const patch = (id: string, url: string, body: Body) => ({ id, method: 'PATCH', url, headers: json, body });
const create = async (more: Body = {}) =>
  (await client.api('/users').post(graph.newUser(more))) as { id: string };

describe('graph: $batch (json-batching.md)', () => {
  sharedEmulator();

  it('answers 20 parts each on its own, in any order, and logs them one by one', async () => {
    const { seq } = await graph.log();
    const requests = Array.from({ length: 20 }, (_, index) =>
      post(String(index), '/users', graph.newUser(index === 3 ? { usageLocation: 'nowhere' } : {})),
    );
    const { responses } = (await client.api('/$batch').post({ requests })) as { responses: Part[] };
    expect(responses.map(({ id }) => id)).not.toEqual(requests.map(({ id }) => id));
    const byId = new Map(responses.map((part) => [part.id, part.status]));
    expect(requests.map(({ id }) => byId.get(id))).toEqual(
      requests.map((_, index) => (index === 3 ? 400 : 201)),
    );
    const { entries } = await graph.log(seq);
    const [envelope, ...parts] = entries;
    expect(envelope).toMatchObject({ path: '/v1.0/$batch', batch: null, effective: false });
    expect(parts.map(({ path, batch: number }) => [path, number])).toEqual(
      parts.map(() => ['/v1.0/users', 1]),
    );
    expect(parts.filter(({ effective }) => effective)).toHaveLength(19);
    expect(new Set(parts.map(({ answeredAt }) => answeredAt)).size).toBe(1);
    expect(parts[0]?.userAgent).toBe(envelope?.userAgent);
  });

  it('refuses 21 parts, double ids, absolute addresses and unknown dependencies as a whole', async () => {
    const get = (id: string, more: Body = {}) => ({ id, method: 'GET', url: '/users', ...more });
    for (const requests of [
      Array.from({ length: 21 }, (_, index) => get(String(index))),
      [get('a'), get('A')],
      [get('1', { url: 'https://graph.microsoft.com/v1.0/users' })],
      [get('1', { dependsOn: ['2'] })],
      [get('1', { dependsOn: ['2'] }), get('2', { dependsOn: ['1'] })],
    ])
      expect(await refusal(batch(requests))).toMatchObject({ status: 400, code: 'BadRequest' });
  });

  it('refuses the whole batch for one write without Content-Type or without body (msgraph-sdk-dotnet#2628)', async () => {
    const good = post('1', '/users', graph.newUser());
    const { headers: _, ...bare } = post('2', '/users', graph.newUser());
    expect((await refusal(batch([good, bare]))).message).toContain(
      'does not contain Content-Type header or body',
    );
    const empty = { id: '2', method: 'POST', url: '/users/x/revokeSignInSessions', headers: json };
    expect((await refusal(batch([good, empty]))).message).toContain(
      'does not contain Content-Type header or body',
    );
    const { users } = (await graph.get('/_local/objects')) as { users: Body[] };
    expect(users.map((user) => user['userPrincipalName'])).not.toContain(good.body['userPrincipalName']);
  });

  it('waits for dependsOn and answers 424 when it failed', async () => {
    const first = graph.newUser();
    const upn = String(first['userPrincipalName']);
    const parts = await batch([
      { ...patch('2', `/users/${upn}`, { jobTitle: 'x' }), dependsOn: ['1'] },
      post('1', '/users', first),
      post('3', '/users', {}),
      { id: '4', method: 'GET', url: '/users', dependsOn: ['3'] },
    ]);
    expect(['1', '2', '3', '4'].map((id) => parts.get(id)?.status)).toEqual([201, 204, 400, 424]);
  });

  it('takes a part url with the version as an unknown segment', async () => {
    const parts = await batch([{ id: '1', method: 'GET', url: '/v1.0/users' }]);
    expect(parts.get('1')?.body?.error?.code).toBe('BadRequest');
  });
});

describe('graph: parallel writes to one object (errors page: 409)', () => {
  ownEmulator();

  it('refuses the second of two overlapping writes, not two that follow one another', async () => {
    await start('--lag', '0', '--latency', '1000');
    const { id } = await create();
    const write = (jobTitle: string) => client.api(`/users/${id}`).patch({ jobTitle }) as Promise<unknown>;
    const [first, second] = await Promise.allSettled([write('a'), write('b')]);
    const refused = [first, second].find(({ status }) => status === 'rejected') as PromiseRejectedResult;
    expect([first.status, second.status].toSorted()).toEqual(['fulfilled', 'rejected']);
    expect(await refusal(Promise.reject(refused.reason as Error))).toMatchObject({
      status: 409,
      code: 'Directory_ConcurrencyViolation',
    });
    await write('c');
  });
});

describe('graph: replication lag (creates may be 404 for a while)', () => {
  ownEmulator();

  it('hides a new user from GET, PATCH, $ref and lists until its lag has passed', async () => {
    await start('--lag', '4000');
    const { id } = await create();
    const created = performance.now();
    const group = (await client.api('/groups').post(graph.newGroup())) as { id: string };
    const withMember = client
      .api('/groups')
      .post(graph.newGroup({ 'members@odata.bind': [`https://graph.microsoft.com/v1.0/users/${id}`] }));
    expect((await refusal(withMember)).status).toBe(404);
    expect((await refusal(client.api(`/users/${id}`).get())).status).toBe(404);
    expect((await refusal(client.api(`/users/${id}`).patch({ jobTitle: 'x' }))).status).toBe(404);
    expect((await refusal(client.api(`/users/${id}`).delete())).status).toBe(404);
    expect(await client.api('/users').get()).toMatchObject({ value: [] });
    await eventually(() =>
      client.api(`/groups/${group.id}/members/$ref`).post({ '@odata.id': `${graph.url}/v1.0/users/${id}` }),
    );
    expect(performance.now() - created).toBeGreaterThan(3_800);
  });

  it('shows a PATCH and a new member later than it answers, and never goes back', async () => {
    await start('--lag', '2000-2500');
    await graph.post('/_local/seed', {
      users: [{ userPrincipalName: 'ada@contoso.com', jobTitle: 'old' }],
      groups: [{ id: '22222222-2222-4222-8222-222222222222', displayName: 'G' }],
    });
    await client.api('/users/ada@contoso.com').patch({ jobTitle: 'new' });
    await client.api('/users/ada@contoso.com').patch({ jobTitle: 'newer' });
    const title = async () => ((await client.api('/users/ada@contoso.com').get()) as Body)['jobTitle'];
    expect(await title()).toBe('old');
    const titles: unknown[] = [];
    await eventually(async () => {
      titles.push(await title());
      expect(titles.at(-1)).toBe('newer');
    });
    const order = ['old', 'new', 'newer'];
    expect(titles.map((value) => order.indexOf(String(value)))).toEqual(
      titles.map((value) => order.indexOf(String(value))).toSorted(),
    );
    const members = '/groups/22222222-2222-4222-8222-222222222222/members';
    await client
      .api(`${members}/$ref`)
      .post({ '@odata.id': 'https://graph.microsoft.com/v1.0/users/ada@contoso.com' });
    expect(await client.api(members).get()).toMatchObject({ value: [] });
    await eventually(async () =>
      expect((await client.api(members).get()) as Body).toMatchObject({ value: [{ displayName: 'ada' }] }),
    );
  });

  it('upserts by unique name on the primary copy: 204 even while reads answer 404', async () => {
    await start('--lag', '60000');
    const upsert = () =>
      client
        .api("/groups(uniqueName='x')")
        .header('Prefer', 'create-if-missing')
        .patch(graph.newGroup()) as Promise<unknown>;
    await upsert();
    expect(await upsert()).toBeUndefined();
    expect((await refusal(client.api("/groups(uniqueName='x')").get())).status).toBe(404);
  });
});

describe('graph: throttling (identity and access limits)', () => {
  ownEmulator();

  it('takes 3,000 writes at once, then 429 with Retry-After, scope and information, per part of a batch', async () => {
    // A slow refill, so that the machine's speed decides nothing.
    await start('--lag', '0', '--latency', '0', '--speed', '0.01', '--tenant-size', 'L');
    const { id } = await create();
    const url = `/users/${id}`;
    let accepted = 1;
    let refused: Part | undefined;
    for (let round = 0; round < 160 && refused === undefined; round += 1) {
      // One after the other: parallel writes to one object would be 409.
      const requests = Array.from({ length: 20 }, (_, index) => ({
        ...patch(String(index), url, { jobTitle: 'same' }),
        ...(index === 0 ? {} : { dependsOn: [String(index - 1)] }),
      }));
      const parts = [...(await batch(requests)).values()];
      accepted += parts.filter(({ status }) => status === 204).length;
      refused = parts.find(({ status }) => status === 429);
    }
    expect(accepted).toBeGreaterThanOrEqual(3_000);
    expect(accepted).toBeLessThan(3_020);
    expect(refused?.body?.error?.code).toBe('TooManyRequests');
    expect(Number(refused?.headers?.['Retry-After'])).toBeGreaterThanOrEqual(1);
    expect(refused?.headers?.['x-ms-throttle-scope']).toMatch(
      new RegExp(`^Tenant_Application/Write/.+/${graph.tenantId}$`),
    );
    expect(refused?.headers?.['x-ms-throttle-information']).toBe('WriteLimitExceeded');
    const single = await refusal(client.api(url).patch({ jobTitle: 'x' }));
    expect(single.status).toBe(429);
    expect(single.headers?.get('retry-after')).toMatch(/^\d+$/);
    await client.api(url).get();
    const other = graph.client(await graph.token({ clientId: '33333333-3333-4333-8333-333333333333' }));
    await other.api(url).patch({ jobTitle: 'other app, other bucket' });
  });

  it('charges resource units by kind of read and says when 80 % are used', async () => {
    await start('--lag', '0', '--latency', '0', '--speed', '0.001', '--tenant-size', 'S');
    const token = await graph.token();
    const units = async (path: string) => {
      const response = await fetch(`${graph.url}/v1.0${path}`, {
        headers: { authorization: `Bearer ${token}` },
      });
      await response.arrayBuffer();
      return response;
    };
    const cost = async (path: string) => (await units(path)).headers.get('x-ms-resource-unit');
    expect(await cost('/users')).toBe('2');
    expect(await cost('/users?$select=id')).toBe('1');
    expect(await cost('/users?$select=id&$top=5')).toBe('1');
    expect(await cost('/groups/x/members')).toBe('3');
    expect(await cost('/groups')).toBe('1');
    const requests = Array.from({ length: 20 }, (_, index) => ({
      id: String(index),
      method: 'GET',
      url: '/groups/x/members',
    }));
    let used = 8;
    let refused: Part | undefined;
    const percentages: number[] = [];
    for (let round = 0; round < 70 && refused === undefined; round += 1) {
      const parts = [...(await batch(requests)).values()];
      used += 3 * parts.filter(({ status }) => status !== 429).length;
      refused = parts.find(({ status }) => status === 429);
      for (const { headers, status } of parts)
        if (status !== 429 && headers?.['x-ms-throttle-limit-percentage'] !== undefined)
          percentages.push(Number(headers['x-ms-throttle-limit-percentage']));
    }
    expect(used).toBeGreaterThanOrEqual(3_495);
    expect(used).toBeLessThan(3_510);
    expect(Math.min(...percentages)).toBe(0.8);
    expect(refused?.headers?.['x-ms-throttle-information']).toBe('ResourceUnitLimitExceeded');
    expect(Number(refused?.headers?.['x-ms-throttle-limit-percentage'])).toBeGreaterThan(1);
  });

  it('refills as fast as the speed says, up to its capacity and no further', () => {
    const throttle = new Throttle({ isOn: true, size: 'S', speed: 10 }, 'tenant');
    const spend = (now: number) => {
      let spent = 0;
      for (;;)
        try {
          throttle.charge('app', 1, false, 0, now);
          spent += 1;
        } catch {
          return spent;
        }
    };
    expect(spend(1_000)).toBe(3_500);
    expect(spend(1_100)).toBe(350);
    expect(spend(1_000_000)).toBe(3_500);
    const slow = new Throttle({ isOn: true, size: undefined, speed: 1 }, 'tenant');
    for (let write = 0; write < 3_000; write += 1) slow.charge('app', 1, true, 501, 1_000);
    expect(() => slow.charge('app', 1, true, 501, 1_049)).toThrow(
      expect.objectContaining({
        headers: expect.objectContaining({ 'retry-after': '1' }) as unknown,
      }) as Error,
    );
    slow.charge('app', 1, true, 501, 1_051);
  });
});

describe('graph: failures asked for (/_local/faults)', () => {
  sharedEmulator();

  const fault = (match: Body, action: Body, times = 1) =>
    graph.post('/_local/faults', { match, times, action });

  it('answers with the status, code and headers asked for, as often as asked', async () => {
    await fault(
      { method: 'GET', path: '^/v1.0/users' },
      { status: 503, code: 'ServiceUnavailable', headers: { 'retry-after': '7' } },
      2,
    );
    for (let time = 0; time < 2; time += 1) {
      const refused = await refusal(client.api('/users').get());
      expect(refused).toMatchObject({ status: 503, code: 'ServiceUnavailable' });
      expect(refused.headers?.get('retry-after')).toBe('7');
    }
    await client.api('/users').get();
  });

  it('cuts the connection after applying: the user is there, the caller knows nothing', async () => {
    const { seq } = await graph.log();
    await fault({ method: 'POST', path: '/v1.0/users$' }, { dropAfterApply: true });
    const user = graph.newUser({ onPremisesImmutableId: 'bG9zdA==' });
    await expect(client.api('/users').post(user)).rejects.toThrow();
    const found = (await client.api('/users').filter("onPremisesImmutableId eq 'bG9zdA=='").get()) as {
      value: Body[];
    };
    expect(found.value).toHaveLength(1);
    expect((await graph.log(seq)).entries[0]).toMatchObject({
      method: 'POST',
      status: null,
      effective: true,
      fault: 'dropAfterApply',
    });
    expect((await refusal(client.api('/users').post(user))).targets).toEqual(['userPrincipalName']);
  });

  it('cuts the connection before applying: nothing has happened', async () => {
    await fault({ method: 'POST', path: '/v1.0/users$' }, { dropBeforeApply: true });
    const user = graph.newUser();
    await expect(client.api('/users').post(user)).rejects.toThrow();
    await client.api('/users').post(user);
  });

  it('answers garbage, delays, and fails a single part of a batch', async () => {
    await fault({ path: '/organization' }, { garbage: true });
    await expect(client.api('/organization').get()).rejects.toThrow();
    await fault({ path: '/organization' }, { garbage: 'html' });
    // What is no JSON reaches the caller as a stream, not as an error: the SDK goes by content type (3.0.7).
    expect(await client.api('/organization').get()).toBeInstanceOf(ReadableStream);
    await fault({ path: '/organization' }, { delayMs: 300 });
    const before = performance.now();
    await client.api('/organization').get();
    expect(performance.now() - before).toBeGreaterThan(290);
    await fault({ method: 'POST', path: '/v1.0/users$' }, { answerDelayMs: 2_000 });
    const user = graph.newUser();
    let isAnswered = false;
    const answer = client
      .api('/users')
      .post(user)
      .then(() => (isAnswered = true));
    await vi.waitFor(() => client.api(`/users/${String(user['userPrincipalName'])}`).get());
    expect(isAnswered).toBe(false);
    await answer;
    await fault({ path: '^/v1.0/groups' }, { status: 429, headers: { 'retry-after': '2' } });
    const parts = await batch([
      { id: '1', method: 'GET', url: '/users' },
      { id: '2', method: 'GET', url: '/groups' },
    ]);
    expect([
      parts.get('1')?.status,
      parts.get('2')?.status,
      parts.get('2')?.headers?.['Retry-After'],
    ]).toEqual([200, 429, '2']);
  });

  it('fails the token endpoint too, and forgets all faults on DELETE', async () => {
    await fault({ path: '^/msi/token' }, { status: 500 }, 1_000);
    const ask = () =>
      fetch(`${graph.identityEndpoint}?api-version=2019-08-01&resource=x`, {
        headers: { 'X-IDENTITY-HEADER': graph.identityHeader },
      });
    expect((await ask()).status).toBe(500);
    await fetch(`${graph.url}/_local/faults`, { method: 'DELETE' });
    expect((await ask()).status).toBe(200);
  });

  it('refuses a fault it does not understand', async () => {
    await expect(fault({}, { explode: true })).rejects.toThrow(/unknown action 'explode'/);
  });
});

describe('graph: directory role of the app (user-update.md)', () => {
  ownEmulator();

  it('sets a password with the role and User-PasswordProfile.ReadWrite.All, an administrator only as higher', async () => {
    await start('--lag', '0', '--app-role', 'user-administrator');
    const { users } = (await graph.post('/_local/seed', {
      users: [graph.newUser(), graph.newUser({ privileged: 'User Administrator' })],
    })) as { users: string[] };
    const allowed = graph.client(
      await graph.token({ roles: ['User-PasswordProfile.ReadWrite.All', 'User.Read.All'] }),
    );
    const body = { passwordProfile: { password: 'Another-Horse-8', forceChangePasswordNextSignIn: true } };
    await allowed.api(`/users/${users[0] ?? ''}`).patch(body);
    const effects = (await graph.get('/_local/effects')) as { properties: Body };
    expect(effects.properties).toEqual({ passwordProfile: 1 });
    expect((await refusal(allowed.api(`/users/${users[1] ?? ''}`).patch(body))).status).toBe(403);
  });

  it('lets an app with a higher role disable and delete an administrator', async () => {
    await start('--lag', '0', '--app-role', 'higher');
    const { users } = (await graph.post('/_local/seed', {
      users: [graph.newUser({ privileged: true })],
    })) as {
      users: string[];
    };
    await client.api(`/users/${users[0] ?? ''}`).patch({ accountEnabled: false });
    await client.api(`/users/${users[0] ?? ''}`).delete();
  });
});
