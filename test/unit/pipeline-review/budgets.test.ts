import { describe, expect, test } from 'vitest';
import { carryOutRequest } from '../../../functions/operator/carry-out-request.ts';
import type { StoredRequest } from '../../../functions/operator/operator-request.ts';
import type { Pipeline } from '../../../functions/pipeline/pipeline.ts';
import type { Hold } from '../../../shared/guard/hold.ts';
import type { CloudRequest } from '../../../shared/ports/cloud-target.ts';
import { heldRange, pendingRange } from '../../../shared/state/keys.ts';
import { connector, group, Killed, keyIn, memberChange, refusal, user, World } from './world.ts';

const place = { connector, partition: 'p01' };
const dayMs = 86_400_000;
const staff = keyIn('p01', 0);
const people = Array.from({ length: 130 }, (_, index) => keyIn('p01', index + 1));

interface Limits {
  readonly blank?: number;
  readonly rename?: number;
  readonly remove?: number;
}

const rulesWith =
  ({ blank = 50, rename = 50, remove = 1_000 }: Limits) =>
  (text: string): string =>
    Object.entries({ blank, rename, removeMembers: remove }).reduce(
      (turned, [name, max]) =>
        turned.replace(
          new RegExp(`${name}: .*`),
          `${name}: { max: ${max}, percent: 100, per: P1D, atLeast: ${max} }`,
        ),
      text.replace(
        `jobTitle: '[title]'\n`,
        `jobTitle: '[title]'\n      department: '[department]'\n      manager: { reference: manager }\n`,
      ),
    );

const nameOf = (key: string): string => `n${people.indexOf(key)}`;
const holdsOf = async (world: World): Promise<Hold[]> => {
  const rows = await world.tables.range('Holds', connector, { from: '0', to: 'g', limit: 1_000 });
  return rows.map((row) => row.data as Hold).sort((a, b) => a.heldAt - b.heldAt);
};
const openHolds = async (world: World) => (await holdsOf(world)).filter(({ status }) => status === 'held');

async function decide(
  world: World,
  kind: 'approve' | 'reject',
  holds: readonly Hold[],
  pipeline: Pipeline = world.pipeline,
): Promise<void> {
  const data: StoredRequest = { kind, by: 'op', at: world.now, holds: holds.map(({ hash }) => hash) };
  await world.tables.transact('Requests', connector, [{ kind: 'upsert', rowKey: 'r1', content: { data } }]);
  await carryOutRequest(pipeline, place, 'r1');
  await world.turns('p01', pipeline);
}

/** People with a department and a title, all of them in the cloud for long. */
async function peopled(limits: Limits, count: number): Promise<World> {
  const world = new World({ rules: rulesWith(limits) });
  const some = people.slice(0, count);
  for (let at = 0; at < count; at += 33)
    await world.fold(
      some.slice(at, at + 33).map((key) => {
        const one = user(key, nameOf(key));
        return { ...one, attributes: { ...one.attributes, department: ['Sales'], title: ['Clerk'] } };
      }),
    );
  await world.turns('p01');
  world.now += 200_000;
  world.requests.length = 0;
  return world;
}

const patches = (world: World): CloudRequest[] => world.requests.filter(({ method }) => method === 'PATCH');
const clearings = (world: World) =>
  patches(world).filter(({ body }) => (body as Record<string, unknown>)['department'] === null);

describe('values that are emptied', () => {
  const clear = (keys: readonly string[], more: Record<string, string[]> = {}) =>
    keys.map((key) => ({ key, attributes: { department: [], ...more } }));

  test('beyond the budget of their property are held; the rest of the same object flows in one request', async () => {
    const world = await peopled({ blank: 2 }, 5);
    await world.fold(clear(people.slice(0, 5), { title: ['Boss'] }));
    await world.turns('p01');
    expect(clearings(world)).toHaveLength(2);
    expect(patches(world).map(({ body }) => body)).toEqual(
      expect.arrayContaining([
        { jobTitle: 'Boss', department: null },
        { jobTitle: 'Boss', department: null },
        { jobTitle: 'Boss' },
        { jobTitle: 'Boss' },
        { jobTitle: 'Boss' },
      ]),
    );
    expect(patches(world)).toHaveLength(5);
    const holds = await openHolds(world);
    expect(holds).toHaveLength(3);
    expect(holds[0]).toMatchObject({ operation: 'update', draw: { budget: 'blank', path: 'department' } });
    expect(holds[0]?.message).toMatch(/^department would be emptied: 2 of 2 spent .*right .* was lost/);
    expect((await world.object(holds[0]?.key ?? ''))?.parked).toBe('held');
  });

  test('of another property have a budget of their own', async () => {
    const world = await peopled({ blank: 1 }, 3);
    await world.fold(clear(people.slice(0, 2)));
    await world.fold([{ key: people[2] ?? '', attributes: { title: [] } }]);
    await world.turns('p01');
    expect(patches(world).map(({ body }) => body)).toEqual(
      expect.arrayContaining([{ department: null }, { jobTitle: null }]),
    );
    expect(await openHolds(world)).toHaveLength(1);
  });

  test('are emptied once a person approves, and the values that come back close the other holds', async () => {
    const world = await peopled({ blank: 1 }, 3);
    await world.fold(clear(people.slice(0, 3)));
    await world.turns('p01');
    const [approved, other] = await openHolds(world);
    if (approved === undefined || other === undefined) throw new Error('nothing is held');
    world.requests.length = 0;
    await decide(world, 'approve', [approved]);
    expect(patches(world).map(({ body }) => body)).toEqual([{ department: null }]);
    await world.fold([{ key: other.key, attributes: { department: ['Sales'] } }]);
    await world.turns('p01');
    expect(patches(world)).toHaveLength(1);
    const statuses = (await holdsOf(world)).map(({ hash, status }) => [hash, status]);
    expect(new Map(statuses as [string, string][])).toEqual(
      new Map([
        [approved.hash, 'spent'],
        [other.hash, 'overtaken'],
      ]),
    );
    // What is written counts as written: nothing is planned any more.
    await world.fold(clear([approved.key]));
    await world.turns('p01');
    expect(patches(world)).toHaveLength(1);
  });

  test('keep their approval when Graph asks to wait, though they went with other values', async () => {
    const world = await peopled({ blank: 1 }, 2);
    await world.fold(clear(people.slice(0, 2)));
    await world.turns('p01');
    const [held] = await openHolds(world);
    if (held === undefined) throw new Error('nothing is held');
    world.intercept = (request) =>
      request.method === 'PATCH'
        ? refusal(request, { code: 'GRAPH_THROTTLED', status: 429, retryAfterMs: 400_000 })
        : null;
    await world.fold([{ key: held.key, attributes: { title: ['Boss'] } }]);
    await decide(world, 'approve', [held]);
    expect((await holdsOf(world)).find(({ hash }) => hash === held.hash)?.status).toBe('approved');
    world.intercept = () => null;
    world.requests.length = 0;
    world.now += 500_000;
    await world.turns('p01');
    expect(patches(world).map(({ body }) => body)).toEqual([{ jobTitle: 'Boss', department: null }]);
    expect((await holdsOf(world)).find(({ hash }) => hash === held.hash)?.status).toBe('spent');
  });

  test('are released by rules with a larger budget', async () => {
    const world = await peopled({ blank: 1 }, 3);
    await world.fold(clear(people.slice(0, 3)));
    await world.turns('p01');
    const larger = new World({ rules: rulesWith({ blank: 2 }) });
    larger.revision = 2;
    const pipeline = { ...world.pipeline, rules: larger.pipeline.rules };
    await world.fold(clear(people.slice(0, 3), { title: ['Boss'] }));
    await world.turns('p01', pipeline);
    expect(clearings(world)).toHaveLength(2);
    expect(await openHolds(world)).toHaveLength(1);
  });

  test('stay held in plan mode', async () => {
    const world = await peopled({ blank: 1 }, 2);
    await world.fold(clear(people.slice(0, 2)));
    await world.turns('p01');
    const planned = world.withMode('plan');
    await world.fold(clear(people.slice(0, 2), { title: ['Boss'] }));
    await world.turns('p01', planned);
    expect(await openHolds(world)).toHaveLength(1);
  });
});

describe('a manager that is taken away', () => {
  const [boss = '', ...team] = people.slice(0, 4);

  async function managed(limits: Limits): Promise<World> {
    const world = await peopled(limits, 4);
    await world.fold(team.map((key) => ({ key, attributes: { manager: [{ r: boss }] } })));
    await world.turns('p01');
    world.requests.length = 0;
    return world;
  }
  const taken = (world: World) => world.requests.filter(({ method }) => method === 'DELETE');

  test('is counted as an emptied value', async () => {
    const world = await managed({ blank: 1 });
    await world.fold(team.map((key) => ({ key, attributes: { manager: [] } })));
    await world.turns('p01');
    expect(taken(world)).toHaveLength(1);
    expect((await openHolds(world)).map(({ operation }) => operation)).toEqual([
      'clear-reference',
      'clear-reference',
    ]);
  });

  test('since he was deleted is no loss', async () => {
    const world = await managed({ blank: 1 });
    await world.fold([{ key: boss, deleted: true, attributes: {} }]);
    await world.turns('p01');
    await world.fold(team.map((key) => ({ key, attributes: { manager: [] } })));
    await world.turns('p01');
    expect(taken(world)).toHaveLength(3);
    expect(await openHolds(world)).toEqual([]);
  });
});

test('renamings beyond their budget are held, and other values flow', async () => {
  const world = await peopled({ rename: 1 }, 3);
  await world.fold(
    people.slice(0, 3).map((key) => ({
      key,
      attributes: { userPrincipalName: [`new-${nameOf(key)}@corp.example`], title: ['Boss'] },
    })),
  );
  await world.turns('p01');
  const bodies = patches(world).map(({ body }) => Object.keys(body as object).sort());
  expect(bodies.filter((names) => names.includes('userPrincipalName'))).toHaveLength(1);
  expect(bodies.filter((names) => names.includes('jobTitle'))).toHaveLength(3);
  expect((await openHolds(world)).map(({ draw }) => draw)).toEqual([
    { budget: 'rename', path: null },
    { budget: 'rename', path: null },
  ]);
});

describe('members that are taken out', () => {
  async function grouped(limits: Limits, count: number): Promise<World> {
    const world = await peopled(limits, count);
    await world.fold([group(staff, 'staff', people.slice(0, count))]);
    await world.turns('p01');
    world.now += 200_000;
    world.requests.length = 0;
    return world;
  }
  const remove = (keys: readonly string[]) => memberChange(staff, [], keys);
  const removed = (world: World) => world.requests.filter(({ method }) => method === 'DELETE');
  const rows = async (world: World, range: { from: string; to: string }) =>
    world.tables.range('Objects', 'corp|p01', { ...range, limit: 1_000, keysOnly: true });
  const ready = (world: World) => rows(world, pendingRange(staff, 'ready'));
  const waiting = (world: World) => rows(world, heldRange(staff));

  test('beyond the budget wait in one hold, and cost nothing more', async () => {
    const world = await grouped({ remove: 3 }, 8);
    const change = world.changeSet([remove(people.slice(0, 8))]);
    await world.fold(change.objects, change);
    await world.turns('p01');
    expect(removed(world)).toHaveLength(3);
    const [hold, ...others] = await holdsOf(world);
    expect(others).toEqual([]);
    expect(hold).toMatchObject({ operation: 'remove-member', cause: 'budget', status: 'held' });
    expect(hold?.members).toHaveLength(5);
    expect(hold?.message).toContain('5 members would be taken out: 3 of 3 spent');
    expect(await ready(world)).toEqual([]);
    expect(await waiting(world)).toHaveLength(5);
    const journal = (await world.journal()).filter(({ tags }) => tags['outcome'] === 'held');
    expect(journal).toHaveLength(5);

    // The message comes again, and somebody looks at the group.
    await world.fold(change.objects, change);
    await world.fold([{ key: staff, attributes: { displayName: ['All staff'] } }]);
    await world.turns('p01');
    expect(removed(world)).toHaveLength(3);
    expect(await holdsOf(world)).toEqual([hold]);
    expect((await world.journal()).filter(({ tags }) => tags['outcome'] === 'held')).toHaveLength(5);
  });

  test('leave their hold when they come back; it closes with the last of them', async () => {
    const world = await grouped({ remove: 1 }, 4);
    await world.fold([remove(people.slice(0, 4))]);
    await world.turns('p01');
    const [hold] = await openHolds(world);
    const [first = '', ...last] = hold?.members ?? [];
    world.requests.length = 0;
    await world.fold([memberChange(staff, [first])]);
    await world.turns('p01');
    expect((await openHolds(world))[0]?.members).toEqual(last);
    await world.fold([memberChange(staff, last)]);
    await world.turns('p01');
    expect(await holdsOf(world)).toMatchObject([{ status: 'overtaken' }]);
    expect((await world.object(staff))?.memberHolds).toEqual([]);
    expect(world.requests).toEqual([]);
    expect(await ready(world)).toEqual([]);
  });

  test('are taken out once a person approves, those who came back are not', async () => {
    const world = await grouped({ remove: 1 }, 5);
    await world.fold([remove(people.slice(0, 5))]);
    await world.turns('p01');
    const [hold] = await openHolds(world);
    const [back = '', ...out] = hold?.members ?? [];
    await world.fold([memberChange(staff, [back])]);
    world.requests.length = 0;
    await decide(world, 'approve', await openHolds(world));
    expect(removed(world)).toHaveLength(out.length);
    for (const key of out) expect((await world.member(staff, key))?.applied).toBeNull();
    expect((await world.member(staff, back))?.applied).not.toBeNull();
    expect(await holdsOf(world)).toMatchObject([{ status: 'spent' }]);

    // The approval was for once: who is added and taken out again is counted again.
    await world.fold([memberChange(staff, out)]);
    await world.turns('p01');
    world.requests.length = 0;
    await world.fold([remove(out)]);
    await world.turns('p01');
    expect(removed(world)).toEqual([]);
    expect(await openHolds(world)).toHaveLength(1);
  });

  test('stay in when a person rejects, also when they are named again', async () => {
    const world = await grouped({ remove: 1 }, 4);
    await world.fold([remove(people.slice(0, 4))]);
    await world.turns('p01');
    const [hold] = await openHolds(world);
    world.requests.length = 0;
    await decide(world, 'reject', await openHolds(world));
    await world.fold([memberChange(staff, hold?.members ?? [])]);
    await world.turns('p01');
    await world.fold([remove(hold?.members ?? [])]);
    await world.turns('p01');
    expect(removed(world)).toEqual([]);
    expect(await openHolds(world)).toEqual([]);
    expect(await waiting(world)).toHaveLength(3);
  });

  test('keep their approval until all are out, though Graph asks to wait in between', async () => {
    const world = await grouped({ remove: 1 }, 6);
    await world.fold([remove(people.slice(0, 6))]);
    await world.turns('p01');
    world.requests.length = 0;
    let left = 2;
    world.intercept = (request) =>
      request.method === 'DELETE' && (left -= 1) < 0
        ? refusal(request, { code: 'GRAPH_THROTTLED', status: 429, retryAfterMs: 400_000 })
        : null;
    await decide(world, 'approve', await openHolds(world));
    expect(await holdsOf(world)).toMatchObject([{ status: 'approved' }]);
    expect(await waiting(world)).toHaveLength(3);
    world.intercept = () => null;
    world.now += 500_000;
    await world.turns('p01');
    expect(await holdsOf(world)).toMatchObject([{ status: 'spent' }]);
    expect(await waiting(world)).toEqual([]);
    expect(new Set(removed(world).map(({ path }) => path)).size).toBe(5);
  });

  test('that are deleted in the cloud are no loss', async () => {
    const world = await grouped({ remove: 1 }, 5);
    const gone = people.slice(0, 3);
    // Deleted at the source and disabled since.
    await world.fold(gone.map((key) => ({ key, deleted: true, attributes: {} })));
    await world.turns('p01');
    world.requests.length = 0;
    await world.fold([remove(people.slice(0, 5))]);
    await world.turns('p01');
    expect(removed(world)).toHaveLength(4);
    expect((await openHolds(world))[0]?.members).toHaveLength(1);
  });

  test('are more than a turn looks at: a hold for each hundred, and others do not wait behind them', async () => {
    const world = await grouped({ remove: 10 }, 125);
    await world.fold([remove(people.slice(0, 125))]);
    await world.turns('p01');
    expect(removed(world)).toHaveLength(10);
    const holds = await openHolds(world);
    expect(holds.map(({ members }) => members?.length)).toEqual([90, 25]);
    await world.fold([user(people[126] ?? '', 'late')]);
    await world.turns('p01');
    world.now += 200_000;
    world.requests.length = 0;
    await world.fold([memberChange(staff, [people[126] ?? ''])]);
    await world.turns('p01');
    expect(world.requests.map(({ method }) => method)).toEqual(['POST']);
    await decide(world, 'approve', holds);
    expect(removed(world)).toHaveLength(115);
    await world.turns('p01');
    expect((await holdsOf(world)).map(({ status }) => status)).toEqual(['spent', 'spent']);
  });

  test('are released by rules with a larger budget', async () => {
    const world = await grouped({ remove: 1 }, 5);
    await world.fold([remove(people.slice(0, 5))]);
    await world.turns('p01');
    const larger = new World({ rules: rulesWith({ remove: 3 }) });
    larger.revision = 2;
    const pipeline = { ...world.pipeline, rules: larger.pipeline.rules };
    await world.turns('p01', pipeline);
    await world.fold([{ key: staff, attributes: { displayName: ['All'] } }]);
    await world.turns('p01', pipeline);
    expect(removed(world)).toHaveLength(3);
    expect((await openHolds(world)).map(({ members }) => members?.length)).toEqual([2]);
  });

  test('are not taken out by an approval that comes after the group has left', async () => {
    const world = await grouped({ remove: 1 }, 4);
    await world.fold([remove(people.slice(0, 4))]);
    await world.turns('p01');
    const held = await openHolds(world);
    world.requests.length = 0;
    await world.fold([{ key: staff, deleted: true, attributes: {} }]);
    await world.turns('p01');
    await decide(world, 'approve', held);
    expect(world.requests.map(({ method, path }) => [method, path.includes('members')])).toEqual([
      ['DELETE', false],
    ]);
    expect(await holdsOf(world)).toMatchObject([{ status: 'overtaken' }]);
  });

  test('are neither lost nor taken out twice wherever the process dies', async () => {
    for (let nth = 1; ; nth += 1) {
      const world = await grouped({ remove: 2 }, 5);
      await world.fold([remove(people.slice(0, 5))]);
      let writes = 0;
      world.tables.after = (call) => {
        if (call.kind === 'transact' && (writes += 1) === nth) throw new Killed();
      };
      const survived = await world.turns('p01').then(
        () => true,
        () => false,
      );
      world.tables.after = undefined;
      world.now += 200_000;
      await world.turns('p01');
      expect(new Set(removed(world).map(({ path }) => path)).size).toBe(2);
      const [hold, ...others] = await openHolds(world);
      expect(others).toEqual([]);
      expect(hold?.members).toHaveLength(3);
      expect(await waiting(world)).toHaveLength(3);

      writes = 0;
      world.tables.after = (call) => {
        if (call.kind === 'transact' && (writes += 1) === nth + 2) throw new Killed();
      };
      const decided = await decide(world, 'approve', [hold as Hold]).then(
        () => true,
        () => false,
      );
      world.tables.after = undefined;
      await carryOutRequest(world.pipeline, place, 'r1');
      world.now += 200_000;
      await world.turns('p01');
      world.now += dayMs;
      await world.turns('p01');
      expect(new Set(removed(world).map(({ path }) => path)).size).toBe(5);
      expect(await waiting(world)).toEqual([]);
      expect(await holdsOf(world)).toMatchObject([{ status: 'spent' }]);
      if (survived && decided) return;
      if (nth > 60) throw new Error('it never survived');
    }
  });
});
