import { expect, test } from 'vitest';
import { foldObject } from '../../../shared/fold/fold-object.ts';
import { planObject } from '../../../shared/plan/plan-object.ts';
import type { Lifecycle } from '../../../shared/rules/rule-set.ts';
import { answer, Killed, keyIn, user, World } from './world.ts';

const ada = keyIn('p01', 0);
const accented = { userPrincipalName: ['adá@corp.example'] };

function withoutName() {
  const { attributes, ...person } = user(ada, 'ada');
  return { ...person, attributes: { ...attributes, ...accented } };
}

test('a user without a value that Entra asks for is not sent, told to a person, and made once there is one', async () => {
  const world = new World();
  await world.fold([withoutName()]);
  await world.turns('p01', world.pipeline, 3);
  expect(world.requests).toEqual([]);
  expect((await world.tables.get('Quarantine', 'corp', ada))?.data).toMatchObject({
    code: 'RULE_VALUE',
    message: expect.stringContaining('userPrincipalName') as string,
  });
  await world.fold([{ key: ada, attributes: { userPrincipalName: ['ada@corp.example'] } }]);
  await world.turns('p01');
  expect((await world.object(ada))?.link?.state).toBe('live');
  expect(await world.tables.get('Quarantine', 'corp', ada)).toBeUndefined();
});

test('plan and pipeline agree: no creation is planned, with what is wrong', () => {
  const staged = foldObject(null, withoutName(), { version: { epoch: 1, n: 1 }, asked: [] });
  const problems = [{ target: 'userPrincipalName', message: 'the value is not of the form name@domain' }];
  const projection = {
    kind: 'in' as const,
    ...{ clauses: [], anchor: 'a', values: { displayName: 'Ada' }, createOnly: {}, members: null },
    ...{ references: { manager: 'k' }, holdCreate: null, isResourceMailbox: false, reviewAt: null },
  };
  const lifecycle: Lifecycle = {
    disabled: { action: 'disable', revokeSessions: false },
    leftScope: { action: 'keep', deleteAfterMs: null },
    deleted: { action: 'keep', deleteAfterMs: null },
    returned: 'restore',
  };
  const planWith = (some: typeof problems) =>
    planObject({
      ...{ staged, link: null, isAppliedUnknown: false, now: 0 },
      sync: { name: 'users', targetClass: 'user', lifecycle },
      projection: { ...projection, problems: some },
      references: { manager: { targetKey: 'k', cloudId: 'u-boss' } },
    });
  expect(planWith(problems)).toMatchObject({ operations: [], problems });
  const harmless = [{ target: 'jobTitle', message: 'the value is too long' }];
  expect(planWith(harmless).operations.map(({ kind }) => kind)).toEqual(['create', 'set-reference']);
});

test('who may have been made already is looked for all the same', async () => {
  const world = new World();
  await world.fold([user(ada, 'ada')]);
  world.intercept = (request) => {
    if (request.method === 'POST') throw new Killed();
    return null;
  };
  await expect(world.turns('p01')).rejects.toThrow(Killed);
  world.intercept = (request) =>
    request.method === 'GET' && request.path.startsWith('/users')
      ? { id: request.id, ok: true, status: 200, requestId: null, body: { value: [{ id: 'u-ada' }] } }
      : answer(request);
  await world.fold([{ key: ada, attributes: accented }]);
  world.now += 60_000;
  await world.turns('p01');
  expect((await world.object(ada))?.link).toMatchObject({ cloudId: 'u-ada', state: 'live' });
});
