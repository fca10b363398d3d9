import { describe, expect, test } from 'vitest';
import { entriesOf } from '../../../cli/plan/plan-entries.ts';
import type { Plan } from '../../../cli/plan/make-plan.ts';
import { planText } from '../../../cli/plan/plan-text.ts';
import { plain } from '../../../cli/text/paint.ts';
import type { Hold } from '../../../shared/guard/hold.ts';
import { updatePartHash } from '../../../shared/plan/update-part-hash.ts';
import { group, keyIn, memberChange, user, type World } from '../pipeline-review/world.ts';
import { journaled, newWorld, planOf, publish, rules, settle, under } from './plan-scene.ts';

const users = Array.from({ length: 6 }, (_, n) => keyIn(`p0${n % 3}`, n));
const staff = keyIn('p02', 30);
const every = [...users, staff];
const [ada = '', bob = ''] = users;

const narrow = (budget: string, max: number): string =>
  rules.replaceAll(
    `${budget}: { max: 1000, percent: 100, per: P1D, atLeast: 1000 }`,
    `${budget}: { max: ${max}, percent: 100, per: P1D, atLeast: 1000 }`,
  );

async function linked(text = rules): Promise<World> {
  const world = newWorld({ rules: () => text });
  await publish(world, text);
  for (const [n, key] of users.entries())
    await world.fold([
      {
        ...user(key, `u${n}`),
        attributes: { ...user(key, `u${n}`).attributes, title: ['x'], department: ['y'] },
      },
    ]);
  await world.fold([group(staff, 'staff', users)]);
  await settle(world, every);
  return world;
}

const findingsOf = (plan: Plan, code: string): readonly string[] =>
  plan.head.summary.findings.filter((one) => one.code === code).map(({ text }) => text);
const heldHashes = (plan: Plan): readonly string[] =>
  plan.objects
    .flatMap((object) => [...entriesOf(object, new Map())])
    .flatMap(({ held }) => held?.map(({ hash }) => hash) ?? [])
    .sort();

async function putHold(world: World, hash: string, over: Partial<Hold>): Promise<void> {
  const hold: Hold = {
    hash,
    key: ada,
    partition: 'p00',
    operation: 'delete',
    sync: 'users',
    cause: 'budget',
    message: '',
    heldAt: world.now,
    status: 'approved',
    decidedAt: world.now,
    decidedBy: 'me',
    spentBy: null,
    ...over,
  };
  await world.tables.transact('Holds', 'corp', [
    { kind: 'upsert', rowKey: hash, content: { data: hold, tags: { status: hold.status } } },
  ]);
}

describe('what the guard would hold', () => {
  test('so many of so many deletes, by the budget of the planned rules', async () => {
    const world = await linked();
    for (const key of users) await world.fold([{ key, deleted: true, attributes: {} }]);
    const plan = await planOf(world, narrow('delete', 4));
    expect(findingsOf(plan, 'budget')).toEqual([
      '2 of 6 deletes would be held (budget of users: max 4, 100 % of 6 objects, so 4)',
    ]);
    expect(plan.head.summary).toMatchObject({ held: 2, bySign: { '!': 2, '-': 4 }, writes: 4 });
    expect(planText(plan, 50, plain)).toContain(
      '    ! held: delete beyond the budget (4 at most, 100 % of 6 objects)\n',
    );
  });

  test('the same number as the guard itself holds, with the same hashes', async () => {
    const world = await linked();
    for (const key of users) await world.fold([{ key, attributes: { title: [], department: [] } }]);
    await world.fold([memberChange(staff, [], users)]);
    const text = narrow('blank', 2).replace('removeMembers: { max: 1000', 'removeMembers: { max: 5');
    const plan = await planOf(world, text);
    expect(findingsOf(plan, 'budget')).toEqual([
      expect.stringMatching(/^4 of 6 emptied values of (jobTitle|department) would be held/) as string,
      expect.stringMatching(/^4 of 6 emptied values of (jobTitle|department) would be held/) as string,
      expect.stringMatching(/^1 of 6 removals of members would be held/) as string,
    ]);
    await settle(world, every, under(world, text, 'full', 2));
    const held = new Set((await journaled(world, 'held')).map(({ hash }) => hash));
    expect(held.size).toBe(plan.head.summary.held);
    // Which ones is a matter of turns; all of them are named in the plan.
    const named = new Set(
      plan.objects
        .flatMap((object) => [...entriesOf(object, new Map())])
        .flatMap(({ hash, parts }) => [hash, ...Object.values(parts ?? {})]),
    );
    expect([...held].filter((hash) => !named.has(hash))).toEqual([]);
  });

  test('what was spent before counts, within its time', async () => {
    const text = narrow('delete', 4);
    const world = await linked(text);
    await world.fold([{ key: ada, deleted: true, attributes: {} }]);
    await settle(world, every);
    for (const key of users.slice(1)) await world.fold([{ key, deleted: true, attributes: {} }]);
    expect(findingsOf(await planOf(world, text), 'budget')[0]).toMatch(
      /^2 of 5 deletes would be held \(.*so 4, 1 of them spent already\)$/,
    );
    world.now += 25 * 3_600_000;
    expect(findingsOf(await planOf(world, text), 'budget')[0]).toMatch(/^1 of 5 deletes .* so 4\)$/);
  });

  test('one property is held, the others of the object flow', async () => {
    const world = await linked();
    for (const key of users) await world.fold([{ key, attributes: { title: [], department: ['z'] } }]);
    const plan = await planOf(world, narrow('blank', 1));
    expect(heldHashes(plan)).toHaveLength(5);
    const [object] = plan.objects;
    const [entry] = [...entriesOf(object as NonNullable<typeof object>, new Map())];
    const change = { before: 'x', after: null };
    expect(entry?.held?.[0]?.hash).toBe(
      updatePartHash({ key: entry?.key ?? '', cloudId: entry?.cloudId ?? '' }, 'jobTitle', change),
    );
    expect(entry?.parts?.['department']).not.toBe(entry?.held?.[0]?.hash);
    // Department is written all the same.
    expect(plan.head.summary.writes).toBe(6);
  });

  test('an approval lets through what it names, a rejection stands', async () => {
    const text = narrow('delete', 1);
    const world = await linked(text);
    for (const key of [ada, bob]) await world.fold([{ key, deleted: true, attributes: {} }]);
    const [hash = ''] = heldHashes(await planOf(world, text));
    await putHold(world, hash, { status: 'approved' });
    expect(heldHashes(await planOf(world, text))).toEqual([]);
    await putHold(world, hash, { status: 'approved', decidedAt: world.now - 8 * 86_400_000 });
    expect(heldHashes(await planOf(world, text))).toHaveLength(1);
    await putHold(world, hash, { status: 'rejected', decidedBy: 'eve' });
    const plan = await planOf(world, text);
    expect(heldHashes(plan)).toEqual([hash]);
    expect(planText(plan, 50, plain)).toContain('! held: delete rejected by eve');
  });

  test('a disable that is held throws nobody out', async () => {
    const world = await linked();
    for (const key of users) await world.fold([{ key, attributes: { userAccountControl: ['514'] } }]);
    const plan = await planOf(world, narrow('disable', 2));
    expect(plan.head.summary.byKind).toEqual({ disable: 6, 'revoke-sessions': 6 });
    // Two are disabled and thrown out.
    expect(plan.head.summary.writes).toBe(4);
  });

  test('what was read in doubt is held, whatever the budget says', async () => {
    const world = await linked();
    await world.fold([{ key: ada, attributes: { title: [] } }], { inDoubt: true });
    await world.fold([memberChange(staff, [], [bob])], { inDoubt: true });
    const plan = await planOf(world);
    expect(findingsOf(plan, 'held-doubt')).toEqual([
      '2 operations would be held: read from a domain controller that may lack what was told before',
    ]);
  });

  test('a mailbox on premises holds the creation, and nothing is linked to who is not made', async () => {
    const text = rules.replaceAll('exclude: none', 'exclude: defaults');
    const world = newWorld({ rules: () => text });
    const whole = user(ada, 'ada');
    const attributes = { ...whole.attributes, msExchMailboxGuid: [{ b: 'AAAA' }] };
    await world.fold([{ ...whole, attributes }]);
    await world.fold([group(staff, 'staff', [ada])]);
    const plan = await planOf(world, text);
    expect(findingsOf(plan, 'held-mailbox')).toEqual(['1 operation would be held: a mailbox on premises']);
    expect(plan.head.summary.byKind).toEqual({ create: 2 });
    expect(plan.head.summary.writes).toBe(1);
    expect(findingsOf(plan, 'waiting-links')).toHaveLength(1);
  });
});
