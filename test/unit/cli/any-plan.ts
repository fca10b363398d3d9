import fc from 'fast-check';
import type { Plan } from '../../../cli/plan/make-plan.ts';
import { entriesOf } from '../../../cli/plan/plan-entries.ts';
import type { PlanOperation } from '../../../cli/plan/plan-file.ts';
import type { ObjectChange } from '../../../shared/contracts/change-set.v1.ts';
import { memberHash } from '../../../shared/plan/member-hash.ts';
import { operationHash } from '../../../shared/plan/operation.ts';
import { updatePartHash } from '../../../shared/plan/update-part-hash.ts';
import type { JournalEntry } from '../../../shared/state/journal-entry.ts';
import { group, keyIn, memberChange, user, type World } from '../pipeline-review/world.ts';
import { newWorld, rules, settle } from './plan-scene.ts';

export const users = [0, 1, 2, 3, 4].map((n) => keyIn(`p0${n % 3}`, n));
export const groups = [keyIn('p01', 20), keyIn('p02', 21)];
export const every = [...users, ...groups];

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

export async function foldAll(world: World, changes: readonly Change[]): Promise<void> {
  for (const one of changes) await world.fold([changeOf(one)]);
}

export async function beginning(changes: readonly Change[], isLinked: boolean): Promise<World> {
  const world = newWorld();
  for (const n of users.keys()) await world.fold([user(users[n] ?? '', `user${n}`)]);
  for (const [n, key] of groups.entries()) await world.fold([group(key, `group${n}`, users.slice(0, 2 + n))]);
  if (isLinked) await settle(world, every);
  await foldAll(world, changes);
  if (isLinked) await settle(world, every);
  return world;
}

export const scene = fc.record({
  isLinked: fc.boolean(),
  before: fc.array(change, { maxLength: 8 }),
  after: fc.array(change, { maxLength: 8 }),
  text: edited,
});

export const entriesIn = (plan: Plan): readonly PlanOperation[] =>
  plan.objects.flatMap((object) => [...entriesOf(object, plan.targets.get(object.connector) ?? new Map())]);

/** Hashes that the pipeline's own operation stands for, members and properties one by one. */
export function hashesOf({ operation }: JournalEntry): readonly string[] {
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
