import { rmSync } from 'node:fs';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { watchPlan, type Watched, type WatchQuestion } from '../../../cli/apply/watch-plan.ts';
import { interrupted } from '../../../cli/command-error.ts';
import { runCommand } from '../../../cli/main.ts';
import type { PlanFile } from '../../../cli/plan/plan-file.ts';
import type { LatestRevision } from '../../../shared/state/rule-rows.ts';
import { indexRowKey, objectRowKey, workRowKey } from '../../../shared/state/keys.ts';
import { idleWork, type ObjectRecord, type WorkRecord } from '../../../shared/state/object-record.ts';
import { partitionOf } from '../../../shared/model/partition.ts';
import {
  connector,
  keyIn,
  memberChange,
  group,
  user,
  refusal,
  type World,
} from '../pipeline-review/world.ts';
import {
  applyCommand,
  clockOf,
  fakeOperator,
  folder,
  planFileOf,
  putInForce,
  putLatest,
  writePlan,
  type FakeOperator,
} from './apply-scene.ts';
import { fakeIo } from './fake-io.ts';
import { newWorld, publish, rules, settle, under } from './plan-scene.ts';

const plan = 'a'.repeat(20);
const [ada, bob, staff] = [keyIn('p00', 0), keyIn('p01', 0), keyIn('p02', 0)];
const every = [ada, bob, staff];
const bossy = rules.replace("'[title]'", `'"Boss"'`);

const operators: FakeOperator[] = [];
afterEach(() => {
  for (const one of operators.splice(0)) one.close();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const inForce = (world: World, over: Partial<LatestRevision> = {}): Promise<void> =>
  putLatest(world, {
    revision: 2,
    hash: 'b'.repeat(64),
    generation: 2,
    apply: { id: plan, at: world.now, base: 1, mode: 'full' },
    ...over,
  });

/** Ada and Bob in the cloud with a plan that makes bosses of both, in force and not looked at. */
async function begun(): Promise<{ readonly world: World; readonly file: PlanFile }> {
  const world = newWorld();
  await publish(world, rules);
  await world.fold([user(ada, 'ada')]);
  await world.fold([user(bob, 'bob')]);
  await world.fold([group(staff, 'staff', [ada])]);
  await settle(world, every);
  const file = await planFileOf(world, bossy);
  await inForce(world);
  return { world, file };
}

interface Scene {
  readonly meanwhile?: (waited: number) => Promise<void> | void;
  readonly question?: Partial<WatchQuestion>;
}

async function watched(world: World, file: PlanFile, { meanwhile = () => undefined, question }: Scene) {
  const told: string[] = [];
  const startedAt = world.now;
  const result: Watched = await watchPlan(world.tables, clockOf(world, meanwhile), {
    plan,
    operations: file.operations,
    revision: 2,
    generation: 2,
    timeoutMs: 600_000,
    tell: (counts) =>
      told.push(`${(world.now - startedAt) / 1_000} s: ${counts.done} done, ${counts.pending} to come`),
    ...question,
  });
  return { ...result, told, seconds: (world.now - startedAt) / 1_000 };
}

async function change(world: World, key: string, over: Partial<ObjectRecord>): Promise<void> {
  const data = { ...(await world.object(key)), ...over };
  await world.tables.transact('Objects', `${connector}|${partitionOf(connector, key)}`, [
    { kind: 'upsert', rowKey: objectRowKey(key), content: { data } },
  ]);
}

async function walked(world: World, key: string, generation = 2): Promise<void> {
  const partition = partitionOf(connector, key);
  const data: WorkRecord = { ...idleWork, ...(await world.work(partition)), observed: generation };
  await world.tables.transact('Objects', `${connector}|${partition}`, [
    { kind: 'upsert', rowKey: workRowKey, content: { data } },
  ]);
}

/** As the function app leaves it that has carried out the plan for the object. */
async function carriedOut(world: World, key: string): Promise<void> {
  const { link = null } = (await world.object(key)) ?? {};
  if (link === null) throw new Error('it is in the cloud');
  const applied = { ...link.applied, jobTitle: 'Boss' };
  await change(world, key, { link: { ...link, applied }, failure: null, revision: 2 });
}

const standingsOf = ({ standings }: Watched) => [...standings.values()].map(({ standing }) => standing);

describe('a plan is watched', () => {
  test('until everything is done, with a line every five seconds', async () => {
    const { world, file } = await begun();
    const result = await watched(world, file, {
      meanwhile: async (waited) => {
        if (waited === 4) await settle(world, [ada], under(world, bossy, 'full', 2));
        if (waited === 10) await settle(world, [bob], under(world, bossy, 'full', 2));
      },
    });
    expect(result).toMatchObject({ end: 'over', counts: { done: 2, pending: 0 } });
    expect(standingsOf(result)).toEqual([]);
    expect(result.told[0]).toBe('6 s: 0 done, 2 to come');
    expect(result.told).toContainEqual(expect.stringContaining(' s: 1 done, 1 to come'));
    expect(result.told.length).toBeGreaterThan(2);
    expect(result.told.length).toBeLessThan(8);
  });

  test('reading only what it is about: rows of its objects, by their keys', async () => {
    const { world, file } = await begun();
    const before = { ...world.tables.counts };
    await watched(world, file, {
      meanwhile: async (waited) => {
        if (waited === 1) await settle(world, [ada], under(world, bossy, 'full', 2));
        Object.assign(before, world.tables.counts);
      },
      question: { timeoutMs: 12_000 },
    });
    // The last look is about Bob alone: the rules in force, his partition's turn, and his row.
    const after = world.tables.counts;
    expect({ get: after.get - before.get, getMany: after.getMany - before.getMany }).toEqual({
      get: 2,
      getMany: 1,
    });
    expect({ ...after, get: 0, getMany: 0 }).toEqual({ ...before, get: 0, getMany: 0 });
  });

  test('at most for its time, and then says what is to come', async () => {
    const { world, file } = await begun();
    const result = await watched(world, file, { question: { timeoutMs: 60_000 } });
    expect(result).toMatchObject({ end: 'timeout', seconds: 60, counts: { done: 0, pending: 2 } });
  });

  test('more rarely where a look takes long', async () => {
    const { world, file } = await begun();
    world.tables.before = ({ kind }) => {
      if (kind === 'getMany') world.now += 1_000;
    };
    let waits = 0;
    await watched(world, file, { meanwhile: () => void (waits += 1), question: { timeoutMs: 60_000 } });
    // Two seconds a look, six between two: eight instead of thirty.
    expect(waits).toBe(8);
  });

  test('until other rules are published, or another plan', async () => {
    for (const over of [
      { apply: { id: 'c'.repeat(20), at: 1, base: 2, mode: 'full' } },
      { revision: 3, hash: 'd'.repeat(64), generation: 3, apply: undefined },
    ]) {
      const { world, file } = await begun();
      const result = await watched(world, file, {
        meanwhile: async (waited) => {
          if (waited === 2) await inForce(world, over as Partial<LatestRevision>);
        },
      });
      expect(result).toMatchObject({ end: 'replaced', seconds: 4, counts: { pending: 2 } });
    }
  });

  test('also while containers are looked up, which begins a new generation', async () => {
    const { world, file } = await begun();
    for (const key of [ada, bob]) {
      await walked(world, key);
      await change(world, key, { parked: 'unresolved-scope' });
    }
    const result = await watched(world, file, {
      meanwhile: async (waited) => {
        if (waited === 2) await inForce(world, { generation: 3 });
        if (waited === 40) await settle(world, [ada, bob], { ...under(world, bossy, 'full', 3) });
      },
    });
    expect(result).toMatchObject({ end: 'over', counts: { done: 2 } });
    expect(result.seconds).toBeGreaterThan(70);
  });

  test('what was refused is given half a minute, since it is tried again', async () => {
    const { world, file } = await begun();
    for (const key of [ada, bob]) await walked(world, key);
    const failing = { failure: { count: 1, code: 'GRAPH_INVALID_VALUE', at: world.now + 1 } } as const;
    for (const key of [ada, bob]) await change(world, key, failing);
    const result = await watched(world, file, {
      meanwhile: async (waited) => {
        if (waited === 5) await carriedOut(world, ada);
      },
    });
    expect(result).toMatchObject({ end: 'over', counts: { done: 1, failed: 1 } });
    expect(result.seconds).toBeGreaterThanOrEqual(30);
  });

  test('what looks overtaken is looked at again before it is believed', async () => {
    const { world, file } = await begun();
    for (const key of [ada, bob]) await walked(world, key);
    const result = await watched(world, file, {
      meanwhile: async (waited) => {
        if (waited === 1) await carriedOut(world, ada);
      },
    });
    expect(result).toMatchObject({ end: 'over', counts: { done: 1, overtaken: 1 } });
  });

  test('what waits for a name is waited for as long as the function app does', async () => {
    const { world, file } = await begun();
    for (const key of [ada, bob]) await walked(world, key);
    const index = indexRowKey({ rank: '2', due: world.now + 50_000, kind: 'object', id: ada });
    await change(world, ada, { parked: 'name', index });
    await carriedOut(world, bob);
    const result = await watched(world, file, {
      meanwhile: async (waited) => {
        if (waited === 25) await change(world, ada, { index: null });
      },
    });
    expect(result).toMatchObject({ end: 'over', counts: { done: 1, waiting: 1 } });
    // From the first look on it was waiting; it was over with the first one that showed nothing to come.
    expect(result.seconds).toBe(50);
  });

  test('who is missing in the cloud holds up references and memberships only so long', async () => {
    const world = newWorld();
    await publish(world, rules);
    await world.fold([user(ada, 'ada', {})]);
    await settle(world, every);
    await world.fold([user(bob, 'bob')]);
    await world.fold([{ key: ada, attributes: { manager: [{ r: bob }] } }]);
    await world.fold([group(staff, 'staff')]);
    await world.fold([memberChange(staff, [bob])]);
    const file = await planFileOf(world);
    expect(file.operations.map(({ kind }) => kind).sort()).toEqual([
      'add-member',
      'create',
      'create',
      'set-reference',
    ]);
    await inForce(world);
    world.intercept = (request) =>
      request.path === '/users' && request.method === 'POST'
        ? refusal(request, { code: 'GRAPH_INVALID_VALUE', status: 400 })
        : null;
    const result = await watched(world, file, {
      meanwhile: async (waited) => {
        if (waited === 1) await settle(world, every, under(world, rules, 'full', 2));
      },
    });
    expect(result).toMatchObject({ end: 'over', counts: { done: 1, failed: 1, waiting: 2 } });
  });
});

test('Ctrl-C ends the watching and nothing else, and says so', async () => {
  const { world, file } = await begun();
  await publish(world, rules);
  const operator = await fakeOperator((body) => putInForce(world, body, 2));
  operators.push(operator);
  const io = fakeIo();
  const running = applyCommand(world, writePlan(file), operator, {
    io,
    clock: clockOf(world, (waited) => {
      if (waited < 3) return;
      io.interrupt();
      throw interrupted();
    }),
  });
  await expect(running).rejects.toMatchObject({ exitCode: 130 });
  expect(io.err.at(-1)).toContain('It goes on by itself. To watch it again, repeat the command');
  expect(operator.carriedOut).toHaveLength(1);
});

test('the time to watch is a number of minutes', async () => {
  for (const timeout of ['0', 'x', '99999']) {
    const io = fakeIo();
    expect(await runCommand(['apply', 'plan.json', '--timeout', timeout], io)).toBe(2);
    expect(io.err.join('')).toContain('whole number from 1');
  }
});
