import { expect, test } from 'vitest';
import { runSlice } from '../../../functions/pipeline/run-slice.ts';
import { objectRowKey } from '../../../shared/state/keys.ts';
import { connector, group, keyIn, memberChange, user, World } from '../pipeline-review/world.ts';

const partition = 'p01';
const [ada, crew] = [keyIn(partition, 0), keyIn(partition, 1)];

test('a member that is folded while its group is looked at, and was to be looked at anyway, is not forgotten', async () => {
  const world = new World();
  await world.fold([user(ada, 'ada'), group(crew, 'crew')]);
  // Made, and due again when Graph's replicas know it.
  const first = await world.work(partition);
  await runSlice(world.pipeline, { connector, partition }, first?.work ?? '');
  world.now += 2_000;
  let isFolded = false;
  world.tables.before = async (call) => {
    const settles =
      call.kind === 'transact' && call.writes.some(({ rowKey }) => rowKey === objectRowKey(crew));
    if (!settles || isFolded) return;
    isFolded = true;
    await world.fold([memberChange(crew, [ada])], { lane: 'bulk' });
  };
  await world.turns(partition);
  world.now += 10_000;
  await world.turns(partition);
  expect(isFolded).toBe(true);
  expect(await world.member(crew, ada)).toMatchObject({ applied: 'u-ada', pending: null });
});
