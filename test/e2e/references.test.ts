import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { partitionOf, partitions } from '../../shared/model/partition.ts';
import { workRowKey } from '../../shared/state/keys.ts';
import type { WorkRecord } from '../../shared/state/object-record.ts';
import { latestRowKey, rulesPartition, type LatestRevision } from '../../shared/state/rule-rows.ts';
import { eventually } from './support/cloud.ts';
import { groupRead, keyOf, userRead } from './support/relay.ts';
import { rulesWith, startScene, type CloudObject, type Scene } from './support/scene.ts';

/** Members and managers arrive in any order; what is written costs as little as Graph allows. */
let scene: Scene;

beforeAll(async () => {
  scene = await startScene();
}, 90_000);

afterAll(async () => scene.stop());

const membersOf = async (name: string) =>
  ((await scene.group(name))?.['members'] as string[] | undefined) ?? [];
const idOf = async (name: string) => ((await scene.user(name)) ?? (await scene.group(name)))?.id;
const hasExactly = async (group: string, names: readonly string[]) => {
  const members = await membersOf(group);
  const ids = await Promise.all(names.map(idOf));
  return ids.every((id) => id !== undefined && members.includes(id)) && members.length === names.length;
};
const links = (group: string, added: readonly string[], removed: readonly string[] = []) =>
  scene.relay.changes([
    {
      key: keyOf(group),
      attributes: {},
      links: { member: { added: added.map(keyOf), removed: removed.map(keyOf) } },
    },
  ]);
const memberRow = async (group: string, member: string) =>
  (
    await scene.tables.get(
      'Objects',
      `corp|${partitionOf('corp', keyOf(group))}`,
      `m|${keyOf(group)}|${keyOf(member)}`,
    )
  )?.data as { applied: string | null; pending: string | null } | undefined;

describe('members', () => {
  test('before their group, after it, and some of each', async () => {
    await scene.relay.changes([userRead('early')]);
    await eventually('early', () => scene.user('early'));
    await scene.relay.changes([groupRead('mixed', ['early', 'late'])]);
    await eventually('the first is in', () => hasExactly('mixed', ['early']));
    await eventually(
      'the second waits',
      async () => (await memberRow('mixed', 'late'))?.pending === 'waiting',
    );
    await scene.relay.changes([userRead('late')]);
    await eventually('both are in', () => hasExactly('mixed', ['early', 'late']));
  });

  test('nested groups with a user, in every order in which they may arrive', async () => {
    const orders = permutations(['a', 'b', 'c', 'u'] as const);
    const name = (order: number, letter: string) => `n${order}${letter}`;
    const read = (order: number, letter: 'a' | 'b' | 'c' | 'u') => {
      const own = (...letters: string[]) => letters.map((one) => name(order, one));
      if (letter === 'a') return groupRead(name(order, 'a'), own('b'));
      if (letter === 'b') return groupRead(name(order, 'b'), own('c', 'u'));
      return letter === 'c' ? groupRead(name(order, 'c'), own('u')) : userRead(name(order, 'u'));
    };
    const idOfKey = async (objects: Promise<Record<string, unknown>>) => {
      const { users, groups } = (await objects) as { users: CloudObject[]; groups: CloudObject[] };
      return new Map([...users, ...groups].map((one) => [String(one['displayName']).split(' ')[1], one]));
    };
    for (let step = 0; step < 4; step += 1) {
      await scene.relay.changes(
        orders.flatMap((order, index) => {
          const letter = order[step];
          return letter === undefined ? [] : [read(index, letter)];
        }),
      );
      // The next step comes when this one is in the cloud, so that every order is met.
      await eventually(`step ${step} is in the cloud`, async () => {
        const known = await idOfKey(scene.cloud.graphObjects());
        return orders.every((order, index) => known.has(name(index, order[step] ?? '')));
      });
    }
    await eventually('all are nested', async () => {
      const known = await idOfKey(scene.cloud.graphObjects());
      return orders.every((_order, index) => {
        const id = (letter: string) => known.get(name(index, letter))?.id;
        const members = (letter: string) => known.get(name(index, letter))?.['members'] as string[];
        const isAs = (group: string, ...letters: string[]) =>
          [...members(group)].sort().join() === letters.map(id).sort().join();
        return isAs('a', 'b') && isAs('b', 'c', 'u') && isAs('c', 'u');
      });
    });
  });

  test('removed while its addition waits is never added', async () => {
    await scene.relay.changes([groupRead('brief', ['ghost'])]);
    await eventually('it waits', async () => (await memberRow('brief', 'ghost'))?.pending === 'waiting');
    await links('brief', [], ['ghost']);
    await eventually(
      'it does not wait any more',
      async () => (await memberRow('brief', 'ghost'))?.pending === null,
    );
    const since = await scene.seq();
    await scene.relay.changes([userRead('ghost')]);
    await eventually('ghost', () => scene.user('ghost'));
    await scene.settled('ghost');
    await scene.settled('brief');
    expect(await membersOf('brief')).toEqual([]);
    expect((await scene.writes(since)).filter((entry) => entry.path.includes('/groups'))).toEqual([]);
  });

  test('removed while its addition is being written is taken out again', async () => {
    await scene.relay.changes([userRead('hasty'), groupRead('slow')]);
    await eventually('the group', () => scene.group('slow'));
    await eventually('hasty', () => scene.user('hasty'));
    await scene.settled('slow');
    await scene.cloud.fault({
      match: { method: 'POST', path: '/members/' },
      times: 1,
      action: { delayMs: 1_500 },
    });
    await links('slow', ['hasty']);
    const partition = `corp|${partitionOf('corp', keyOf('slow'))}`;
    await eventually('the addition is under way', async () => {
      const row = await scene.tables.get('Objects', partition, `o|${keyOf('slow')}`);
      return (row?.data as { attempt: unknown }).attempt !== null;
    });
    // By the bulk lane: the live one waits for the session that is writing.
    await scene.relay.changes(
      [{ key: keyOf('slow'), attributes: {}, links: { member: { added: [], removed: [keyOf('hasty')] } } }],
      { lane: 'bulk' },
    );
    await eventually('it was added and taken out', async () => {
      const kinds = (await scene.journal('slow')).map(({ operation }) => operation.kind);
      return kinds.includes('add-members') && kinds.includes('remove-member');
    });
    expect(await membersOf('slow')).toEqual([]);
  });

  test('150 of them cost eight writes when all are in the cloud', async () => {
    const people = Array.from({ length: 150 }, (_, index) => `m${index}`);
    await scene.relay.changes(
      people.map((name) => userRead(name)),
      { lane: 'bulk' },
    );
    await eventually(
      'all are created',
      async () => (await Promise.all(people.map(idOf))).every((id) => id !== undefined),
      60_000,
    );
    await Promise.all(people.map((name) => scene.settled(name)));
    const since = await scene.seq();
    await scene.relay.changes([groupRead('big', people)]);
    await eventually('all are members', async () => (await membersOf('big')).length === 150);
    const writes = (await scene.writes(since)).filter((entry) => entry.path.includes('/groups'));
    expect(writes.map((entry) => entry.bodyKeys[0])).toEqual([
      expect.not.stringContaining('members'),
      ...Array.from({ length: 8 }, () => 'members@odata.bind'),
    ]);
  });

  test('a whole list that ends removes what it no longer shows', async () => {
    const names = ['w0', 'w1', 'w2', 'w3'];
    await scene.relay.changes([...names.map((name) => userRead(name)), groupRead('whole', names)]);
    await eventually('all are in', () => hasExactly('whole', names));
    const version = scene.relay.version();
    const read = { ...groupRead('whole'), links: { member: { added: [], removed: [], list: version } } };
    await scene.relay.changes(
      [{ ...read, links: { member: { added: [keyOf('w0')], removed: [], list: version } } }],
      { lane: 'bulk', import: 'again', version },
    );
    const end = { key: keyOf('whole'), attribute: 'member', version, total: 2 };
    const partition = partitionOf('corp', keyOf('whole'));
    await scene.relay.send('changes-bulk', scene.relay.envelope('list-complete', partition, end));
    // One value of two has arrived: nothing may be concluded yet.
    await eventually('it is counted', async () => {
      const rows = await scene.tables.range('Objects', `corp|${partition}`, { from: 'i|3|', to: 'i|4|' });
      return rows.some((row) => row.rowKey.includes('|list|'));
    });
    expect(await membersOf('whole')).toHaveLength(4);
    await scene.relay.changes(
      [{ ...read, links: { member: { added: [keyOf('w2')], removed: [], list: version } } }],
      { lane: 'bulk', import: 'again', version },
    );
    await eventually('the others are out', () => hasExactly('whole', ['w0', 'w2']), 30_000);
  });
});

describe('managers', () => {
  const managerOf = async (name: string) => (await scene.user(name))?.['manager'];
  const reference = (name: string) => ({ manager: [{ r: keyOf(name) }] });
  const report = (name: string, manager: string) => {
    const read = userRead(name);
    return { ...read, attributes: { ...read.attributes, ...reference(manager) } };
  };

  test('before their report and after it', async () => {
    await scene.relay.changes([userRead('boss1')]);
    await eventually('the manager', () => scene.user('boss1'));
    await scene.relay.changes([report('rep1', 'boss1')]);
    await eventually('is set', async () => (await managerOf('rep1')) === (await idOf('boss1')));
    await scene.relay.changes([report('rep2', 'boss2')]);
    await eventually('the report', () => scene.user('rep2'));
    await scene.relay.changes([userRead('boss2')]);
    await eventually('is set', async () => {
      const id = await idOf('boss2');
      return id !== undefined && (await managerOf('rep2')) === id;
    });
  });

  test('who manage each other', async () => {
    await scene.relay.changes([report('duo1', 'duo2'), report('duo2', 'duo1')]);
    await eventually('both are set', async () => {
      const [one, two] = await Promise.all([scene.user('duo1'), scene.user('duo2')]);
      return one !== undefined && one['manager'] === two?.id && two?.['manager'] === one.id;
    });
  });

  test('replaced and cleared', async () => {
    await scene.relay.changes([userRead('old'), userRead('new'), report('rep3', 'old')]);
    await eventually('is set', async () => {
      const id = await idOf('old');
      return id !== undefined && (await managerOf('rep3')) === id;
    });
    await scene.relay.changes([{ key: keyOf('rep3'), attributes: reference('new') }]);
    await eventually('is replaced', async () => (await managerOf('rep3')) === (await idOf('new')));
    await scene.relay.changes([{ key: keyOf('rep3'), attributes: { manager: [] } }]);
    await eventually('is cleared', async () => (await managerOf('rep3')) === null);
  });

  test('deleted: the report is cleared when AD says so, and nothing is retried for ever', async () => {
    await scene.publish(
      rulesWith(({ syncs: { users } }) => {
        users.lifecycle['deleted'] = { action: 'delete' };
      }),
    );
    await scene.relay.changes([userRead('boss4'), report('rep4', 'boss4')]);
    await eventually('is set', async () => {
      const id = await idOf('boss4');
      return id !== undefined && (await managerOf('rep4')) === id;
    });
    await scene.relay.changes([{ key: keyOf('boss4'), deleted: true, attributes: {} }]);
    await eventually('the manager is deleted', () => scene.deletedUser('boss4'));
    await scene.relay.changes([{ key: keyOf('rep4'), attributes: { manager: [], title: ['Free'] } }]);
    await eventually('the report flows', async () => (await scene.user('rep4'))?.['jobTitle'] === 'Free');
    await scene.settled('rep4');
    expect(await managerOf('rep4')).toBeNull();
    const row = await scene.tables.get(
      'Objects',
      `corp|${partitionOf('corp', keyOf('rep4'))}`,
      `o|${keyOf('rep4')}`,
    );
    expect(row?.data).toMatchObject({ failure: null, index: null });
  });
});

describe('the end of an import', () => {
  test('looks for what it did not show, and deletes nothing', async () => {
    await scene.relay.changes([userRead('seen'), userRead('unseen')]);
    await eventually(
      'both are there',
      async () => (await idOf('seen')) !== undefined && (await idOf('unseen')) !== undefined,
    );
    const startedAt = scene.relay.version();
    await scene.relay.changes([userRead('seen')], { lane: 'bulk', import: 'imp-1' });
    const counts = Object.fromEntries(partitions.map((partition) => [partition, 0]));
    const seenIn = partitionOf('corp', keyOf('seen'));
    await scene.relay.send(
      'changes-bulk',
      scene.relay.envelope('import-complete', null, {
        import: 'imp-1',
        namingContext: 'DC=corp,DC=example',
        startedAt,
        counts: { ...counts, [seenIn]: 1 },
      }),
    );
    const probe = await scene.command('probe', keyOf('unseen'));
    expect(probe['keys']).not.toContain(keyOf('seen'));
    await scene.settled('unseen');
    expect(await scene.user('unseen')).toMatchObject({ accountEnabled: true });
    expect(await scene.hold('unseen')).toBeUndefined();
  });
});

describe('rules that are published again', () => {
  test('are evaluated for everyone, and only what differs is written', async () => {
    await scene.relay.changes([userRead('with', { department: ['Sales'] }), userRead('without')]);
    await eventually(
      'both are there',
      async () => (await idOf('with')) !== undefined && (await idOf('without')) !== undefined,
    );
    for (const name of ['with', 'without']) await scene.settled(name);
    const [id, other] = await Promise.all([idOf('with'), idOf('without')]);
    const since = await scene.seq();
    await scene.publish(
      rulesWith(({ syncs: { users } }) => {
        users.flows['department'] = 'Append([department], " (EU)")';
        users.lifecycle['deleted'] = { action: 'delete' };
      }),
    );
    await eventually(
      'it is written',
      async () => (await scene.user('with'))?.['department'] === 'Sales (EU)',
    );
    await eventually('everyone has been looked at', async () => {
      const partition = `corp|${partitionOf('corp', keyOf('without'))}`;
      const [work, latest] = await Promise.all([
        scene.tables.get('Objects', partition, workRowKey),
        scene.tables.get('Rules', rulesPartition, latestRowKey),
      ]);
      return (work?.data as WorkRecord).observed === (latest?.data as LatestRevision).generation;
    });
    await scene.settled('without');
    const writes = await scene.writes(since);
    const ofThem = writes.filter((entry) => entry.objectId === id || entry.objectId === other);
    expect(ofThem.map((entry) => [entry.method, entry.objectId, entry.bodyKeys])).toEqual(
      expect.arrayContaining([['PATCH', id, ['department']]]),
    );
    expect(ofThem.filter((entry) => entry.objectId === id)).toHaveLength(1);
  });
});

describe('the journal', () => {
  test('has a line for each operation with before, after and rule, and the service’s request id where it refused', async () => {
    await scene.relay.changes([userRead('written', { title: ['First'] })]);
    await eventually('created', () => scene.user('written'));
    await scene.relay.changes([{ key: keyOf('written'), attributes: { title: ['Second'] } }]);
    await eventually('changed', async () => (await scene.user('written'))?.['jobTitle'] === 'Second');
    await scene.relay.changes([groupRead('jury', ['written'])]);
    await eventually('member', () => hasExactly('jury', ['written']));
    await links('jury', [], ['written']);
    await eventually('removed', () => hasExactly('jury', []));
    await scene.settled('jury');
    const id = await idOf('written');
    const ofUser = await scene.journal('written');
    expect(ofUser).toMatchObject([
      { outcome: 'success', cloudId: id, operation: { kind: 'create', values: { jobTitle: 'First' } } },
      {
        outcome: 'success',
        cloudId: id,
        code: null,
        operation: {
          kind: 'update',
          changes: { jobTitle: { before: 'First', after: 'Second' } },
          reasons: [{ rule: 'users.jobTitle' }],
        },
      },
    ]);
    const ofGroup = await scene.journal('jury');
    expect(ofGroup).toMatchObject([
      { outcome: 'success', operation: { kind: 'create' } },
      { operation: { kind: 'add-members', members: [{ key: keyOf('written'), cloudId: id }] } },
      { operation: { kind: 'remove-member', member: { key: keyOf('written'), cloudId: id } } },
    ]);
    for (const line of [...ofUser, ...ofGroup]) {
      expect(line.hash).toMatch(/^[0-9a-f]{20}$/);
      expect(line.operation.reasons[0]?.rule).toMatch(/^(users|groups)\./);
    }
    expect(JSON.stringify([...ofUser, ...ofGroup])).not.toMatch(/password/i);

    await scene.relay.changes([userRead('refused', { userPrincipalName: ['refused@elsewhere.example'] })]);
    const [line] = await eventually('the refusal is journaled', async () => {
      const lines = await scene.journal('refused');
      return lines.length > 0 && lines;
    });
    expect(line).toMatchObject({
      outcome: 'failure',
      code: 'GRAPH_INVALID_VALUE',
      operation: { kind: 'create', reasons: [{ rule: 'users.scope' }] },
    });
    expect(line?.requestId).toMatch(/^[0-9a-f-]{36}$/);
  });
});

function permutations<T>(items: readonly T[]): T[][] {
  if (items.length < 2) return [[...items]];
  return items.flatMap((first, at) =>
    permutations([...items.slice(0, at), ...items.slice(at + 1)]).map((rest) => [first, ...rest]),
  );
}
