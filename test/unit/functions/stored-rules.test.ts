import { expect, test } from 'vitest';
import { configureAgent } from '../../../functions/pipeline/configure-agent.ts';
import { storedRules } from '../../../functions/pipeline/stored-rules.ts';
import { takeConfigured } from '../../../functions/pipeline/agent-reports.ts';
import { acceptRequest } from '../../../functions/operator/accept-request.ts';
import type { Pipeline } from '../../../functions/pipeline/pipeline.ts';
import { runSlice } from '../../../functions/pipeline/run-slice.ts';
import { sweepPartition } from '../../../functions/pipeline/sweep-partition.ts';
import { connector, keyIn, rulesText, user, World } from '../pipeline-review/world.ts';

const operator = { id: 'someone', roles: [] };
const ada = keyIn('p01', 0);
const unit = { dn: 'OU=Staff,DC=corp,DC=example', key: 'f'.repeat(32) };
const scoped = rulesText
  .replace('BUDGET', '50')
  .replace(
    "scope: { exclude: none, where: ['IsNullOrEmpty([info])'] }",
    `scope: { exclude: none, under: [{ dn: '${unit.dn}' }] }`,
  );

/** Another process on the same state, with a memory of its own. */
const processOf = (world: World): Pipeline => ({
  ...world.pipeline,
  rules: storedRules(world.tables, world.pipeline.clock),
});

const publish = (pipeline: Pipeline, text = scoped) =>
  acceptRequest(pipeline, 'publish-rules', { files: [{ name: 'rules.yaml', text }] }, operator);

const configured = (pipeline: Pipeline, world: World, revision = 1) =>
  takeConfigured(pipeline, world.envelope('p00'), { revision, containers: [unit] });

const member = () => user(ada, 'ada', { dn: `CN=ada,${unit.dn}`, ancestors: [unit.key] });

/** The next look at table Rules has read what there is, and hears it only once the gate is open. */
function heldLook(world: World) {
  const reached = Promise.withResolvers<undefined>();
  const opened = Promise.withResolvers<undefined>();
  world.tables.after = async (call) => {
    if (call.table !== 'Rules' || call.kind !== 'get') return;
    world.tables.after = undefined;
    reached.resolve(undefined);
    await opened.promise;
  };
  return { reached: reached.promise, open: () => opened.resolve(undefined) };
}

test('a look at the rules that began before a publication does not hide it', async () => {
  const world = new World();
  const rules = storedRules(world.tables, world.pipeline.clock);
  const gate = heldLook(world);
  const early = rules.inForce(0);
  await gate.reached;
  await publish(processOf(world));
  rules.refresh();
  gate.open();
  expect(await early).toBeNull();
  expect(await rules.inForce(0)).toMatchObject({ revision: 1 });
});

test('whoever must know a generation does not make do with an older look of somebody else', async () => {
  const world = new World();
  const rules = storedRules(world.tables, world.pipeline.clock);
  const gate = heldLook(world);
  const early = rules.inForce(0);
  await gate.reached;
  await publish(processOf(world));
  const later = rules.inForce(1);
  gate.open();
  expect(await early).toBeNull();
  expect(await later).toMatchObject({ revision: 1, generation: 1 });
});

test('containers found while another process remembers that there are none: its turn knows them all the same', async () => {
  const world = new World();
  const [one, other] = [processOf(world), processOf(world)];
  await publish(one);
  await world.fold([member()]);
  await world.turns('p01', other);
  expect(await world.object(ada)).toMatchObject({ parked: 'unresolved-scope' });
  await configured(one, world);
  await world.turns('p01', other);
  expect(world.requests).toMatchObject([{ method: 'POST', path: '/users' }]);
});

test('a turn that was under way while containers were found is followed by one that knows them', async () => {
  const world = new World();
  const [one, other] = [processOf(world), processOf(world)];
  await publish(one);
  await world.fold([member()]);
  let hasCome = false;
  world.tables.before = async (call) => {
    if (hasCome || call.kind !== 'transact' || call.table !== 'Objects') return;
    hasCome = true;
    await configured(one, world);
  };
  await runSlice(other, { connector, partition: 'p01' }, (await world.work('p01'))?.work ?? '');
  expect(hasCome).toBe(true);
  await world.turns('p01', other);
  expect(world.requests).toMatchObject([{ method: 'POST', path: '/users' }]);
});

test('whoever dies between keeping the containers and telling the partitions: the sweep tells them', async () => {
  const world = new World();
  const [one, other] = [processOf(world), processOf(world)];
  await publish(one);
  await world.fold([member()]);
  await world.turns('p01', other);
  world.tables.after = (call) => {
    if (call.kind === 'transact' && call.table === 'Rules') throw new Error('killed');
  };
  await expect(configured(one, world)).rejects.toThrow('killed');
  world.tables.after = undefined;
  const { generation } = (await processOf(world).rules.inForce(0)) ?? { generation: 0 };
  await sweepPartition(one, { connector, partition: 'p01' }, generation);
  await world.turns('p01', other);
  expect(world.requests).toMatchObject([{ method: 'POST', path: '/users' }]);
});

test('the same containers again are no news: nothing is looked at again', async () => {
  const world = new World();
  const one = processOf(world);
  await publish(one);
  await configured(one, world);
  const before = await one.rules.inForce(0);
  await configured(one, world);
  expect((await one.rules.inForce(0))?.generation).toBe(before?.generation);
});

test('an agent that is trusted where nobody has heard of the rules yet is told what to capture', async () => {
  const world = new World();
  const [one, other] = [processOf(world), processOf(world)];
  expect(await other.rules.inForce(0)).toBeNull();
  await publish(one);
  const key = { keyId: 'k1', agent: 'relay-1', publicKey: '', status: 'trusted' };
  await world.tables.transact('Agents', connector, [
    { kind: 'insert', rowKey: 'k1', content: { data: key, tags: { status: 'trusted' } } },
  ]);
  await configureAgent(other, connector);
  expect(world.sent.map(({ envelope }) => envelope.kind)).toContain('configure');
});
