import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Hold } from '../../shared/guard/hold.ts';
import { permitMs } from '../../shared/guard/hold.ts';
import { partitionOf } from '../../shared/model/partition.ts';
import { eventually } from './support/cloud.ts';
import { keyOf, userRead } from './support/relay.ts';
import { rulesWith, startScene, type Scene } from './support/scene.ts';

/** Nothing may be deleted or disabled beyond the budget without a person's word, and that word counts once. */
let scene: Scene;
const people = Array.from({ length: 24 }, (_, index) => `p${index}`);

beforeAll(async () => {
  scene = await startScene({
    rules: rulesWith(({ syncs: { users } }) => {
      users.lifecycle['deleted'] = { action: 'delete' };
      users.budgets = {
        // At least as many: the base of percentages is counted every few seconds, and they were all made a moment ago.
        delete: { max: 3, percent: 100, per: 'P1D', atLeast: 3 },
        disable: { max: 2, percent: 100, per: 'P1D', atLeast: 2 },
      };
    }),
  });
  await scene.relay.changes(people.map((name) => userRead(name)));
  await eventually('all are created', async () => {
    const users = (await scene.cloud.graphObjects())['users'] as unknown[];
    return users.length === people.length;
  });
}, 90_000);

afterAll(async () => scene.stop());

const tombstone = (name: string) => ({ key: keyOf(name), deleted: true, attributes: {} });
const heldDeletes = async () =>
  (await scene.holds()).filter((hold) => hold.operation === 'delete' && hold.status === 'held');
const statusOf = async (hash: string) => (await scene.holds()).find((hold) => hold.hash === hash)?.status;
const nameOf = (hold: Hold) => people.find((name) => keyOf(name) === hold.key) ?? '';
const deletesOf = async (name: string) =>
  (await scene.journal(name)).filter((line) => line.operation.kind === 'delete');

/** The object is there again, as an undelete is reported: alive first, then read whole because it is asked for. */
async function comeBack(name: string): Promise<void> {
  await scene.relay.changes([{ key: keyOf(name), deleted: false, attributes: {} }]);
  await scene.command('refresh', keyOf(name));
  await scene.relay.changes([userRead(name)]);
}

describe('the delete budget', () => {
  test('what exceeds is held item by item, and everything else flows', async () => {
    const gone = people.slice(0, 6);
    await scene.relay.changes([
      ...gone.map(tombstone),
      { key: keyOf('p10'), attributes: { title: ['Still flowing'] } },
    ]);
    await eventually('three are deleted and three are held', async () => {
      const deleted = ((await scene.cloud.graphObjects())['deleted'] as { users: unknown[] }).users;
      return deleted.length === 3 && (await heldDeletes()).length === 3;
    });
    await eventually(
      'the title changes',
      async () => (await scene.user('p10'))?.['jobTitle'] === 'Still flowing',
    );
    const deletes = (await scene.writes(0)).filter((entry) => entry.method === 'DELETE');
    expect(deletes).toHaveLength(3);
    const [held] = await heldDeletes();
    expect(held).toMatchObject({
      cause: 'budget',
      sync: 'users',
    });
    expect(held?.message).toContain('3 of 3 spent');
    const lines = await deletesOf(nameOf(held as Hold));
    expect(lines).toMatchObject([{ outcome: 'held', code: 'GUARD_BUDGET', hash: held?.hash }]);
  });

  test('an approval is carried out once; the same delete is held again when it comes again', async () => {
    const [held] = await heldDeletes();
    const name = nameOf(held as Hold);
    const hash = held?.hash ?? '';
    const before = await scene.user(name);
    await scene.decide('approve', [hash]);
    await eventually('it is deleted', () => scene.deletedUser(name));
    await eventually('the permit is spent', async () => (await statusOf(hash)) === 'spent');

    await comeBack(name);
    const after = await eventually('it is restored', () => scene.user(name));
    expect(after.id).toBe(before?.id);
    await scene.settled(name);
    await scene.relay.changes([tombstone(name)]);
    await eventually('it is held again', async () => (await statusOf(hash)) === 'held');
    expect(await scene.user(name)).toBeDefined();
    const outcomes = (await deletesOf(name)).map((line) => line.outcome);
    expect(outcomes).toEqual(['held', 'success', 'held']);
  });

  test('an approval that comes after the object has come back is not carried out', async () => {
    const [held] = (await heldDeletes()).reverse();
    const name = nameOf(held as Hold);
    const hash = held?.hash ?? '';
    await comeBack(name);
    await eventually('the hold closes', async () => (await statusOf(hash)) === 'overtaken');
    await scene.decide('approve', [hash]);
    await scene.relay.changes([{ key: keyOf(name), attributes: { title: ['Back'] } }]);
    await eventually('it flows again', async () => (await scene.user(name))?.['jobTitle'] === 'Back');
    expect(await statusOf(hash)).toBe('overtaken');
  });

  test('what is rejected stays rejected for the same operation', async () => {
    const [held] = await heldDeletes();
    const name = nameOf(held as Hold);
    const hash = held?.hash ?? '';
    await scene.decide('reject', [hash]);
    await eventually('it is rejected', async () => (await statusOf(hash)) === 'rejected');
    const since = await scene.seq();
    await scene.relay.changes([tombstone(name)]);
    await eventually('the tombstone is folded and looked at', async () => {
      const row = await scene.tables.get(
        'Objects',
        `corp|${partitionOf('corp', keyOf(name))}`,
        `o|${keyOf(name)}`,
      );
      return (row?.data as { parked?: string } | undefined)?.parked === 'rejected';
    });
    await scene.settled(name);
    expect(await statusOf(hash)).toBe('rejected');
    expect(await scene.writes(since)).toEqual([]);
  });

  test('an approval that was not used for seven days is void', async () => {
    const name = 'p20';
    await scene.relay.changes([tombstone(name)]);
    const { hash } = await eventually('it is held', () => scene.hold(name, 'delete'));
    // The permit is written as the partition would have, long ago; then the object is looked at again.
    const row = await scene.tables.get('Holds', 'corp', hash);
    const old: Hold = {
      ...(row?.data as Hold),
      status: 'approved',
      decidedAt: Date.now() - permitMs - 1_000,
      decidedBy: 'somebody',
    };
    await scene.tables.transact('Holds', 'corp', [
      { kind: 'upsert', rowKey: hash, content: { data: old, tags: { status: old.status, key: old.key } } },
    ]);
    await scene.relay.changes([tombstone(name)]);
    await eventually('it is held again', async () => (await statusOf(hash)) === 'held');
    expect(await scene.user(name)).toBeDefined();
  });
});

describe('the disable budget', () => {
  test('holds the disable with its revocation, while other values of the object flow', async () => {
    const leavers = ['p11', 'p12', 'p13'];
    const since = await scene.seq();
    await scene.relay.changes(
      leavers.map((name) => ({
        key: keyOf(name),
        attributes: { userAccountControl: ['514'], title: ['Leaving'] },
      })),
    );
    await eventually('two are disabled, all have the title', async () => {
      const users = await Promise.all(leavers.map((name) => scene.user(name)));
      const off = users.filter((user) => user?.['accountEnabled'] === false).length;
      return off === 2 && users.every((user) => user?.['jobTitle'] === 'Leaving');
    });
    const held = (await scene.holds()).filter((hold) => hold.operation === 'disable');
    expect(held).toMatchObject([{ status: 'held', cause: 'budget' }]);
    const kept = await scene.user(nameOf(held[0] as Hold));
    expect(kept?.['accountEnabled']).toBe(true);
    await eventually('two sessions are revoked', async () => {
      const writes = await scene.writes(since);
      return writes.filter((entry) => entry.path.endsWith('/revokeSignInSessions')).length === 2;
    });

    await scene.decide('approve', [held[0]?.hash ?? '']);
    await eventually('it is disabled', async () => {
      const user = await scene.user(nameOf(held[0] as Hold));
      return user?.['accountEnabled'] === false;
    });
    await eventually('its sessions are revoked too', async () => {
      const writes = await scene.writes(since);
      return writes.some((entry) => entry.path === `/v1.0/users/${kept?.id ?? ''}/revokeSignInSessions`);
    });
    expect((await scene.holds()).filter((hold) => hold.operation === 'revoke-sessions')).toEqual([]);
  });

  test('a hold is overtaken when the account is enabled again', async () => {
    await scene.relay.changes([{ key: keyOf('p14'), attributes: { userAccountControl: ['514'] } }]);
    const { hash } = await eventually('it is held', () => scene.hold('p14', 'disable'));
    await scene.relay.changes([{ key: keyOf('p14'), attributes: { userAccountControl: ['512'] } }]);
    await eventually('the hold closes', async () => (await statusOf(hash)) === 'overtaken');
    await scene.decide('approve', [hash]);
    await scene.relay.changes([{ key: keyOf('p14'), attributes: { title: ['Stays'] } }]);
    await eventually('it flows', async () => (await scene.user('p14'))?.['jobTitle'] === 'Stays');
    expect(await scene.user('p14')).toMatchObject({ accountEnabled: true });
  });
});

describe('an object that vanished', () => {
  test('is held, and an approval deletes it', async () => {
    const name = 'p21';
    const vanished = { version: scene.relay.version(), keys: [keyOf(name)] };
    const partition = partitionOf('corp', keyOf(name));
    await scene.relay.send('changes', scene.relay.envelope('vanished', partition, vanished), partition);
    const hold = await eventually('it is held', () => scene.hold(name, 'delete'));
    expect(hold).toMatchObject({ status: 'held', cause: 'vanished' });
    expect(await deletesOf(name)).toMatchObject([{ outcome: 'held', code: 'VANISHED' }]);
    expect(await scene.user(name)).toBeDefined();
    await scene.decide('approve', [hold.hash]);
    await eventually('it is deleted', () => scene.deletedUser(name));
  });

  test('that is read again flows as before, and its hold closes', async () => {
    const name = 'p22';
    const partition = partitionOf('corp', keyOf(name));
    const vanished = { version: scene.relay.version(), keys: [keyOf(name)] };
    await scene.relay.send('changes', scene.relay.envelope('vanished', partition, vanished), partition);
    const { hash } = await eventually('it is held', () => scene.hold(name, 'delete'));
    await scene.relay.changes([userRead(name, { title: ['Here after all'] })]);
    await eventually('it flows', async () => (await scene.user(name))?.['jobTitle'] === 'Here after all');
    await eventually('the hold closes', async () => (await statusOf(hash)) === 'overtaken');
  });
});

describe('the operator function', () => {
  const post = async (kind: string, authorization: string | null, body = '{}') => {
    const answer = await fetch(`${scene.cloud.hostUrl}/api/operator/${kind}`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(authorization === null ? {} : { authorization }),
      },
      body,
    });
    return { status: answer.status, body: (await answer.json()) as { code?: string; message?: string } };
  };
  const tokenWith = async (claims: Record<string, unknown>): Promise<string> => {
    const answer = await fetch(`${scene.cloud.graphUrl}/_local/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ audience: 'api://dirbridge', roles: ['Dirbridge.Operator'], ...claims }),
    });
    return `Bearer ${((await answer.json()) as { access_token: string }).access_token}`;
  };

  test.each([
    ['no token', () => Promise.resolve(null), 'no Bearer token'],
    ['a token that is none', () => Promise.resolve('Bearer nonsense'), 'not accepted'],
    ['another audience', () => tokenWith({ audience: 'api://other' }), 'aud'],
    ['an expired token', () => tokenWith({ lifetimeSeconds: -3600 }), 'exp'],
  ])('%s: 401 with the reason', async (_title, authorization, reason) => {
    const answer = await post('approve', await authorization());
    expect(answer).toMatchObject({ status: 401, body: { code: 'OPERATOR_UNAUTHORIZED' } });
    expect(answer.body.message).toContain(reason);
  });

  test('a token whose signature was changed: 401', async () => {
    const token = await tokenWith({});
    const [head = '', claims = '', signature = ''] = token.split('.');
    const forged = `${head}.${claims}.${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`;
    expect(await post('approve', forged)).toMatchObject({ status: 401 });
  });

  test('without the app role: 403', async () => {
    const answer = await post('approve', await tokenWith({ roles: ['Something.Else'] }));
    expect(answer).toMatchObject({ status: 403, body: { code: 'OPERATOR_FORBIDDEN' } });
    expect(answer.body.message).toContain('Dirbridge.Operator');
  });

  test.each([
    ['an unknown kind', 'burn', '{}', 'no such request: burn'],
    ['a body that is not JSON', 'approve', '{', 'not JSON'],
    ['a hash that is none', 'approve', '{"connector":"corp","holds":["x"]}', '20 hex digits'],
    [
      'a hold that is not there',
      'approve',
      `{"connector":"corp","holds":["${'0'.repeat(20)}"]}`,
      'no such hold',
    ],
    [
      'rules that do not compile',
      'publish-rules',
      '{"files":[{"name":"a.yaml","text":"version: 2"}]}',
      'a.yaml:1',
    ],
    [
      'a key nobody knows',
      'trust-agent',
      '{"connector":"corp","keyId":"kAAAAAAAAAA","trust":true}',
      'knows no key',
    ],
  ])('%s: 400 with the reason', async (_title, kind, body, reason) => {
    const answer = await post(kind, await tokenWith({}), body);
    expect(answer).toMatchObject({ status: 400, body: { code: 'OPERATOR_INVALID' } });
    expect(answer.body.message).toContain(reason);
  });
});
