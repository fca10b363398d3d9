import { expect, test } from 'vitest';
import type { Plan } from '../../../cli/plan/make-plan.ts';
import { entriesOf } from '../../../cli/plan/plan-entries.ts';
import type { PlanOperation } from '../../../cli/plan/plan-file.ts';
import { acceptRequest } from '../../../functions/operator/accept-request.ts';
import { carryOutRequest } from '../../../functions/operator/carry-out-request.ts';
import type { Accepted } from '../../../functions/operator/accepted.ts';
import { walkTo } from '../../../functions/pipeline/walk-revision.ts';
import type { Hold } from '../../../shared/guard/hold.ts';
import { captureNeeds } from '../../../shared/rules/capture-needs.ts';
import { compiled, planOf } from '../cli/plan-scene.ts';
import { operator, PublishedWorld } from './published-world.ts';
import { answer, connector, group, keyIn, refusal, rulesText, user, type WorldOptions } from './world.ts';

const ada = keyIn('p07', 0);
const bob = keyIn('p07', 1);
const cyd = keyIn('p07', 2);
const staff = keyIn('p07', 3);
const place = { connector, partition: 'p07' };

const before = rulesText.replace('BUDGET', '50');
/** Rules that say the title in capitals and map the department. */
const after = before.replace(
  "jobTitle: '[title]'",
  "jobTitle: 'ToUpper([title],)'\n      department: '[department]'",
);

const person = (key: string, name: string, more: Readonly<Record<string, string[]>> = {}) =>
  user(key, name, { attributes: { ...user(key, name).attributes, department: ['Sales'], ...more } });

const asked = [...captureNeeds(compiled(after), connector).attributes];

async function started(options: WorldOptions = {}): Promise<PublishedWorld> {
  const world = new PublishedWorld(options);
  await world.publish(before);
  await world.walk();
  await fold(world, person(ada, 'ada', { title: ['Engineer'] }), person(bob, 'bob', { title: ['Clerk'] }));
  await world.turns('p07', world.app);
  world.requests.length = 0;
  world.now += 60_000;
  return world;
}

/** Folded and not carried out yet. */
async function fold(world: PublishedWorld, ...objects: Parameters<PublishedWorld['fold']>[0]): Promise<void> {
  await world.fold(objects, { asked });
}

const operationsOf = (plan: Plan): readonly PlanOperation[] =>
  plan.objects.flatMap((object) => [...entriesOf(object, plan.targets.get(object.connector) ?? new Map())]);

interface Sent {
  readonly id?: string;
  /** What the request says instead. */
  readonly over?: Readonly<Record<string, unknown>>;
}

async function sendParts(world: PublishedWorld, plan: Plan, id: string): Promise<void> {
  const operations: Record<string, string[]> = {};
  for (const { key, hash, parts } of operationsOf(plan))
    operations[key] = [...(operations[key] ?? []), hash, ...Object.values(parts ?? {})];
  const body = { step: 'store', plan: id, part: 0, connector, operations };
  await acceptRequest(world.app, 'apply-plan', body, operator);
}

async function carryOut(
  world: PublishedWorld,
  plan: Plan,
  { id = '1'.repeat(20), over = {} }: Sent = {},
): Promise<Accepted> {
  const { at, rules, base } = plan.head;
  const body = {
    ...{ step: 'carry-out', plan: id, parts: 1, at, hash: rules.hash, files: rules.files },
    base: { revision: base?.revision, hash: base?.hash },
    ...over,
  };
  return acceptRequest(world.app, 'apply-plan', body, operator);
}

async function apply(world: PublishedWorld, plan: Plan, id = '1'.repeat(20)): Promise<void> {
  await sendParts(world, plan, id);
  await world.tell((await carryOut(world, plan, { id })).requestId);
  await world.walk();
}

async function holds(world: PublishedWorld): Promise<readonly Hold[]> {
  const rows = await world.tables.range('Holds', connector, { from: '0', to: 'g' });
  return rows.map(({ data }) => data as Hold).filter(({ status }) => status === 'held');
}

async function decide(world: PublishedWorld, kind: 'approve', hashes: readonly string[]): Promise<void> {
  const { requestId } = await acceptRequest(world.app, kind, { connector, holds: hashes }, operator);
  await carryOutRequest(world.app, place, `${requestId}-p07`);
  await world.turns('p07', world.app);
}

test('an applied plan is carried out, and nothing else: what was changed since is held', async () => {
  const world = await started();
  const plan = await planOf(world, after);
  await fold(world, { key: bob, attributes: { department: ['Legal'] } });
  await apply(world, plan);
  // What is changed at its source goes first.
  expect(world.patches()).toEqual([{ jobTitle: 'CLERK' }, { jobTitle: 'ENGINEER', department: 'Sales' }]);
  expect(await holds(world)).toMatchObject([{ key: bob, cause: 'plan', operation: 'update' }]);
  const [journaled] = (await world.journal()).filter(
    ({ data }) => (data as { code: string }).code === 'NOT_IN_PLAN',
  );
  expect(journaled).toBeDefined();
});

test('what the rules before would write as well needs no plan', async () => {
  const world = await started();
  const plan = await planOf(world, after);
  await fold(world, { key: bob, attributes: { title: ['Lead'], userAccountControl: ['514'] } });
  await apply(world, plan);
  expect(world.patches()).toContainEqual({ jobTitle: 'LEAD', department: 'Sales', accountEnabled: false });
  expect(await holds(world)).toEqual([]);
});

test('somebody new is made, with what the new rules make of him', async () => {
  const world = await started();
  const plan = await planOf(world, after);
  await fold(world, person(cyd, 'cyd', { title: ['Intern'] }));
  await apply(world, plan);
  const [made] = world.requests.filter(({ method, path }) => method === 'POST' && path === '/users');
  expect(made?.body).toMatchObject({ jobTitle: 'INTERN', department: 'Sales' });
  expect(await holds(world)).toEqual([]);
});

test('once an object is done, what comes later is written as the rules say', async () => {
  const world = await started();
  await apply(world, await planOf(world, after));
  expect((await world.object(bob))?.limitedBy).toBeUndefined();
  world.requests.length = 0;
  await fold(world, { key: bob, attributes: { department: ['Legal'] } });
  await world.turns('p07', world.app);
  expect(world.patches()).toEqual([{ department: 'Legal' }]);
});

test('a change that overtakes the walk is bound by the plan as well', async () => {
  const world = await started();
  const plan = await planOf(world, after);
  await sendParts(world, plan, '1'.repeat(20));
  await world.tell((await carryOut(world, plan)).requestId);
  await fold(world, { key: bob, attributes: { department: ['Legal'] } });
  await world.walk();
  expect(world.patches()).not.toContainEqual(expect.objectContaining({ department: 'Legal' }));
  expect(await holds(world)).toMatchObject([{ key: bob, cause: 'plan' }]);
});

test('what is held for the plan goes by an approval, by the next plan, or by publishing', async () => {
  for (const way of ['approve', 'plan', 'publish'] as const) {
    const world = await started();
    const plan = await planOf(world, after);
    await fold(world, { key: bob, attributes: { department: ['Legal'] } });
    await apply(world, plan);
    const held = await holds(world);
    world.requests.length = 0;
    if (way === 'approve')
      await decide(
        world,
        'approve',
        held.map(({ hash }) => hash),
      );
    else if (way === 'plan') await apply(world, await planOf(world, after), '2'.repeat(20));
    else {
      await world.publish(after);
      await world.walk();
    }
    expect(world.patches(), way).toEqual([{ department: 'Legal' }]);
    expect(await holds(world), way).toEqual([]);
    expect((await world.object(bob))?.limitedBy, way).toBeUndefined();
  }
});

test('what one plan has kept back is not let through by another that does not name it either', async () => {
  const world = await started();
  const plan = await planOf(world, after);
  await fold(world, { key: bob, attributes: { department: ['Legal'] } });
  await apply(world, plan);
  world.requests.length = 0;
  // Overtaken once more.
  const next = await planOf(world, after);
  await fold(world, { key: bob, attributes: { department: ['Board'] } });
  await world.turns('p07', world.app);
  await apply(world, next, '2'.repeat(20));
  expect(world.patches()).toEqual([]);
  expect(await holds(world)).toMatchObject([{ key: bob, cause: 'plan' }]);
});

test('in mode plan an applied plan is carried out whole, and nothing else is', async () => {
  const world = new PublishedWorld({ mode: 'plan' });
  await world.publish(before);
  await world.walk();
  await fold(world, person(ada, 'ada'), group(staff, 'staff', [ada]));
  await world.turns('p07', world.app);
  expect(world.requests).toEqual([]);
  const plan = await planOf(world, before);
  await fold(world, person(bob, 'bob'), {
    key: staff,
    attributes: {},
    links: { member: { added: [bob], removed: [] } },
  });
  await apply(world, plan);
  for (let turn = 0; turn < 5; turn += 1) {
    world.now += 60_000;
    await world.turns('p07', world.app);
  }
  const writes = world.requests.filter(({ method }) => method !== 'GET');
  expect(writes.map(({ method, path }) => `${method} ${path}`)).toEqual([
    'POST /users',
    expect.stringMatching(/^PATCH \/groups\(uniqueName=/),
    expect.stringMatching(/^(PATCH|POST) \/groups\//),
  ]);
  expect((await world.object(bob))?.link).toBeNull();
  expect((await world.member(staff, ada))?.applied).toBe('u-ada');
  world.requests.length = 0;
  await fold(world, { key: ada, attributes: { title: ['Boss'] } });
  await world.turns('p07', world.app);
  expect(world.requests).toEqual([]);
  expect((await world.object(ada))?.parked).toBe('mode');
});

test('in mode plan a creation whose record was lost is made certain', async () => {
  const world = new PublishedWorld({ mode: 'plan' });
  await world.publish(before);
  await world.walk();
  await fold(world, person(ada, 'ada'));
  await world.turns('p07', world.app);
  const plan = await planOf(world, before);
  world.now += 60_000;
  let made: Readonly<Record<string, unknown>> | null = null;
  world.intercept = (request) => {
    if (request.method === 'POST' && request.path === '/users') {
      made = request.body as Readonly<Record<string, unknown>>;
      return refusal(request, { code: 'GRAPH_UNREACHABLE', status: null, isAmbiguous: true });
    }
    const isSearch = request.method === 'GET' && request.path.startsWith('/users?');
    if (!isSearch || made === null) return null;
    const { onPremisesImmutableId } = made as { onPremisesImmutableId?: string };
    return {
      ...{ id: request.id, ok: true, requestId: null, status: 200 },
      body: { value: [{ id: 'u-ada', onPremisesImmutableId, accountEnabled: true }] },
    };
  };
  await apply(world, plan);
  for (let turn = 0; turn < 6; turn += 1) {
    world.now += 120_000;
    await world.turns('p07', world.app);
  }
  expect(made).not.toBeNull();
  expect(await world.object(ada)).toMatchObject({ attempt: null, parked: null, link: { cloudId: 'u-ada' } });
  expect(world.patches()).toContainEqual(expect.objectContaining({ displayName: 'ada' }));
});

test('a plan that another mode has ended goes on when it is asked for again', async () => {
  const world = await started({ mode: 'plan' });
  const plan = await planOf(world, after);
  await apply(world, plan);
  const full = { ...world.app, mode: 'full' as const };
  const { at, rules, base } = plan.head;
  const body = {
    ...{ step: 'carry-out', plan: '1'.repeat(20), parts: 1, at, hash: rules.hash, files: rules.files },
    base: { revision: base?.revision, hash: base?.hash },
  };
  const { detail } = await acceptRequest(full, 'apply-plan', body, operator);
  expect(detail).toMatchObject({ revision: 2, generation: 3 });
  full.rules.refresh();
  expect((await full.rules.inForce(0))?.apply).toMatchObject({ mode: 'full', base: 1 });
});

test('another mode ends what a plan binds', async () => {
  const world = await started({ mode: 'plan' });
  const plan = await planOf(world, after);
  await fold(world, person(cyd, 'cyd'));
  await apply(world, plan);
  world.requests.length = 0;
  expect((await world.object(cyd))?.limitedBy).toBeDefined();
  await walkTo(world.app, place, { generation: 2, by: 'the sweep' });
  await world.turns('p07', { ...world.app, mode: 'full' }, 40);
  expect((await world.object(cyd))?.link).not.toBeNull();
});

test('a write whose answer was lost is made certain, whatever the plan names', async () => {
  const world = await started();
  const plan = await planOf(world, after);
  await fold(world, person(cyd, 'cyd'));
  let isLost = false;
  world.intercept = (request) => {
    if (isLost || request.method !== 'PATCH') return null;
    isLost = true;
    answer(request);
    return refusal(request, { code: 'GRAPH_UNREACHABLE', status: null, isAmbiguous: true });
  };
  await apply(world, plan);
  for (let turn = 0; turn < 5; turn += 1) {
    world.now += 120_000;
    await world.turns('p07', world.app);
  }
  expect(isLost).toBe(true);
  expect(await holds(world)).toEqual([]);
  const first = await world.object(ada);
  expect(first).toMatchObject({
    attempt: null,
    link: { applied: { jobTitle: 'ENGINEER', department: 'Sales' } },
  });
});

test('a plan that is not carried out within seven days is void', async () => {
  const world = await started();
  const plan = await planOf(world, after);
  await sendParts(world, plan, '1'.repeat(20));
  await world.tell((await carryOut(world, plan)).requestId);
  world.now += 7 * 24 * 3_600_000;
  await world.walk();
  expect(world.patches()).toEqual([]);
  expect((await holds(world)).map(({ key }) => key).toSorted()).toEqual([ada, ada, bob, bob].toSorted());
});

test('asked twice it is carried out once', async () => {
  const world = await started();
  const plan = await planOf(world, after);
  await apply(world, plan);
  const { patches } = { patches: world.patches() };
  await apply(world, plan);
  expect(patches).toHaveLength(2);
  expect(world.patches()).toEqual([]);
  const { detail } = await carryOut(world, plan);
  expect(detail).toMatchObject({ revision: 2, generation: 2 });
});

test('refused: a plan upon other rules, one too old, one of which a part is missing, one that means something else', async () => {
  const world = await started();
  const plan = await planOf(world, after);
  const refused = (over: Readonly<Record<string, unknown>>) => carryOut(world, plan, { over });
  await expect(refused({})).rejects.toThrow('part 0 of plan');
  await sendParts(world, plan, '1'.repeat(20));
  await expect(refused({ parts: 2 })).rejects.toThrow('part 1 of plan');
  await expect(refused({ hash: '0'.repeat(64) })).rejects.toMatchObject({ code: 'OPERATOR_INVALID' });
  await expect(refused({ at: world.now - 7 * 24 * 3_600_000 })).rejects.toMatchObject({ code: 'PLAN_STALE' });
  await expect(refused({ colour: 'red' })).rejects.toMatchObject({ code: 'OPERATOR_INVALID' });
  await world.publish(before.replace('max: 50', 'max: 49'));
  await expect(refused({})).rejects.toMatchObject({
    code: 'PLAN_STALE',
    message: 'the plan was made upon revision 1 of the rules, and in force is revision 2',
  });
  expect(world.requests).toEqual([]);
});
