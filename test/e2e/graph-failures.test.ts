import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { errorCodes, type ErrorCode } from '../../shared/errors/error-codes.ts';
import { partitionOf } from '../../shared/model/partition.ts';
import type { QuarantineEntry } from '../../shared/state/quarantine-entry.ts';
import { logLines } from './support/app-log.ts';
import { eventually } from './support/cloud.ts';
import { groupRead, keyOf, userRead } from './support/relay.ts';
import { startScene, type Scene } from './support/scene.ts';

/** Every way in which Graph fails: what is journaled, quarantined and said, and that everything arrives once in the end. */
let scene: Scene;

interface Failure {
  readonly name: string;
  readonly action: Record<string, unknown>;
  readonly code: ErrorCode;
  readonly status: number | null;
}
const refusal = (status: number, code: string, headers: Record<string, string> = {}) => ({
  status,
  code,
  message: 'Made to fail.',
  headers,
});

/** Failures of one PATCH that pass by themselves. */
const passing: readonly Failure[] = [
  {
    name: '401',
    action: refusal(401, 'InvalidAuthenticationToken'),
    code: 'GRAPH_UNAUTHORIZED',
    status: 401,
  },
  {
    name: '429',
    action: refusal(429, 'TooManyRequests', { 'Retry-After': '2' }),
    code: 'GRAPH_THROTTLED',
    status: 429,
  },
  { name: '500', action: refusal(500, 'InternalServerError'), code: 'GRAPH_UNREACHABLE', status: 500 },
  {
    name: '503',
    action: refusal(503, 'ServiceUnavailable', { 'Retry-After': '2' }),
    code: 'GRAPH_UNREACHABLE',
    status: 503,
  },
  {
    name: '404 of an object just made',
    action: refusal(404, 'Request_ResourceNotFound'),
    code: 'GRAPH_NOT_FOUND',
    status: 404,
  },
  { name: '409', action: refusal(409, 'Request_Conflict'), code: 'GRAPH_CONCURRENCY', status: 409 },
  { name: 'broken JSON', action: { garbage: true }, code: 'GRAPH_GARBAGE', status: 200 },
  { name: 'a page of a proxy', action: { garbage: 'html' }, code: 'GRAPH_GARBAGE', status: 200 },
  {
    name: 'cut before applying',
    action: { dropBeforeApply: true },
    code: 'GRAPH_UNREACHABLE',
    status: null,
  },
  { name: 'cut after applying', action: { dropAfterApply: true }, code: 'GRAPH_UNREACHABLE', status: null },
];
const victimOf = (name: string) => `v-${name.replaceAll(' ', '-')}`;
const members = Array.from({ length: 20 }, (_, index) => `m${index}`);

/** Someone in another partition, so that only the failure itself could keep her waiting. */
const bystanderOf = (victim: string): string =>
  ['by1', 'by2', 'by3'].find(
    (name) => partitionOf('corp', keyOf(name)) !== partitionOf('corp', keyOf(victim)),
  ) ?? 'by1';

beforeAll(async () => {
  scene = await startScene();
  const names = [
    ...passing.map(({ name }) => victimOf(name)),
    'v-403',
    'v-late',
    'by1',
    'by2',
    'by3',
    ...members,
  ];
  await scene.relay.changes(names.map((name) => userRead(name)));
  await eventually('all are created', async () => {
    const users = (await scene.cloud.graphObjects())['users'] as unknown[];
    return users.length === names.length;
  });
  await Promise.all(names.map((name) => scene.settled(name)));
}, 90_000);

afterAll(async () => scene.stop());
afterEach(async () => {
  await fetch(`${scene.cloud.graphUrl}/_local/faults`, { method: 'DELETE' });
});

const idOf = async (name: string): Promise<string> => {
  const user = await scene.user(name);
  if (user === undefined) throw new Error(`${name} is not in the cloud`);
  return user.id;
};
const titleOf = async (name: string) => (await scene.user(name))?.['jobTitle'];
const retitle = (name: string, title: string) => ({ key: keyOf(name), attributes: { title: [title] } });
const quarantined = async (name: string) =>
  (await scene.tables.get('Quarantine', 'corp', keyOf(name)))?.data as QuarantineEntry | undefined;
async function effects(id: string): Promise<Record<string, number>> {
  const answer = await fetch(`${scene.cloud.graphUrl}/_local/effects`);
  const { objects } = (await answer.json()) as {
    objects: Record<string, { properties: Record<string, number> }>;
  };
  return objects[id]?.properties ?? {};
}
async function failureOf(name: string, code: ErrorCode) {
  return eventually(`${name} has a failure ${code} in the journal`, async () =>
    (await scene.journal(name)).find((line) => line.outcome === 'failure' && line.code === code),
  );
}
async function saidOf(name: string, code: ErrorCode) {
  return eventually(`the log says ${code}`, () =>
    Promise.resolve(
      logLines(scene.cloud).find((line) => line['code'] === code && line['key'] === keyOf(name)),
    ),
  );
}
const seed = (body: unknown) =>
  fetch(`${scene.cloud.graphUrl}/_local/seed`, { method: 'POST', body: JSON.stringify(body) });

describe('a change of a user', () => {
  test.each(passing)('$name', async ({ name, action, code, status }) => {
    const victim = victimOf(name);
    const bystander = bystanderOf(victim);
    const id = await idOf(victim);
    await scene.cloud.fault({ match: { method: 'PATCH', path: id }, action });
    await scene.relay.changes([retitle(victim, 'New title'), retitle(bystander, `Beside ${name}`)]);

    await eventually('the bystander is written', async () => (await titleOf(bystander)) === `Beside ${name}`);
    expect(await failureOf(victim, code)).toMatchObject({ operation: { kind: 'update' }, cloudId: id });
    expect(await saidOf(victim, code)).toMatchObject({
      action: errorCodes[code].action,
      step: 'patch',
      status,
    });
    await eventually(
      'the change arrives',
      async () =>
        (await scene.journal(victim)).some(
          ({ outcome, operation }) => outcome === 'success' && operation.kind === 'update',
        ),
      40_000,
    );
    expect(await titleOf(victim)).toBe('New title');
    expect((await effects(id))['jobTitle']).toBe(1);
    await scene.settled(victim);
    expect(await quarantined(victim)).toBeUndefined();
  });

  test('a call without an answer holds up nobody else and is given up', async () => {
    const bystander = bystanderOf('v-late');
    const id = await idOf('v-late');
    const since = await scene.seq();
    await scene.cloud.fault({ match: { method: 'PATCH', path: id }, action: { hang: true } });
    await scene.relay.changes([retitle('v-late', 'Late')]);
    await eventually('the call is under way', async () =>
      (await scene.cloud.graphLog()).some((entry) => entry.seq > since && entry.path.includes(id)),
    );
    await scene.relay.changes([retitle(bystander, 'In time')]);
    await eventually(
      'the bystander is written',
      async () => (await titleOf(bystander)) === 'In time',
      10_000,
    );
    expect(await scene.journal('v-late')).not.toContainEqual(expect.objectContaining({ outcome: 'failure' }));
    await eventually('the change arrives', async () => (await titleOf('v-late')) === 'Late', 100_000);
    expect(await failureOf('v-late', 'GRAPH_UNREACHABLE')).toMatchObject({ operation: { kind: 'update' } });
    expect(await saidOf('v-late', 'GRAPH_UNREACHABLE')).toMatchObject({
      action: errorCodes.GRAPH_UNREACHABLE.action,
      status: null,
    });
    expect((await effects(id))['jobTitle']).toBe(1);
  });

  test('403 is quarantined, and written with the next change', async () => {
    const id = await idOf('v-403');
    await scene.cloud.fault({
      match: { method: 'PATCH', path: id },
      action: refusal(403, 'Authorization_RequestDenied'),
    });
    await scene.relay.changes([retitle('v-403', 'Refused'), retitle('by1', 'Beside 403')]);
    expect(await failureOf('v-403', 'GRAPH_FORBIDDEN')).toMatchObject({ operation: { kind: 'update' } });
    expect(await saidOf('v-403', 'GRAPH_FORBIDDEN')).toMatchObject({
      action: errorCodes.GRAPH_FORBIDDEN.action,
      disposition: 'refused',
    });
    expect(await eventually('it is quarantined', () => quarantined('v-403'))).toMatchObject({
      code: 'GRAPH_FORBIDDEN',
      count: 1,
    });
    await eventually('the bystander is written', async () => (await titleOf('by1')) === 'Beside 403');
    expect(await titleOf('v-403')).toBeUndefined();
    await scene.relay.changes([{ key: keyOf('v-403'), attributes: { department: ['Repairs'] } }]);
    await eventually('both changes arrive', async () => (await titleOf('v-403')) === 'Refused');
    expect(await effects(id)).toMatchObject({ jobTitle: 1, department: 1 });
    await eventually('the quarantine ends', async () => (await quarantined('v-403')) === undefined);
  });

  test('every request is answered 401: writes pause, then go on', async () => {
    const [first, second] = ['by1', 'by2'];
    await scene.cloud.fault({
      match: { path: '^/v1.0/' },
      times: 2,
      action: refusal(401, 'InvalidAuthenticationToken'),
    });
    const since = await scene.seq();
    await scene.relay.changes([retitle(first, 'After 401'), retitle(second, 'After 401')]);
    await eventually('both arrive', async () => {
      const titles = await Promise.all([titleOf(first), titleOf(second)]);
      return titles.every((title) => title === 'After 401');
    });
    const refused = (await scene.cloud.graphLog()).filter(
      (entry) => entry.seq > since && entry.status === 401,
    );
    expect(refused).toHaveLength(2);
  });
});

describe('creating a user', () => {
  const create = async (name: string, attributes: Record<string, readonly string[]> = {}) =>
    scene.relay.changes([userRead(name, attributes)]);
  const made = async (name: string) => {
    const objects = await scene.cloud.graphObjects();
    return (objects['users'] as { displayName?: string }[]).filter(
      (user) => user.displayName === `User ${name}`,
    );
  };

  test.each([
    { name: 'cut after applying', action: { dropAfterApply: true } },
    { name: 'cut before applying', action: { dropBeforeApply: true } },
    { name: 'broken JSON instead of the new object', action: { garbage: true } },
    { name: '500', action: refusal(500, 'InternalServerError') },
  ])('$name: one user in the end', async ({ name, action }) => {
    const fresh = `c-${name.replaceAll(' ', '-')}`;
    await scene.cloud.fault({ match: { method: 'POST', path: '^/v1.0/users$' }, action });
    await create(fresh);
    await eventually('its creation failed', async () =>
      (await scene.journal(fresh)).some(
        ({ outcome, operation }) => outcome === 'failure' && operation.kind === 'create',
      ),
    );
    await eventually('it is there', () => scene.user(fresh));
    await scene.settled(fresh);
    expect(await made(fresh)).toHaveLength(1);
    expect((await effects(await idOf(fresh)))['created']).toBe(1);
    // Linked, not only there: a change finds it.
    await scene.relay.changes([retitle(fresh, 'Linked')]);
    await eventually('it is linked', async () => (await titleOf(fresh)) === 'Linked');
    expect(await quarantined(fresh)).toBeUndefined();
  });

  test('a name that a cloud user holds is quarantined, and made once it is free', async () => {
    await seed({ users: [{ userPrincipalName: 'taken@contoso.com', displayName: 'Someone else' }] });
    await scene.relay.changes([userRead('taken'), retitle('by2', 'Beside taken')]);
    const entry = await eventually('it is quarantined', () => quarantined('taken'));
    expect(entry).toMatchObject({ code: 'GRAPH_CONFLICT' });
    expect(entry.targets).toContain('userPrincipalName');
    expect(await failureOf('taken', 'GRAPH_CONFLICT')).toMatchObject({ operation: { kind: 'create' } });
    expect(await saidOf('taken', 'GRAPH_CONFLICT')).toMatchObject({
      action: errorCodes.GRAPH_CONFLICT.action,
    });
    await eventually('the bystander is written', async () => (await titleOf('by2')) === 'Beside taken');
    expect((await scene.user('taken'))?.['displayName']).toBe('Someone else');
    await scene.relay.changes([
      {
        key: keyOf('taken'),
        attributes: { userPrincipalName: ['taken2@contoso.com'], mailNickname: ['taken2'] },
      },
    ]);
    await eventually('it is made under another name', () => scene.user('taken2'));
    await eventually('the quarantine ends', async () => (await quarantined('taken')) === undefined);
    expect((await scene.user('taken'))?.['displayName']).toBe('Someone else');
  });

  test('a user that Microsoft’s own sync holds under our anchor is left alone', async () => {
    const raw = Buffer.from(keyOf('theirs'), 'hex');
    // The first three fields of a GUID are little-endian as bytes.
    raw.subarray(0, 4).reverse();
    raw.subarray(4, 6).reverse();
    raw.subarray(6, 8).reverse();
    await seed({
      users: [
        {
          userPrincipalName: 'theirs@contoso.com',
          displayName: 'Theirs',
          onPremisesImmutableId: raw.toString('base64'),
          synced: true,
        },
      ],
    });
    await scene.relay.changes([userRead('theirs'), retitle('by3', 'Beside theirs')]);
    expect(await eventually('it is quarantined', () => quarantined('theirs'))).toMatchObject({
      code: 'TARGET_PROTECTED',
    });
    await failureOf('theirs', 'TARGET_PROTECTED');
    await eventually('the bystander is written', async () => (await titleOf('by3')) === 'Beside theirs');
    expect((await scene.user('theirs'))?.['displayName']).toBe('Theirs');
    expect(await effects(await idOf('theirs'))).toEqual({});
  });

  test('a domain that is not verified is a wrong value', async () => {
    await create('stray', { userPrincipalName: ['stray@elsewhere.example'] });
    const entry = await eventually('it is quarantined', () => quarantined('stray'));
    expect(entry).toMatchObject({ code: 'GRAPH_INVALID_VALUE' });
    expect(entry.targets).toContain('userPrincipalName');
    expect(await saidOf('stray', 'GRAPH_INVALID_VALUE')).toMatchObject({
      action: errorCodes.GRAPH_INVALID_VALUE.action,
    });
    await scene.relay.changes([
      { key: keyOf('stray'), attributes: { userPrincipalName: ['stray@contoso.com'] } },
    ]);
    await eventually('it is made once corrected', () => scene.user('stray'));
  });
});

describe('members of a group', () => {
  /** The first of a list in the order in which members are written: the others must not wait for it. */
  const [first = ''] = members.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  const asAdministrator = async (method: string, path: string, body?: unknown) => {
    const answer = await fetch(`${scene.cloud.graphUrl}/_local/token`, { method: 'POST' });
    const { access_token: token } = (await answer.json()) as { access_token: string };
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const sent = await fetch(`${scene.cloud.graphUrl}/v1.0${path}`, {
      method,
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    expect(sent.ok).toBe(true);
  };
  const membersOf = async (group: string) => ((await scene.group(group))?.['members'] ?? []) as string[];
  const others = () => Promise.all(members.filter((name) => name !== first).map(idOf));

  test('one of twenty was added by hand before: the nineteen get in', async () => {
    await scene.relay.changes([groupRead('by-hand')]);
    const { id } = await eventually('the group is made', () => scene.group('by-hand'));
    await asAdministrator('POST', `/groups/${id}/members/$ref`, {
      '@odata.id': `${scene.cloud.graphUrl}/v1.0/directoryObjects/${await idOf(first)}`,
    });
    await scene.relay.changes([groupRead('by-hand', members)]);
    const ids = await others();
    await eventually('all are members', async () => {
      const found = await membersOf('by-hand');
      return found.length === 20 && ids.every((one) => found.includes(one));
    });
    await scene.settled('by-hand');
    expect((await effects(id))['members']).toBe(20);
    expect(await quarantined('by-hand')).toBeUndefined();
  });

  test('one of twenty was deleted in the cloud: the nineteen get in, and it once it is back', async () => {
    await scene.relay.changes([groupRead('gap')]);
    const { id } = await eventually('the group is made', () => scene.group('gap'));
    const gone = await idOf(first);
    await asAdministrator('DELETE', `/users/${gone}`);
    await scene.relay.changes([groupRead('gap', members)]);
    const ids = await others();
    await eventually('the nineteen are members', async () => {
      const found = await membersOf('gap');
      return ids.every((one) => found.includes(one));
    });
    expect(await failureOf('gap', 'GRAPH_NOT_FOUND')).toMatchObject({ operation: { kind: 'add-members' } });
    await asAdministrator('POST', `/directory/deletedItems/${gone}/restore`, {});
    await eventually('all are members', async () => (await membersOf('gap')).includes(gone), 40_000);
    await scene.settled('gap');
    expect((await effects(id))['members']).toBe(20);
  });
});
