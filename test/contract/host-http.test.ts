import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fixtureApp, startTestHost } from './support/host/start-fixture.ts';
import type { HostUnderTest } from './support/host/start-fixture.ts';

const noBus = {
  TEST_BUS: 'Endpoint=sb://127.0.0.1:9;SharedAccessKeyName=x;SharedAccessKey=x;UseDevelopmentEmulator=true;',
};

describe('HTTP, timers and admin endpoints', () => {
  let host: HostUnderTest;

  beforeAll(async () => {
    host = await startTestHost({
      ...noBus,
      TICK_SCHEDULE: '* * * * * *',
      FUNCTIONS_REQUEST_BODY_SIZE_LIMIT: '1000',
    });
  });
  afterAll(async () => {
    await host.child.stop();
  });
  const call = (path: string, init?: RequestInit) => fetch(`${host.url}${path}`, init);

  test('functions that cannot start are named with their reason, the rest serves', () => {
    expect(Object.fromEntries(host.failed.map((failure) => [failure.name, failure.reason]))).toMatchObject({
      unset: "'%NOT_SET%' does not resolve to a value.",
      unconnected: expect.stringContaining("connection 'NO_SUCH_BUS' does not exist") as string,
      badSchedule: expect.stringContaining('is not a schedule') as string,
    });
    expect(host.disabled).toEqual(['switchedOff']);
    expect(host.functions).toContain('echo');
  });

  test('request and response go through whole', async () => {
    const response = await call('/api/ITEMS/7/a%20b?x=1&x=2&y=z', {
      method: 'POST',
      body: 'grüß',
      headers: { 'x-sent': 'seen', traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' },
    });
    expect(response.status).toBe(201);
    expect(response.headers.get('x-seen')).toBe('seen');
    expect(response.headers.getSetCookie()).toEqual(['c=v%201; HttpOnly; SameSite=Lax']);
    expect(await response.json()).toMatchObject({
      method: 'POST',
      params: { id: '7', rest: 'a b' },
      query: { x: '1,2', y: 'z' },
      body: 'grüß',
      metadata: true,
      trace: expect.stringMatching(/^00-0af7651916cd43dd8448eb211c80319c-/) as string,
    });
  });

  test.each([
    ['GET', '/api/items/7', 201],
    ['GET', '/api/items/seven', 404],
    ['PUT', '/api/items/7', 405],
    ['GET', '/items/7', 404],
    ['GET', '/api/items/7/8/9', 404],
    ['GET', '/api/nothing', 204],
    ['GET', '/api/broken', 500],
    ['GET', '/api/guarded', 200],
    ['GET', '/admin/host/status', 200],
    ['GET', '/admin/functions/nobody', 404],
  ])('%s %s answers %i', async (method, path, status) => {
    expect((await call(path, { method })).status).toBe(status);
  });

  test('a literal segment wins over a parameter', async () => {
    expect(await (await call('/api/items/special')).text()).toBe('literal wins');
  });

  test('a body over the limit is refused', async () => {
    expect((await call('/api/items/7', { method: 'POST', body: 'x'.repeat(1001) })).status).toBe(413);
    expect((await call('/api/items/7', { method: 'POST', body: 'x'.repeat(1000) })).status).toBe(201);
  });

  test('a timer fires on its schedule, and its input is camel-cased', async () => {
    const [tick] = await host.seen('tick', 2);
    // Intervals under a minute are not monitored: no schedule status.
    expect(tick?.['timer']).toEqual({
      schedule: { adjustForDST: true },
      scheduleStatus: null,
      isPastDue: false,
    });
    expect(
      await host.logged(/Executing 'Functions.tick' \(Reason='Timer fired at \S{33}', Id=/),
    ).toBeDefined();
  });

  test('runOnStartup runs once at the start', async () => {
    expect(await host.seen('eager', 1)).toHaveLength(1);
    expect(await host.logged(/Trigger Details: UnscheduledInvocationReason: RunOnStartup/)).toBeDefined();
  });

  test('the admin endpoint fires a timer and a queue function', async () => {
    expect(await host.fire('hourly')).toBe(202);
    expect((await host.seen('hourly', 1))[0]?.['timer']).toMatchObject({ isPastDue: false });
    expect(await host.fire('onPlain', '{"envelope":{"id":"by hand"}}')).toBe(202);
    expect((await host.seen('onPlain', 1, 'end'))[0]?.id).toBe('by hand');
    expect(await host.fire('switchedOff')).toBe(400);
    expect(await host.fire('echo')).toBe(400);
    expect((await call('/admin/functions/hourly', { method: 'POST', body: '{"input":{}}' })).status).toBe(
      400,
    );
  });

  test('the list of functions shows all of them', async () => {
    const list = (await (await call('/admin/functions')).json()) as { name: string; isDisabled: boolean }[];
    expect(list.find((fn) => fn.name === 'switchedOff')?.isDisabled).toBe(true);
    expect(list.map((fn) => fn.name)).toContain('unset');
  });
});

test('--enable-auth asks for keys', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'host-keys-'));
  const keys = join(folder, 'keys.json');
  writeFileSync(keys, JSON.stringify({ master: 'm', host: ['h'], functions: { guarded: ['f'] } }));
  const host = await startTestHost(noBus, { flags: ['--enable-auth', keys] });
  const status = async (path: string, key?: string) =>
    (await fetch(`${host.url}${path}`, { headers: key === undefined ? {} : { 'x-functions-key': key } }))
      .status;
  expect(await status('/api/guarded')).toBe(401);
  expect(await status('/api/guarded', 'wrong')).toBe(401);
  expect(await status('/api/guarded', 'f')).toBe(200);
  expect(await status('/api/guarded?code=h')).toBe(200);
  expect(await status('/api/nothing')).toBe(204);
  expect(await status('/admin/functions', 'f')).toBe(401);
  expect(await status('/admin/functions', 'm')).toBe(200);
  await host.child.stop();
  rmSync(folder, { recursive: true });
});

test('a stop takes nothing new and waits for what runs; a second signal ends it at once', async () => {
  const host = await startTestHost(noBus);
  const answer = fetch(`${host.url}/api/slow/gate`);
  await host.seen('slow', 1, 'start');
  host.child.process.kill('SIGTERM');
  await host.logged(/Stopping/);
  await expect(fetch(`${host.url}/api/nothing`)).rejects.toThrow();
  expect(host.child.process.exitCode).toBeNull();
  host.child.process.kill('SIGTERM');
  await expect(answer).rejects.toThrow();
});

test('a rejection that nobody awaits ends the host with 1', async () => {
  const host = await startTestHost(noBus);
  const exited = once(host.child.process, 'exit');
  await fetch(`${host.url}/api/float`).catch(() => undefined);
  expect((await exited)[0]).toBe(1);
  expect(host.log.some((line) => /Worker uncaught exception: Error: floating/.test(line))).toBe(true);
});

test('a function past functionTimeout fails and the host ends with 1', async () => {
  const host = await startTestHost({ ...noBus, AzureFunctionsJobHost__functionTimeout: '00:00:01' });
  const exited = once(host.child.process, 'exit');
  const response = await fetch(`${host.url}/api/slow/never`);
  expect(response.status).toBe(500);
  expect((await exited)[0]).toBe(1);
  expect(
    host.log.some((line) => line.includes("Timeout value of 00:00:01 exceeded by function 'Functions.slow'")),
  ).toBe(true);
});

test('a missed run is past due at the next start', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'host-timer-'));
  const status = {
    last: '2020-01-01T00:00:00+00:00',
    next: '2020-01-01T01:00:00+00:00',
    lastUpdated: '2020-01-01T00:00:00+00:00',
  };
  writeFileSync(join(folder, 'hourly.timer.json'), JSON.stringify(status));
  const host = await startTestHost(noBus, { app: fixtureApp, flags: ['--timer-state', folder] });
  expect((await host.seen('hourly', 1))[0]?.['timer']).toEqual({
    schedule: { adjustForDST: true },
    scheduleStatus: status,
    isPastDue: true,
  });
  await host.child.stop();
  rmSync(folder, { recursive: true });
});
