import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Plan } from '../../../cli/plan/make-plan.ts';
import { entriesOf } from '../../../cli/plan/plan-entries.ts';
import type { PlanOperation } from '../../../cli/plan/plan-file.ts';
import type { ObjectChange } from '../../../shared/contracts/change-set.v1.ts';
import { memberHash } from '../../../shared/plan/member-hash.ts';
import { operationHash } from '../../../shared/plan/operation.ts';
import { updatePartHash } from '../../../shared/plan/update-part-hash.ts';
import type { JournalEntry } from '../../../shared/state/journal-entry.ts';
import { group, keyIn, memberChange, user, type World } from '../pipeline-review/world.ts';
import { journaled, newWorld, planOf, rules, settle, under } from './plan-scene.ts';

const users = [0, 1, 2, 3, 4].map((n) => keyIn(`p0${n % 3}`, n));
const groups = [keyIn('p01', 20), keyIn('p02', 21)];
const every = [...users, ...groups];

const text = fc.option(fc.constantFrom('one', 'two', 'three'), { nil: null });
const person = fc.record({
  title: text,
  department: text,
  isDisabled: fc.boolean(),
  isOut: fc.boolean(),
  /** -1: nobody. */
  manager: fc.integer({ min: -1, max: users.length - 1 }),
});
type Person = typeof person extends fc.Arbitrary<infer P> ? P : never;

const change = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('user' as const), n: fc.nat(4), person }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('delete' as const), n: fc.nat(6) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('members' as const),
      n: fc.nat(1),
      added: fc.uniqueArray(fc.nat(4), { maxLength: 3 }),
      removed: fc.uniqueArray(fc.nat(4), { maxLength: 3 }),
    }),
  },
);
type Change = typeof change extends fc.Arbitrary<infer C> ? C : never;

/** Edits of the rules that change what becomes of the same objects. */
const edits: readonly (readonly [string, string])[] = [
  ["jobTitle: '[title]'", `jobTitle: 'Append([title], " (corp)")'`],
  ["where: ['IsNullOrEmpty([info])']", `where: ['IIF(IsNullOrEmpty([title]), "False", "True")']`],
  ["where: ['IsNullOrEmpty([info])']", 'where: []'],
  ['leftScope: { action: disable, deleteAfter: P30D }', 'leftScope: { action: delete }'],
  ["      department: '[department]'\n", ''],
  ['      manager: { reference: manager }\n', ''],
  ['revokeSessions: true', 'revokeSessions: false'],
  ["      usageLocation: '[c]'\n", "      employeeId: 'RandomString(8,0,0,0,8,0)'\n"],
  ["displayName: '[displayName]'", "displayName: 'Redact([displayName])'"],
];
const edited = fc
  .subarray([...edits], { maxLength: 2 })
  .map((some) => some.reduce((before, [from, to]) => before.replace(from, to), rules));

function changeOf(one: Change): ObjectChange {
  if (one.kind === 'delete') return { key: every[one.n] ?? '', deleted: true, attributes: {} };
  if (one.kind === 'user') return userChange(one.n, one.person);
  const keysOf = (numbers: readonly number[]): string[] => numbers.map((n) => users[n] ?? '');
  return memberChange(
    groups[one.n] ?? '',
    keysOf(one.added),
    keysOf(one.removed.filter((n) => !one.added.includes(n))),
  );
}

function userChange(n: number, one: Person): ObjectChange {
  const key = users[n] ?? '';
  const whole = user(key, `user${n}`);
  const manager = users[one.manager];
  return {
    ...whole,
    attributes: {
      ...whole.attributes,
      title: one.title === null ? [] : [one.title],
      department: one.department === null ? [] : [one.department],
      userAccountControl: [one.isDisabled ? '514' : '512'],
      info: one.isOut ? ['x'] : [],
      manager: manager === undefined || manager === key ? [] : [{ r: manager }],
    },
  };
}

async function foldAll(world: World, changes: readonly Change[]): Promise<void> {
  for (const one of changes) await world.fold([changeOf(one)]);
}

async function beginning(changes: readonly Change[], isLinked: boolean): Promise<World> {
  const world = newWorld();
  for (const n of users.keys()) await world.fold([user(users[n] ?? '', `user${n}`)]);
  for (const [n, key] of groups.entries()) await world.fold([group(key, `group${n}`, users.slice(0, 2 + n))]);
  if (isLinked) await settle(world, every);
  await foldAll(world, changes);
  if (isLinked) await settle(world, every);
  return world;
}

const entriesIn = (plan: Plan): readonly PlanOperation[] =>
  plan.objects.flatMap((object) => [...entriesOf(object, plan.targets.get(object.connector) ?? new Map())]);

/** Hashes that the pipeline's own operation stands for, members and properties one by one. */
function hashesOf({ operation }: JournalEntry): readonly string[] {
  if (operation.kind === 'add-members') {
    const { key, cloudId, members } = operation;
    return members.flatMap((member) =>
      [cloudId, null].map((id) => memberHash(key, id, 'add-member', member.key)),
    );
  }
  if (operation.kind !== 'update') return [operationHash(operation)];
  return [
    operationHash(operation),
    ...Object.entries(operation.changes).map(([path, one]) => updatePartHash(operation, path, one)),
  ];
}

const lineOf = (kind: string, key: string, hash: string): string => `${key} ${kind} ${hash}`;

/** It can only be done once the plan itself has made something, so the pipeline has not announced it. */
function laterIn(entries: readonly PlanOperation[]): (entry: PlanOperation) => boolean {
  const by = (kind: string) => new Set(entries.filter((one) => one.kind === kind).map(({ key }) => key));
  const [created, restored] = [by('create'), by('restore')];
  return ({ key, kind, target }) =>
    (target?.isMade === true && kind !== 'remove-member') ||
    (created.has(key) && kind !== 'create') ||
    (restored.has(key) && kind === 'add-member');
}

const scene = fc.record({
  isLinked: fc.boolean(),
  before: fc.array(change, { maxLength: 8 }),
  after: fc.array(change, { maxLength: 8 }),
  text: edited,
});

test('a plan has the operations that the pipeline announces in mode plan, and the same hashes', async () => {
  await fc.assert(
    fc.asyncProperty(scene, async ({ isLinked, before, after, text: newRules }) => {
      const world = await beginning(before, isLinked);
      await foldAll(world, after);
      const plan = await planOf(world, newRules);
      await settle(world, every, under(world, newRules, 'plan', 2));
      const announced = (await journaled(world, 'planned')).filter(({ revision }) => revision === 2);
      const entries = entriesIn(plan);
      const isLater = laterIn(entries);
      const expected = announced.flatMap(({ operation, key, cloudId, hash }) =>
        operation.kind === 'add-members'
          ? operation.members.map((member) =>
              lineOf('add-member', key, memberHash(key, cloudId, 'add-member', member.key)),
            )
          : [lineOf(operation.kind, key, hash)],
      );
      const planned = entries
        .filter((entry) => !isLater(entry))
        .map(({ kind, key, hash }) => lineOf(kind, key, hash));
      expect(planned.sort()).toEqual([...new Set(expected)].sort());
    }),
    { numRuns: 60 },
  );
}, 120_000);

test('carried out in full, every operation of a plan was done under its hash, and nothing is left to plan', async () => {
  await fc.assert(
    fc.asyncProperty(scene, async ({ isLinked, before, after, text: newRules }) => {
      const world = await beginning(before, isLinked);
      await foldAll(world, after);
      const plan = await planOf(world, newRules);
      await settle(world, every, under(world, newRules, 'full', 2));
      const done = (await journaled(world, 'success')).filter(({ revision }) => revision === 2);
      const reached = new Set(done.flatMap(hashesOf));
      const entries = entriesIn(plan);
      const deleted = new Set(entries.filter(({ kind }) => kind === 'delete').map(({ key }) => key));
      const missed = entries.filter(
        ({ hash, parts, target }) =>
          !reached.has(hash) &&
          !Object.values(parts ?? { none: '' }).every((part) => reached.has(part)) &&
          // Whether a link to somebody is made before the plan deletes him is a matter of turns.
          !deleted.has(target?.key ?? ''),
      );
      expect(missed).toEqual([]);
      const next = await planOf(world, newRules);
      expect(next.objects.map(({ label, operations }) => [label, operations])).toEqual([]);
      expect(next.head.summary.writes).toBe(0);
    }),
    { numRuns: 60 },
  );
}, 120_000);
