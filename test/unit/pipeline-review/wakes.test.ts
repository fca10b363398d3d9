import { expect, test } from 'vitest';
import { takeWakes } from '../../../functions/pipeline/take-wakes.ts';
import { indexRowKey } from '../../../shared/state/keys.ts';
import { connector, group, keyIn, user, World } from './world.ts';

const place = { connector, partition: 'p01' };
const people = Array.from({ length: 60 }, (_, index) => keyIn('p01', index));
const [staff, crew] = [keyIn('p01', 60), keyIn('p01', 61)];

test('more members of a group than one transaction wakes are woken at once, those of another group with them', async () => {
  const world = new World();
  await world.fold([group(staff, 'staff', people)]);
  await world.fold([group(crew, 'crew', people.slice(0, 5))]);
  await world.turns('p01');
  expect((await world.member(staff, people[0] ?? ''))?.pending).toBe('waiting');
  for (const half of [people.slice(0, 30), people.slice(30)])
    await world.fold(half.map((key) => user(key, `person-${key.slice(-6)}`)));
  await world.turns('p01');
  const members = await Promise.all(people.map((key) => world.member(staff, key)));
  expect(members.map((member) => member?.pending)).toEqual(people.map(() => null));
  expect(members.every((member) => member?.applied?.startsWith('u-person-'))).toBe(true);
  expect((await world.member(crew, people[4] ?? ''))?.applied).not.toBeNull();
});

test('wakes of one group that mostly say nothing new are taken all the same', async () => {
  const world = new World();
  const [first = '', last = ''] = [people[0], people[29]];
  await world.fold([group(staff, 'staff', [first, last])]);
  await world.turns('p01');
  const rows = people.slice(0, 30).map((target) => {
    const id = `${staff}|member|${target}`;
    return { id, rank: '1', rowKey: indexRowKey({ rank: '1', due: world.now, kind: 'woken', id }) };
  });
  await world.tables.transact(
    'Objects',
    `${connector}|p01`,
    rows.map(({ rowKey }) => ({ kind: 'upsert', rowKey, content: {} })),
  );
  await takeWakes(world.pipeline, place, rows);
  expect(await world.member(staff, first)).toMatchObject({ pending: 'ready' });
  expect(await world.member(staff, last)).toMatchObject({ pending: 'ready' });
});
