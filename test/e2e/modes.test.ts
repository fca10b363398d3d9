import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from './support/cloud.ts';
import { groupRead, keyOf, userRead } from './support/relay.ts';
import { rulesWith, startScene, type Scene } from './support/scene.ts';

/** A new deployment only says what it would do; upsert-only takes nothing away; full carries out what was left. */
let scene: Scene;

beforeAll(async () => {
  scene = await startScene({
    settings: { DIRBRIDGE_MODE: 'plan' },
    rules: rulesWith(({ syncs: { users, groups } }) => {
      users.lifecycle['deleted'] = { action: 'delete' };
      groups.lifecycle['deleted'] = { action: 'delete' };
    }),
  });
}, 90_000);

afterAll(async () => scene.stop());

interface Counts {
  readonly active: number;
  readonly scheduled: number;
  readonly [count: string]: unknown;
}
async function queue(name: string): Promise<Counts> {
  const counts = (await (await fetch(`${scene.cloud.busAdmin}/queues`)).json()) as Record<string, Counts>;
  return counts[name] as Counts;
}

const kinds = async (name: string, outcome: string) =>
  (await scene.journal(name)).filter((line) => line.outcome === outcome).map((line) => line.operation.kind);

describe('in plan mode', () => {
  test('nothing is written, and each operation is journaled once as planned', async () => {
    await scene.relay.changes([userRead('ada', { title: ['Countess'] }), groupRead('crew', ['ada'])]);
    await eventually('the creation is journaled', async () => (await kinds('ada', 'planned')).length > 0);
    await eventually('the group too', async () => (await kinds('crew', 'planned')).length > 0);
    await scene.relay.changes([userRead('ada', { title: ['Countess'] })]);
    await scene.settled('ada');
    expect(await kinds('ada', 'planned')).toEqual(['create']);
    expect(await kinds('crew', 'planned')).toEqual(['create']);
    expect(await scene.writes(0)).toEqual([]);
    const [line] = await scene.journal('ada');
    expect(line).toMatchObject({
      operation: { kind: 'create', values: { jobTitle: 'Countess' }, reasons: [{ rule: 'users.scope' }] },
      requestId: null,
      revision: 1,
    });
  });

  test('another plan for the same object is journaled as another', async () => {
    await scene.relay.changes([{ key: keyOf('ada'), attributes: { title: ['Programmer'] } }]);
    await eventually('it is journaled', async () => (await kinds('ada', 'planned')).length === 2);
    const titles = (await scene.journal('ada')).map(
      ({ operation }) => operation.kind === 'create' && operation.values['jobTitle'],
    );
    expect(titles).toEqual(['Countess', 'Programmer']);
  });

  test('an idle app sends nothing', async () => {
    await scene.settled('ada');
    await scene.settled('crew');
    const before = await eventually('the queue is empty', async () => {
      const counts = await queue('changes');
      return counts.active === 0 && counts.scheduled === 0 && counts;
    });
    const sweeps = () =>
      scene.cloud.hostLog.filter((line) => line.includes("Executed 'Functions.sweep'")).length;
    const from = sweeps();
    await eventually('the sweep runs three times', () => Promise.resolve(sweeps() >= from + 3));
    expect(await queue('changes')).toEqual(before);
  });
});

describe('upsert-only', () => {
  test('takes up what was planned when the mode changes: creations and updates', async () => {
    await scene.cloud.restartHost({ DIRBRIDGE_MODE: 'upsert-only' });
    await eventually('ada is created', async () => (await scene.user('ada'))?.['jobTitle'] === 'Programmer');
    const ada = await scene.user('ada');
    await eventually('the group has its member', async () => {
      const members = (await scene.group('crew'))?.['members'] as string[] | undefined;
      return members?.includes(ada?.id ?? '');
    });
    await scene.relay.changes([userRead('bob'), userRead('cyd'), groupRead('gone')]);
    await eventually('bob', () => scene.user('bob'));
    await eventually('cyd', () => scene.user('cyd'));
    await eventually('gone', () => scene.group('gone'));
    await scene.relay.changes([{ key: keyOf('ada'), attributes: { title: ['Engineer'] } }]);
    await eventually('updates flow', async () => (await scene.user('ada'))?.['jobTitle'] === 'Engineer');
  });

  test('disables, deletions and removals wait, and the rest of the same object flows', async () => {
    const since = await scene.seq();
    await scene.relay.changes([
      { key: keyOf('ada'), attributes: { userAccountControl: ['514'], title: ['Leaver'] } },
      { key: keyOf('bob'), deleted: true, attributes: {} },
      { key: keyOf('gone'), deleted: true, attributes: {} },
      {
        key: keyOf('crew'),
        attributes: { description: ['Still here'] },
        links: { member: { added: [], removed: [keyOf('ada')] } },
      },
    ]);
    await eventually('the title flows', async () => (await scene.user('ada'))?.['jobTitle'] === 'Leaver');
    await eventually(
      'the description flows',
      async () => (await scene.group('crew'))?.['description'] === 'Still here',
    );
    await eventually('bob’s deletion is planned', async () => (await kinds('bob', 'planned')).length > 0);
    await eventually('the group’s too', async () => (await kinds('gone', 'planned')).length > 0);
    for (const name of ['ada', 'bob', 'gone', 'crew']) await scene.settled(name);
    expect(await kinds('ada', 'planned')).toContain('disable');
    expect(await kinds('crew', 'planned')).toEqual(['create', 'remove-member']);
    const writes = await scene.writes(since);
    expect(writes.map((entry) => [entry.method, entry.bodyKeys])).toEqual(
      expect.arrayContaining([
        ['PATCH', ['jobTitle']],
        ['PATCH', ['description']],
      ]),
    );
    expect(writes).toHaveLength(2);
    expect(await scene.user('ada')).toMatchObject({ accountEnabled: true });
  });

  test('each of them is journaled once, however often the object is looked at', async () => {
    await scene.relay.changes([{ key: keyOf('ada'), attributes: { department: ['Exit'] } }]);
    await eventually('it flows', async () => (await scene.user('ada'))?.['department'] === 'Exit');
    await scene.settled('ada');
    expect((await kinds('ada', 'planned')).filter((kind) => kind === 'disable')).toHaveLength(1);
  });
});

describe('full', () => {
  test('carries out what upsert-only left, without any new message', async () => {
    await scene.cloud.restartHost({ DIRBRIDGE_MODE: 'full' });
    await eventually('ada is disabled', async () => (await scene.user('ada'))?.['accountEnabled'] === false);
    await eventually('bob is deleted', () => scene.deletedUser('bob'));
    await eventually('the group is deleted', async () => (await scene.group('gone')) === undefined);
    await eventually('ada is out of the group', async () => {
      const members = (await scene.group('crew'))?.['members'] as string[] | undefined;
      return members?.length === 0;
    });
    expect(await scene.user('cyd')).toMatchObject({ accountEnabled: true });
  });

  test('back in plan mode nothing more is written', async () => {
    await scene.cloud.restartHost({ DIRBRIDGE_MODE: 'plan' });
    const since = await scene.seq();
    await scene.relay.changes([{ key: keyOf('cyd'), attributes: { title: ['Never'] } }]);
    await eventually('it is planned', async () => (await kinds('cyd', 'planned')).length > 0);
    await scene.settled('cyd');
    expect(await scene.writes(since)).toEqual([]);
  });
});
