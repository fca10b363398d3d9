import { expect, test } from 'vitest';
import { moveIndex } from '../../../functions/pipeline/index-plan.ts';
import { loadObjects, storeIndexed } from '../../../functions/pipeline/object-rows.ts';
import type { ObjectRecord } from '../../../shared/state/object-record.ts';
import { connector, keyIn, user, World } from './world.ts';

const place = { connector, partition: 'p01' };
const people = Array.from({ length: 6 }, (_, index) => keyIn('p01', index));
const [folded = '', large = ''] = people;

test('what objects come to together is stored one by one where one was folded meanwhile and one is too large', async () => {
  const world = new World();
  await world.fold(people.map((key) => user(key, `person-${key.slice(-6)}`)));
  const loaded = await loadObjects(world.tables, place, people);
  await world.fold([user(folded, 'newer')]);
  const before = await world.object(folded);
  const later = (record: ObjectRecord) => moveIndex(record, { rank: '1', due: world.now + 60_000 });
  const random = Array.from({ length: 300_000 }, () => Math.random().toString(36)).join('');
  const stored = await Promise.allSettled(
    people.map((key) => {
      const one = loaded.get(key);
      if (one === undefined) throw new Error('it is not staged');
      const value = key === large ? { ...one.value, announced: random } : one.value;
      return storeIndexed(world.pipeline, place, one, later(value));
    }),
  );
  expect(stored.map(({ status }) => status)).toEqual(
    people.map((key) => (key === large ? 'rejected' : 'fulfilled')),
  );
  expect(await world.object(folded)).toEqual(before);
  for (const key of people.slice(2))
    expect((await world.object(key))?.index).toContain(String(world.now + 60_000));
});
