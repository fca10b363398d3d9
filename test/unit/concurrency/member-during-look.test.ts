import { expect, test } from 'vitest';
import { runSlice } from '../../../functions/pipeline/run-slice.ts';
import { memberRowKey, objectRowKey, pendingRowKey } from '../../../shared/state/keys.ts';
import { connector, group, Killed, keyIn, memberChange, user, World } from '../pipeline-review/world.ts';

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

test('a member that turns back between look and attempt is taken out again though the writer died unrecorded', async () => {
  const world = new World();
  await world.fold([user(ada, 'ada'), group(crew, 'crew')]);
  await world.turns(partition);
  await world.fold([memberChange(crew, [ada])]);
  let isFolded = false;
  world.tables.before = async (call) => {
    const begins =
      call.kind === 'transact' && call.writes.some(({ rowKey }) => rowKey === objectRowKey(crew));
    if (!begins || isFolded) return;
    isFolded = true;
    // Only the member's row: as where a large set takes several transactions, and the group's row comes with the last.
    await foldMemberRow(world);
  };
  const isPost = ({ path }: { path: string }): boolean => path.endsWith('/members/$ref');
  world.intercept = (request) => {
    if (isPost(request)) throw new Killed();
    return null;
  };
  await expect(world.turns(partition)).rejects.toThrow(Killed);
  world.intercept = () => null;
  world.now += 70_000;
  await world.turns(partition);
  expect(isFolded).toBe(true);
  expect(world.requests.map(({ method, path }) => `${method} ${path}`)).toContainEqual(
    expect.stringMatching(/^DELETE .*\/members\/u-ada\//),
  );
  expect(await world.member(crew, ada)).toMatchObject({ applied: null, pending: null });
});

/** What the fold of a removal makes of a value that nobody has written yet. */
async function foldMemberRow(world: World): Promise<void> {
  const before = await world.member(crew, ada);
  if (before === undefined) throw new Error('the group has no such member');
  const state = { ...before.state, version: world.version(), isPresent: false };
  await world.tables.transact('Objects', `${connector}|${partition}`, [
    {
      kind: 'upsert',
      rowKey: memberRowKey(crew, ada),
      content: { data: { ...before, state, pending: null } },
    },
    { kind: 'delete', rowKey: pendingRowKey(crew, 'ready', ada) },
  ]);
}
