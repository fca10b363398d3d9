import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Hold } from '../../shared/guard/hold.ts';
import { eventually } from './support/cloud.ts';
import { groupRead, keyOf, userRead } from './support/relay.ts';
import { rulesWith, startScene, type CloudObject, type Scene } from './support/scene.ts';

/** What takes away without deleting: values that are emptied, members that are taken out. */
let scene: Scene;
const people = Array.from({ length: 60 }, (_, index) => `p${index}`);
const staff = people.slice(0, 24);
const removalsMax = 6;

const whole = (title: string, phone: boolean) =>
  people.map((name) =>
    userRead(name, { title: [title], ...(phone ? { telephoneNumber: [`+1 555 ${name.slice(1)}`] } : {}) }),
  );
const cloudUsers = async () => (await scene.cloud.graphObjects())['users'] as CloudObject[];
const withPhone = async () =>
  (await cloudUsers()).filter((user) => (user['businessPhones'] as string[] | undefined)?.length === 1)
    .length;
const haveTitle = (title: string) => async () =>
  (await cloudUsers()).filter((user) => user['jobTitle'] === title).length === people.length;
const holdsOf = async (status: Hold['status']) =>
  (await scene.holds()).filter((hold) => hold.status === status);
const members = async () => ((await scene.group('staff'))?.['members'] as string[] | undefined) ?? [];
const links = (added: readonly string[], removed: readonly string[]) =>
  scene.relay.changes([
    {
      key: keyOf('staff'),
      attributes: {},
      links: { member: { added: added.map(keyOf), removed: removed.map(keyOf) } },
    },
  ]);

beforeAll(async () => {
  scene = await startScene({
    rules: rulesWith(({ syncs: { users, groups } }) => {
      users.budgets['blank'] = { max: 20, percent: 5, per: 'P1D', atLeast: 2 };
      groups.budgets['removeMembers'] = { max: removalsMax, percent: 100, per: 'P1D' };
    }),
  });
  await scene.relay.changes([...whole('Clerk', true), groupRead('staff', staff)]);
  await eventually('all are there with a number', async () => (await withPhone()) === people.length, 110_000);
  await eventually('all staff are in', async () => (await members()).length === staff.length, 60_000);
}, 240_000);

afterAll(async () => scene.stop());

describe('a read right that is withdrawn on one attribute', () => {
  test('empties a few values and holds the others, while other values of the same objects flow', async () => {
    await scene.relay.changes(whole('Boss', false));
    await eventually('all have the new title', haveTitle('Boss'), 90_000);
    await eventually('the rest is held', async () => (await holdsOf('held')).length === 57, 60_000);
    // Five percent of sixty.
    expect(await withPhone()).toBe(57);
    const held = await holdsOf('held');
    expect(new Set(held.map(({ draw }) => draw?.path))).toEqual(new Set(['businessPhones']));
    expect(held[0]?.message).toMatch(/^businessPhones would be emptied: 3 of 3 spent .*right to read/);
  });

  test('what a person approves is emptied, and nothing else', async () => {
    const [one] = await holdsOf('held');
    await scene.decide('approve', [one?.hash ?? '']);
    await eventually('it is emptied', async () => (await withPhone()) === 56, 60_000);
    await eventually('the permit is spent', async () => (await holdsOf('spent')).length === 1, 60_000);
    expect(await holdsOf('held')).toHaveLength(56);
  });

  test('the values come back with the right, and every hold closes', async () => {
    await scene.relay.changes(whole('Boss', true));
    await eventually('all have a number', async () => (await withPhone()) === people.length, 90_000);
    await eventually('the holds close', async () => (await holdsOf('overtaken')).length === 56, 60_000);
    expect(await holdsOf('held')).toEqual([]);
  });
});

describe('a group that is emptied', () => {
  test('loses as many members as the budget allows, and the others wait in one hold', async () => {
    await links([], staff);
    const [hold] = await eventually(
      'the rest is held',
      async () => {
        const held = await holdsOf('held');
        return held.length > 0 ? held : null;
      },
      60_000,
    );
    expect(hold).toMatchObject({ operation: 'remove-member', key: keyOf('staff') });
    expect(hold?.members).toHaveLength(staff.length - removalsMax);
    await eventually(
      'six are out',
      async () => (await members()).length === staff.length - removalsMax,
      60_000,
    );
  });

  test('who comes back leaves the hold, and an approval takes out the others', async () => {
    const [hold] = await holdsOf('held');
    const back = people.filter((name) => hold?.members?.slice(0, 3).includes(keyOf(name)) === true);
    await links(back, []);
    await eventually(
      'the hold is about the others',
      async () => (await holdsOf('held'))[0]?.members?.length === staff.length - removalsMax - 3,
      60_000,
    );
    await scene.decide('approve', [hold?.hash ?? '']);
    await eventually('the others are out', async () => (await members()).length === 3, 60_000);
    const ids = (await cloudUsers()).flatMap((user) =>
      back.some((name) => user['userPrincipalName'] === `${name}@contoso.com`) ? [user.id] : [],
    );
    expect((await members()).sort()).toEqual(ids.sort());
    await eventually('the permit is spent', async () => (await holdsOf('held')).length === 0, 60_000);
  });
});
