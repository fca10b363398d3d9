import { expect, test } from 'vitest';
import { foldVanishedKeys } from '../../../functions/pipeline/fold-readings.ts';
import type { Plan } from '../../../cli/plan/make-plan.ts';
import { entriesOf } from '../../../cli/plan/plan-entries.ts';
import type { PlanOperation } from '../../../cli/plan/plan-file.ts';
import { planText } from '../../../cli/plan/plan-text.ts';
import { plain } from '../../../cli/text/paint.ts';
import { memberHash } from '../../../shared/plan/member-hash.ts';
import { operationHash } from '../../../shared/plan/operation.ts';
import { partitionOf } from '../../../shared/model/partition.ts';
import { objectRowKey } from '../../../shared/state/keys.ts';
import { connector, group, keyIn, memberChange, user, type World } from '../pipeline-review/world.ts';
import { newWorld, planOf, rules, settle } from './plan-scene.ts';

const [ada, bob, cyd, staff] = [0, 1, 2, 3].map((n) => keyIn(`p0${n}`, n)) as [
  string,
  string,
  string,
  string,
];
const every = [ada, bob, cyd, staff];

const withManager = (key: string, name: string, manager: string | null) => {
  const one = user(key, name);
  const value = manager === null ? [] : [{ r: manager }];
  return { ...one, attributes: { ...one.attributes, title: ['x'], manager: value } };
};

/** Bob is led by Ada, both are in staff. */
async function linked(text = rules): Promise<World> {
  const world = newWorld({ rules: () => text });
  await world.fold([withManager(ada, 'ada', null)]);
  await world.fold([withManager(bob, 'bob', ada)]);
  await world.fold([group(staff, 'staff', [ada, bob])]);
  await settle(world, every);
  return world;
}

const entriesIn = (plan: Plan): readonly PlanOperation[] =>
  plan.objects.flatMap((object) => [...entriesOf(object, plan.targets.get(object.connector) ?? new Map())]);
const findingsOf = (plan: Plan, code: string): readonly string[] =>
  plan.head.summary.findings.filter((one) => one.code === code).map(({ text }) => text);

test('a reference that points nowhere any more is taken away', async () => {
  const world = await linked();
  await world.fold([{ key: bob, attributes: { manager: [] } }]);
  const plan = await planOf(world);
  expect(entriesIn(plan)).toMatchObject([
    { kind: 'clear-reference', key: bob, changes: { manager: { before: 'u-ada', after: null } } },
  ]);
});

test('who is restored comes back with his id, so that nothing is linked to him anew', async () => {
  const world = await linked();
  await world.fold([{ key: ada, deleted: true, attributes: {} }]);
  await settle(world, every);
  await world.fold([withManager(ada, 'ada', null)]);
  expect((await planOf(world)).head.summary.byKind).toMatchObject({ restore: 1 });
  expect((await planOf(world)).head.summary.byKind).not.toHaveProperty('set-reference');
});

test('a member who waited for somebody to be made is added once the plan makes him', async () => {
  const world = await linked();
  await world.fold([memberChange(staff, [cyd])]);
  // The group has had its turn: the member waits now.
  await settle(world, every);
  await world.fold([user(cyd, 'cyd')]);
  const entries = entriesIn(await planOf(world));
  expect(entries.map(({ kind, key }) => [kind, key])).toContainEqual(['add-member', staff]);
});

test('who has left for good is taken out at no cost of a budget', async () => {
  const text = rules.replace('removeMembers: { max: 1000', 'removeMembers: { max: 1');
  const world = await linked(text);
  await world.fold([memberChange(staff, [], [ada, bob])]);
  expect(findingsOf(await planOf(world, text), 'budget')).toEqual([
    '1 of 2 removals of members would be held (budget of groups: max 1, 100 % of 3 objects, so 1)',
  ]);
  await world.fold([{ key: ada, deleted: true, attributes: {} }]);
  await settle(world, [ada]);
  const plan = await planOf(world, text);
  expect(plan.head.summary).toMatchObject({ held: 0, byKind: { 'remove-member': 2 } });
});

test('the percentage of members taken out is of all objects of the source', async () => {
  const text = rules.replace(
    'removeMembers: { max: 1000, percent: 100, per: P1D, atLeast: 1000 }',
    'removeMembers: { max: 1000, percent: 70, per: P1D, atLeast: 1 }',
  );
  const world = await linked(text);
  await world.fold([memberChange(staff, [], [ada, bob])]);
  expect((await planOf(world, text)).head.summary.held).toBe(0);
});

test('removals that wait in a hold already are counted, and not planned again', async () => {
  const text = rules.replace('removeMembers: { max: 1000', 'removeMembers: { max: 1');
  const world = await linked(text);
  await world.fold([memberChange(staff, [], [ada, bob])]);
  await settle(world, every);
  const plan = await planOf(world, text);
  expect(plan.objects).toEqual([]);
  expect(findingsOf(plan, 'held-removals')).toEqual([
    '1 removal of a member waits for a person already (dirbridge holds list)',
  ]);
});

test('more objects and members than one answer of the tables has', async () => {
  const world = newWorld();
  const users: string[] = [];
  for (let n = 0; users.length < 1_050; n += 1) {
    const key = n.toString(16).padStart(32, '0');
    if (partitionOf(connector, key) === 'p07') users.push(key);
  }
  for (let at = 0; at < users.length; at += 30)
    await world.fold(users.slice(at, at + 30).map((key, n) => user(key, `u${at + n}`)));
  await world.fold([group(staff, 'staff', users.slice(0, 600))]);
  await world.fold([memberChange(staff, users.slice(600))]);
  const { summary } = (await planOf(world)).head;
  expect(summary).toMatchObject({ objects: 1_051, byKind: { create: 1_051, 'add-member': 1_050 } });
}, 60_000);

test('what nobody finds any more is held', async () => {
  const world = await linked();
  world.now += 200_000;
  const keys = [ada];
  await foldVanishedKeys(world.pipeline, world.envelope(partitionOf(connector, ada)), {
    version: world.version(),
    keys,
  });
  const plan = await planOf(world);
  expect(findingsOf(plan, 'held-vanished')).toEqual([
    '1 operation would be held: nowhere to be found at the source, and no tombstone',
  ]);
  expect(planText(plan, 50, plain)).toContain('! held: delete a probe found neither');
  expect(plan.head.summary.writes).toBe(0);
});

test('objects that are being written at this moment are said to be', async () => {
  const world = await linked();
  const partitionKey = `${connector}|${partitionOf(connector, ada)}`;
  const row = await world.tables.get('Objects', partitionKey, objectRowKey(ada));
  const attempt = { owner: 'x', until: world.now + 1, operations: [] };
  await world.tables.transact('Objects', partitionKey, [
    {
      kind: 'upsert',
      rowKey: objectRowKey(ada),
      content: { data: { ...(row?.data as object), attempt }, tags: row?.tags ?? {} },
    },
  ]);
  expect(findingsOf(await planOf(world), 'busy')).toHaveLength(1);
  // Ran out without a record: nobody knows what stands there, so all of it is written.
  world.now += 2;
  const plan = await planOf(world);
  expect(findingsOf(plan, 'busy')).toEqual([]);
  expect(entriesIn(plan).find(({ kind }) => kind === 'update')?.parts).toHaveProperty('displayName');
});

test('a name is taken by whom the plan does not rename, and free where its holder is deleted', async () => {
  const world = await linked();
  await world.fold([{ key: bob, attributes: { userPrincipalName: ['ada@corp.example'] } }]);
  expect(findingsOf(await planOf(world), 'name-clash')).toEqual(['1 name would belong to two users']);
  await world.fold([{ key: ada, deleted: true, attributes: {} }]);
  expect(findingsOf(await planOf(world), 'name-clash')).toEqual([]);
});

test('redacted values stand in no operation of a plan', async () => {
  const world = await linked();
  const text = rules.replace("jobTitle: '[title]'", 'jobTitle: \'Redact(Append([title], "-secret"))\'');
  const entries = entriesIn(await planOf(world, text));
  expect(entries[0]?.changes).toEqual({
    jobTitle: { before: '[Redact]', after: '[Redact]', isRedacted: true },
  });
  expect(JSON.stringify(entries)).not.toContain('secret');
});

test('the hash of a member is of its group, and of a removal the one that holds and permits name', () => {
  const common = { key: staff, cloudClass: 'group', cloudId: 'g-1', reasons: [] } as const;
  const removal = operationHash({ ...common, kind: 'remove-member', member: { key: ada, cloudId: 'u-ada' } });
  expect(memberHash(staff, 'g-1', 'remove-member', ada)).toBe(removal);
  const others = [
    memberHash(staff, 'g-1', 'add-member', ada),
    memberHash(staff, null, 'add-member', ada),
    memberHash(staff, 'g-2', 'add-member', ada),
    memberHash(cyd, 'g-1', 'add-member', ada),
    memberHash(staff, 'g-1', 'add-member', bob),
  ];
  expect(new Set([...others, removal]).size).toBe(6);
});
