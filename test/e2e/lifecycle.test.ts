import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Link } from '../../shared/model/link.ts';
import { partitionOf } from '../../shared/model/partition.ts';
import type { ObjectRecord } from '../../shared/state/object-record.ts';
import { eventually } from './support/cloud.ts';
import { groupRead, keyOf, userRead } from './support/relay.ts';
import { rulesWith, startScene, type Scene } from './support/scene.ts';

/** Joining, leaving and coming back, as the rules say: disable first, delete after a time of grace, restore on return. */
let scene: Scene;

beforeAll(async () => {
  scene = await startScene({
    rules: rulesWith(({ syncs: { users, groups } }) => {
      users.scope.where = ['IIF([department] = "Outside", "False", "True")'];
      users.lifecycle['leftScope'] = { action: 'disable', deleteAfter: 'PT2S' };
      users.lifecycle['deleted'] = { action: 'disable', deleteAfter: 'PT2S' };
      groups.lifecycle['deleted'] = { action: 'delete' };
    }),
  });
  // Percentages of budgets are of what is managed: nobody is alone.
  const crowd = Array.from({ length: 20 }, (_, index) => `crowd${index}`);
  await scene.relay.changes(crowd.map((name) => userRead(name)));
  await eventually('the crowd is there', () => scene.user('crowd19'));
}, 90_000);

afterAll(async () => scene.stop());

const create = async (name: string, attributes: Record<string, readonly string[]> = {}) => {
  await scene.relay.changes([userRead(name, attributes)]);
  const user = await eventually(`${name} is created`, () => scene.user(name));
  await scene.settled(name);
  return user;
};
const change = (name: string, attributes: Record<string, string[]>) =>
  scene.relay.changes([{ key: keyOf(name), attributes }]);
const tombstone = (name: string) =>
  scene.relay.changes([{ key: keyOf(name), deleted: true, attributes: {} }]);
const undelete = async (name: string, attributes: Record<string, readonly string[]> = {}) => {
  await scene.relay.changes([{ key: keyOf(name), deleted: false, attributes: {} }]);
  await scene.command('refresh', keyOf(name));
  await scene.relay.changes([userRead(name, attributes)]);
};
const membersOf = async (name: string) =>
  ((await scene.group(name))?.['members'] as string[] | undefined) ?? [];
const shapeOf = (writes: Awaited<ReturnType<Scene['writes']>>) =>
  writes.map((entry) => [entry.method, entry.path.replace('/v1.0', ''), entry.bodyKeys]);

/** What somebody does in the cloud by another hand. */
async function byHand(method: string, path: string): Promise<void> {
  const answer = await fetch(`${scene.cloud.graphUrl}/_local/token`, { method: 'POST', body: '{}' });
  const { access_token: token } = (await answer.json()) as { access_token: string };
  const done = await fetch(`${scene.cloud.graphUrl}/v1.0${path}`, {
    method,
    headers: { authorization: `Bearer ${token}` },
  });
  if (!done.ok) throw new Error(`${method} ${path}: ${done.status} ${await done.text()}`);
}

/** As if it had been linked long ago: for two minutes after it was made a 404 is taken for replication lag. */
async function linkedLongAgo(name: string): Promise<void> {
  await scene.settled(name);
  const partition = `corp|${partitionOf('corp', keyOf(name))}`;
  const rowKey = `o|${keyOf(name)}`;
  const row = await scene.tables.get('Objects', partition, rowKey);
  const record = row?.data as ObjectRecord;
  const link: Link = { ...(record.link as Link), lagUntil: null };
  await scene.tables.transact('Objects', partition, [
    {
      kind: 'replace',
      rowKey,
      etag: row?.etag ?? '',
      content: { data: { ...record, link }, tags: row?.tags ?? {} },
    },
  ]);
}

describe('a leaver', () => {
  test('is disabled and thrown out of all sessions, nothing else; enabled again when AD says so', async () => {
    const { id } = await create('leaver');
    const since = await scene.seq();
    await change('leaver', { userAccountControl: ['514'] });
    await eventually('disabled', async () => (await scene.user('leaver'))?.['accountEnabled'] === false);
    await scene.settled('leaver');
    expect(shapeOf(await scene.writes(since))).toEqual([
      ['PATCH', `/users/${id}`, ['accountEnabled']],
      ['POST', `/users/${id}/revokeSignInSessions`, []],
    ]);
    await change('leaver', { userAccountControl: ['512'] });
    await eventually('enabled', async () => (await scene.user('leaver'))?.['accountEnabled'] === true);
    await scene.settled('leaver');
    expect(shapeOf(await scene.writes(since)).slice(2)).toEqual([
      ['PATCH', `/users/${id}`, ['accountEnabled']],
    ]);
  });

  test('is thrown out although the service fails between the two requests', async () => {
    const { id } = await create('unlucky');
    await scene.cloud.fault({
      match: { method: 'POST', path: 'revokeSignInSessions' },
      times: 1,
      action: { status: 503, code: 'serviceNotAvailable', headers: { 'Retry-After': '1' } },
    });
    await change('unlucky', { userAccountControl: ['514'] });
    await eventually('the sessions are revoked', async () => {
      const writes = await scene.writes(0);
      return writes.some(
        (entry) => entry.path.endsWith(`/users/${id}/revokeSignInSessions`) && entry.status === 200,
      );
    });
  });

  test('whose account expires is disabled at that moment, without any message', async () => {
    const expiresAt = Date.now() + 3_000;
    const fileTime = String(BigInt(expiresAt) * 10_000n + 116_444_736_000_000_000n);
    await create('temp', { accountExpires: [fileTime] });
    expect(await scene.user('temp')).toMatchObject({ accountEnabled: true });
    await eventually('disabled', async () => (await scene.user('temp'))?.['accountEnabled'] === false);
    expect(Date.now()).toBeGreaterThanOrEqual(expiresAt);
  });
});

describe('an object that leaves the scope', () => {
  test('is disabled, and deleted after the time of grace; restored with its id when it returns', async () => {
    const { id } = await create('outsider');
    const since = await scene.seq();
    await change('outsider', { department: ['Outside'] });
    await eventually('disabled', async () => (await scene.user('outsider'))?.['accountEnabled'] === false);
    await eventually('deleted', () => scene.deletedUser('outsider'));
    const writes = await scene.writes(since);
    expect(shapeOf(writes).map(([method]) => method)).toEqual(['PATCH', 'POST', 'DELETE']);
    // By the service's own clock: how late this test looks does not count.
    const [disable, , deletion] = writes.map((entry) => entry.startedAt);
    expect((deletion ?? 0) - (disable ?? 0)).toBeGreaterThan(1_000);
    await change('outsider', { department: ['Inside'] });
    const back = await eventually('it is back', async () => {
      const user = await scene.user('outsider');
      return user?.['department'] === 'Inside' && user['accountEnabled'] === true && user;
    });
    expect(back.id).toBe(id);
  });

  test('and returns within the time of grace is enabled, and never deleted', async () => {
    const { id } = await create('wanderer');
    const since = await scene.seq();
    await change('wanderer', { department: ['Outside'] });
    await eventually('disabled', async () => (await scene.user('wanderer'))?.['accountEnabled'] === false);
    const graceEnds = Date.now() + 2_500;
    await change('wanderer', { department: ['Inside'] });
    await eventually('enabled', async () => (await scene.user('wanderer'))?.['accountEnabled'] === true);
    await eventually('the time of grace is over', () => Promise.resolve(Date.now() > graceEnds));
    await scene.settled('wanderer');
    expect((await scene.user('wanderer'))?.id).toBe(id);
    expect((await scene.writes(since)).filter((entry) => entry.method === 'DELETE')).toEqual([]);
  });

  test('a group that becomes a distribution list is deleted in the cloud', async () => {
    await scene.relay.changes([groupRead('list')]);
    await eventually('created', () => scene.group('list'));
    await change('list', { groupType: ['2'] });
    await eventually('deleted', async () => (await scene.group('list')) === undefined);
  });
});

describe('a deleted object', () => {
  test('goes as the rule says, and comes back with its id and memberships, its values brought up to date', async () => {
    const { id } = await create('phoenix', { title: ['Old'] });
    await scene.relay.changes([groupRead('nest', ['phoenix'])]);
    await eventually('member', async () => (await membersOf('nest')).includes(id));
    await tombstone('phoenix');
    await eventually(
      'disabled first',
      async () => (await scene.user('phoenix'))?.['accountEnabled'] === false,
    );
    await eventually('then deleted', () => scene.deletedUser('phoenix'));
    await undelete('phoenix', { title: ['New'] });
    const back = await eventually('it is back', async () => {
      const user = await scene.user('phoenix');
      return user?.['jobTitle'] === 'New' && user['accountEnabled'] === true && user;
    });
    expect(back.id).toBe(id);
    await scene.settled('phoenix');
    expect(await membersOf('nest')).toEqual([id]);
    // The directory may have dropped the membership without saying so: its groups are read again.
    await scene.command('refresh', keyOf('nest'));
    const kinds = (await scene.journal('phoenix')).map(({ operation }) => operation.kind);
    expect(kinds).toEqual(['create', 'disable', 'revoke-sessions', 'delete', 'restore', 'update', 'enable']);
  });

  test('that was purged meanwhile is made anew, and is a member again', async () => {
    const { id } = await create('ash');
    await scene.relay.changes([groupRead('urn', ['ash'])]);
    await eventually('member', async () => (await membersOf('urn')).includes(id));
    await tombstone('ash');
    await eventually('deleted', () => scene.deletedUser('ash'));
    await byHand('DELETE', `/directory/deletedItems/${id}`);
    await undelete('ash');
    const back = await eventually('it is back', () => scene.user('ash'));
    expect(back.id).not.toBe(id);
    await eventually('it is a member again', async () => (await membersOf('urn')).includes(back.id));
  });

  test('leaves its name to another, who was made under a new GUID', async () => {
    const { id } = await create('namesake');
    await tombstone('namesake');
    await eventually('deleted', () => scene.deletedUser('namesake'));
    await scene.relay.changes([
      {
        ...userRead('namesake2', {
          sAMAccountName: ['namesake'],
          userPrincipalName: ['namesake@contoso.com'],
        }),
      },
    ]);
    const second = await eventually('the second', () => scene.user('namesake'));
    expect(second.id).not.toBe(id);
    expect(second).toMatchObject({ displayName: 'User namesake2' });
  });
});

describe('what somebody else deletes in the cloud', () => {
  test('is restored with its id at the next change', async () => {
    const { id } = await create('struck');
    await linkedLongAgo('struck');
    await byHand('DELETE', `/users/${id}`);
    await change('struck', { title: ['Recovered'] });
    const back = await eventually('it is back', async () => {
      const user = await scene.user('struck');
      return user?.['jobTitle'] === 'Recovered' && user;
    });
    expect(back.id).toBe(id);
  });

  test('and purges is made anew: a user with its groups, a group with its members', async () => {
    const { id } = await create('purged');
    await scene.relay.changes([groupRead('club', ['purged', 'crowd0', 'crowd1'])]);
    await eventually('members', async () => (await membersOf('club')).length === 3);
    await linkedLongAgo('purged');
    await byHand('DELETE', `/users/${id}`);
    await byHand('DELETE', `/directory/deletedItems/${id}`);
    await change('purged', { title: ['Anew'] });
    const back = await eventually('the user is back', async () => {
      const user = await scene.user('purged');
      return user?.['jobTitle'] === 'Anew' && user;
    });
    expect(back.id).not.toBe(id);
    await eventually('a member again', async () => (await membersOf('club')).includes(back.id));

    const club = await scene.group('club');
    await linkedLongAgo('club');
    await byHand('DELETE', `/groups/${club?.id ?? ''}`);
    await byHand('DELETE', `/directory/deletedItems/${club?.id ?? ''}`);
    await change('club', { description: ['Anew'] });
    await eventually('the group has all members again', async () => (await membersOf('club')).length === 3);
    expect((await scene.group('club'))?.id).not.toBe(club?.id);
  });
});

describe('default exclusions', () => {
  test('never reach Graph', async () => {
    const since = await scene.seq();
    const excluded = [
      userRead('critical', { isCriticalSystemObject: ['TRUE'] }),
      userRead('msol', { sAMAccountName: ['MSOL_0123'] }),
      userRead('aad', { sAMAccountName: ['AAD_0123'] }),
      userRead('cas', { sAMAccountName: ['CAS_{1}'] }),
      userRead('sysmail', { mailNickname: ['SystemMailbox{1f05a927}'] }),
      userRead('arbitration', { msExchRecipientTypeDetails: ['8388608'] }),
      userRead('trust', { sAMAccountType: ['805306370'] }),
      { ...userRead('conflict'), dn: 'CN=conflict\\0ACNF:1f05a927,OU=People,DC=corp,DC=example' },
      userRead('nosam', { sAMAccountName: [] }),
      groupRead('criticalgroup', [], { isCriticalSystemObject: ['TRUE'] }),
      groupRead('rolegroup', [], { msExchRecipientTypeDetails: ['1073741824'] }),
    ];
    await scene.relay.changes([...excluded, userRead('ordinary')]);
    await eventually('the ordinary one is created', () => scene.user('ordinary'));
    for (const one of excluded) {
      const partition = `corp|${partitionOf('corp', one.key)}`;
      await eventually('it has been looked at', async () => {
        const row = await scene.tables.get('Objects', partition, `o|${one.key}`);
        const record = row?.data as ObjectRecord | undefined;
        return record?.index === null && record.revision === 1 && record.link === null;
      });
    }
    expect((await scene.writes(since)).filter((entry) => entry.path.includes('/users'))).toHaveLength(1);
    expect((await scene.writes(since)).filter((entry) => entry.path.includes('/groups'))).toEqual([]);
  });
});
