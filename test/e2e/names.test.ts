import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { partitionOf } from '../../shared/model/partition.ts';
import type { QuarantineEntry } from '../../shared/state/quarantine-entry.ts';
import { eventually } from './support/cloud.ts';
import { keyOf, userRead } from './support/relay.ts';
import { rulesWith, startScene, type Scene } from './support/scene.ts';

/** Names that no two users may have, as Graph enforces it: swapped, passed on, taken by who was made anew. */
let scene: Scene;

beforeAll(async () => {
  scene = await startScene({
    rules: rulesWith(({ syncs: { users } }) => {
      users.scope.where = ['IIF([department] = "Outside", "False", "True")'];
      users.lifecycle['leftScope'] = { action: 'disable', deleteAfter: 'P30D' };
      users.lifecycle['deleted'] = { action: 'delete' };
    }),
  });
}, 90_000);

afterAll(async () => scene.stop());

const partition = (name: string): string => partitionOf('corp', keyOf(name));
const called = (name: string) => ({
  sAMAccountName: [name],
  userPrincipalName: [`${name}@contoso.com`],
});
const rename = (name: string, to: string) =>
  scene.relay.changes([{ key: keyOf(name), attributes: called(to) }]);

async function create(names: readonly string[]): Promise<ReadonlyMap<string, string>> {
  await scene.relay.changes(names.map((name) => userRead(name)));
  const ids = new Map<string, string>();
  for (const name of names) {
    ids.set(name, (await eventually(`${name} is created`, () => scene.user(name), 60_000)).id);
    await scene.settled(name);
  }
  return ids;
}

/** The live user who has the principal name, once it has the nickname too and is the one that should have both. */
const has = (name: string, id: string | undefined) =>
  eventually(
    `${name} belongs to the other`,
    async () => {
      const user = await scene.user(name);
      return user?.id === id && user?.['mailNickname'] === name;
    },
    60_000,
  );

const refusals = async (since: number) =>
  (await scene.writes(since)).filter((entry) => entry.status === 400).length;

/** Names of two users in one partition, or in two. */
function pair(prefix: string, isOnePartition: boolean): [string, string] {
  const one = `${prefix}0`;
  for (let i = 1; ; i += 1)
    if ((partition(`${prefix}${i}`) === partition(one)) === isOnePartition) return [one, `${prefix}${i}`];
}

const rulesOf = async (name: string) =>
  (await scene.journal(name)).flatMap(({ operation }) => operation.reasons.map(({ rule }) => rule));

describe('two users who take each other’s names', () => {
  test.each([
    ['one partition', pair('twin', true)],
    ['two partitions', pair('cousin', false)],
  ])(
    'in %s have them, by a temporary name of one, without a refusal of the service',
    async (_where, pair) => {
      const [one, two] = pair;
      const ids = await create(pair);
      const since = await scene.seq();
      await Promise.all([rename(one, two), rename(two, one)]);
      await has(two, ids.get(one));
      await has(one, ids.get(two));
      expect(await refusals(since)).toBe(0);
      expect(await scene.writes(since)).toHaveLength(3);
      const rules = [...(await rulesOf(one)), ...(await rulesOf(two))];
      expect(rules.filter((rule) => rule === 'users.userPrincipalName.temporary')).toHaveLength(1);
    },
  );
});

test('five who each take the next one’s name have them', async () => {
  const names = Array.from({ length: 5 }, (_, index) => `round${index}`);
  const next = (name: string) => names[(names.indexOf(name) + 1) % names.length] ?? '';
  const ids = await create(names);
  const since = await scene.seq();
  await Promise.all(names.map((name) => rename(name, next(name))));
  for (const name of names) await has(next(name), ids.get(name));
  expect(await refusals(since)).toBe(0);
}, 120_000);

describe('a user made again under a new GUID', () => {
  const again = (name: string) => ({ ...userRead(`${name}-again`, called(name)) });
  const tombstone = (name: string) =>
    scene.relay.changes([{ key: keyOf(name), deleted: true, attributes: {} }]);

  test.each([
    ['arrives after the deletion of the old one', 'reborn', true],
    ['arrives before it', 'early', false],
  ])('which %s has the old name', async (_order, name, isDeletedFirst) => {
    const ids = await create([name]);
    if (isDeletedFirst) await tombstone(name);
    await scene.relay.changes([again(name)]);
    if (!isDeletedFirst) await tombstone(name);
    const user = await eventually(
      'the new one has the name',
      async () => {
        const found = await scene.user(name);
        return found?.id !== ids.get(name) && found;
      },
      60_000,
    );
    expect(user).toMatchObject({ displayName: `User ${name}-again`, mailNickname: name });
    expect(await scene.deletedUser(name)).toMatchObject({ id: ids.get(name) });
  });

  test('waits where a person sees it while a leaver keeps the name, and has it once it is given up', async () => {
    const ids = await create(['keeper']);
    await scene.relay.changes([{ key: keyOf('keeper'), attributes: { department: ['Outside'] } }]);
    await eventually('disabled', async () => (await scene.user('keeper'))?.['accountEnabled'] === false);
    await scene.relay.changes([again('keeper')]);
    const entry = await eventually('it is in quarantine', async () => {
      const row = await scene.tables.get('Quarantine', 'corp', keyOf('keeper-again'));
      return row?.data as QuarantineEntry | undefined;
    });
    expect(entry.code).toBe('GRAPH_CONFLICT');
    expect(entry.message).toContain(`held by source object ${keyOf('keeper')} of corp, which has left`);
    await scene.relay.changes([
      { key: keyOf('keeper'), attributes: { department: ['Inside'], ...called('keeper-of-old') } },
    ]);
    const user = await eventually(
      'the new one has the name',
      async () => {
        const found = await scene.user('keeper');
        return found?.id !== ids.get('keeper') && found;
      },
      60_000,
    );
    expect(user).toMatchObject({ displayName: 'User keeper-again' });
    expect((await scene.user('keeper-of-old'))?.id).toBe(ids.get('keeper'));
    await eventually('it is out of quarantine', async () => {
      const row = await scene.tables.get('Quarantine', 'corp', keyOf('keeper-again'));
      return row === undefined;
    });
  }, 120_000);
});
