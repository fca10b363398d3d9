import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import type { Pipeline } from '../../../functions/pipeline/pipeline.ts';
import type { CloudRequest } from '../../../shared/ports/cloud-target.ts';
import type { JournalEntry } from '../../../shared/state/journal-entry.ts';
import { group, Killed, keyIn, refusal, user, World, type WorldOptions } from './world.ts';

const ada = keyIn('p01', 0);
const staff = keyIn('p01', 1);

/** Two flows of users, and one of groups that Entra cannot do without. */
const withRandom = (text: string): string =>
  text
    .replace("jobTitle: '[title]'", "jobTitle: '[title]'\n      employeeId: 'RandomString(16, 4, 0, 4, 4)'")
    .replace(
      "'[sAMAccountName]', apply: create",
      `'Append("g-", RandomString(16, 4, 0, 0, 4))', apply: create`,
    );

class RandomWorld extends World {
  /** The pipeline with what is random as it is in earnest. */
  readonly app: Pipeline;

  constructor(options: WorldOptions = {}) {
    super({ rules: withRandom, ...options });
    const random = { ...this.pipeline.random, bytes: (length: number) => randomBytes(length) };
    this.app = { ...this.pipeline, random };
  }

  /** Values of a path that reached the cloud, or were on their way. */
  sentValues(path: string, from = 0): unknown[] {
    return this.requests
      .slice(from)
      .filter(({ method }) => method !== 'GET')
      .flatMap(({ body }) => {
        const value = (body as Record<string, unknown> | undefined)?.[path];
        return value === undefined ? [] : [value];
      });
  }

  async creations(): Promise<JournalEntry[]> {
    const entries = (await this.journal()).map(({ data }) => data as JournalEntry);
    return entries.filter(({ operation }) => operation.kind === 'create');
  }
}

const chosenIn = ({ operation }: JournalEntry): unknown =>
  operation.kind === 'create' ? operation.values['employeeId'] : undefined;

/** Dies at the n-th write to the tables, or before or after the first creation took effect. */
async function turnsUntilKilled(
  world: RandomWorld,
  at: { readonly write?: number; readonly creation?: 'before' | 'after' },
): Promise<boolean> {
  let isDead = false;
  let writes = 0;
  const die = (): never => {
    isDead = true;
    throw new Killed();
  };
  const cloud = world.intercept;
  world.tables.before = () => {
    if (isDead) throw new Killed();
  };
  world.tables.after = ({ kind }) => {
    if (kind === 'transact' && (writes += 1) === at.write) die();
  };
  world.intercept = async (request) => {
    if (isDead) throw new Killed();
    if (request.method !== 'POST' || at.creation === undefined) return cloud(request);
    if (at.creation === 'after') await cloud(request);
    return die();
  };
  await world.turns('p01', world.app).catch((error: unknown) => {
    if (!isDead) throw error;
  });
  world.tables.before = undefined;
  world.tables.after = undefined;
  world.intercept = cloud;
  return isDead;
}

/** Remembers the one user that is made, and finds it by its anchor. */
function oneUser(world: RandomWorld): { value: unknown; isGone: boolean } {
  const cloud = { value: undefined as unknown, isGone: false };
  world.intercept = (request) => {
    const ok = { id: request.id, ok: true, requestId: null } as const;
    if (request.method === 'POST' && request.path === '/users')
      cloud.value = (request.body as Record<string, unknown>)['employeeId'];
    if (request.method !== 'GET' || !request.path.startsWith('/users')) return null;
    const value = cloud.value === undefined || cloud.isGone ? [] : [{ id: 'u-ada' }];
    return { ...ok, status: 200, body: { value } };
  };
  return cloud;
}

async function settle(world: RandomWorld): Promise<void> {
  for (let minute = 0; minute < 3; minute += 1) {
    world.now += 130_000;
    await world.turns('p01', world.app);
  }
}

test('a creation whose request was lost is sent again with the same random value', async () => {
  const world = new RandomWorld();
  await world.fold([user(ada, 'ada')]);
  expect(await turnsUntilKilled(world, { creation: 'before' })).toBe(true);
  await settle(world);
  const sent = world.sentValues('employeeId');
  expect(sent).toHaveLength(2);
  expect(sent[0]).toMatch(/^[A-Za-z0-9]{16}$/);
  expect(sent[1]).toBe(sent[0]);
  expect((await world.object(ada))?.link?.applied['employeeId']).toBe(sent[0]);
});

test('a creation whose answer was lost is found, and its random value is not written again', async () => {
  const world = new RandomWorld();
  const cloud = oneUser(world);
  await world.fold([user(ada, 'ada')]);
  expect(await turnsUntilKilled(world, { creation: 'after' })).toBe(true);
  await settle(world);
  await world.fold([{ key: ada, attributes: { title: ['Countess'] } }]);
  await settle(world);
  expect(world.sentValues('employeeId')).toEqual([cloud.value]);
  expect(world.sentValues('jobTitle').at(-1)).toBe('Countess');
});

test('dying after any write to the tables, one random value is sent and no other', async () => {
  let last = 0;
  for (let write = 1; ; write += 1) {
    const world = new RandomWorld();
    const cloud = oneUser(world);
    await world.fold([user(ada, 'ada')]);
    if (!(await turnsUntilKilled(world, { write }))) break;
    last = write;
    await settle(world);
    expect(new Set(world.sentValues('employeeId'))).toEqual(new Set([cloud.value]));
    expect((await world.object(ada))?.link?.state).toBe('live');
  }
  expect(last).toBeGreaterThan(3);
});

test('plan mode tells the value once, and it is the one that is written later', async () => {
  const world = new RandomWorld();
  const plan: Pipeline = { ...world.app, mode: 'plan' };
  await world.fold([user(ada, 'ada')]);
  for (let hour = 0; hour < 5; hour += 1) {
    await world.turns('p01', plan);
    world.now += 3_600_000;
    await world.fold([{ key: ada, attributes: { info: [] } }]);
  }
  const [planned, ...more] = await world.creations();
  expect(more).toEqual([]);
  await world.turns('p01', world.app);
  const [, done] = await world.creations();
  expect(done?.outcome).toBe('success');
  expect(done?.hash).toBe(planned?.hash);
  expect(planned === undefined ? null : chosenIn(planned)).toBe(world.sentValues('employeeId')[0]);
});

test('other rules before the creation do not draw anew; afterwards they change nothing', async () => {
  const world = new RandomWorld();
  const plan: Pipeline = { ...world.app, mode: 'plan' };
  await world.fold([user(ada, 'ada')]);
  await world.turns('p01', plan);
  const [planned] = await world.creations();
  const otherRules = (turn: (text: string) => string, revision: number): Pipeline => ({
    ...world.app,
    rules: {
      earlier: () => Promise.resolve(null),
      refresh: () => undefined,
      inForce: async () => {
        const current = await new World({ rules: (text) => turn(withRandom(text)) }).pipeline.rules.inForce(
          0,
        );
        return current === null ? null : { ...current, revision, generation: revision };
      },
    },
  });
  const withTitle = otherRules((text) => text.replace("'[title]'", '\'Append("x", [title])\''), 2);
  await world.fold([{ key: ada, attributes: { title: ['Countess'] } }]);
  await world.turns('p01', withTitle);
  expect(world.sentValues('jobTitle')).toEqual(['xCountess']);
  const [value] = world.sentValues('employeeId');
  expect(value).toBe(planned === undefined ? null : chosenIn(planned));
  const longer = otherRules(
    (text) => text.replace('RandomString(16, 4, 0, 4, 4)', 'RandomString(9, 4, 0, 0, 4)'),
    3,
  );
  world.now += 130_000;
  await world.fold([{ key: ada, attributes: { displayName: ['Ada K'] } }]);
  await world.turns('p01', longer);
  expect(world.sentValues('displayName').at(-1)).toBe('Ada K');
  expect(world.sentValues('employeeId')).toEqual([value]);
});

test('a flow that is random does not concern who is in the cloud already', async () => {
  const world = new RandomWorld();
  const before = await new World().pipeline.rules.inForce(0);
  const without: Pipeline = {
    ...world.app,
    rules: {
      refresh: () => undefined,
      inForce: () => Promise.resolve(before),
      earlier: () => Promise.resolve(null),
    },
  };
  await world.fold([user(ada, 'ada')]);
  await world.turns('p01', without);
  world.now += 130_000;
  await world.fold([{ key: ada, attributes: { title: ['Countess'] } }]);
  await world.turns('p01', world.app);
  expect(world.sentValues('jobTitle').at(-1)).toBe('Countess');
  expect(world.sentValues('employeeId')).toEqual([]);
  expect((await world.object(ada))?.seed).toBeUndefined();
});

test('who is made anew, since the cloud lost the user for good, has the same value', async () => {
  const world = new RandomWorld();
  const cloud = oneUser(world);
  await world.fold([user(ada, 'ada')]);
  await world.turns('p01', world.app);
  const first = cloud.value;
  world.now += 300_000;
  cloud.isGone = true;
  const usual = world.intercept;
  world.intercept = (request: CloudRequest) =>
    request.method === 'PATCH' || request.path.endsWith('/restore') ? refusal(request, {}) : usual(request);
  await world.fold([{ key: ada, attributes: { title: ['Countess'] } }]);
  await settle(world);
  expect(world.sentValues('employeeId')).toEqual([first, first]);
});

test('who returns and is restored keeps the value, also where the flow came while the user was deleted', async () => {
  const atOnce = (text: string): string =>
    text.replace('deleted: { action: disable, deleteAfter: P30D }', 'deleted: { action: delete }');
  for (const isNewFlow of [false, true]) {
    const world = new RandomWorld({ rules: (text) => atOnce(withRandom(text)) });
    const plain = await new World({ rules: atOnce }).pipeline.rules.inForce(0);
    const without: Pipeline = {
      ...world.app,
      rules: { ...world.app.rules, inForce: () => Promise.resolve(plain) },
    };
    await world.fold([user(ada, 'ada')]);
    await world.turns('p01', isNewFlow ? without : world.app);
    world.now += 130_000;
    await world.fold([{ key: ada, deleted: true, attributes: {} }]);
    await world.turns('p01', isNewFlow ? without : world.app);
    expect((await world.object(ada))?.link?.state).toBe('deleted');
    await world.fold([{ key: ada, deleted: false, attributes: {} }]);
    await world.fold([user(ada, 'ada')]);
    await settle(world);
    expect((await world.object(ada))?.link?.state).toBe('live');
    expect(world.sentValues('employeeId')).toHaveLength(isNewFlow ? 0 : 1);
  }
});

test('a group that is there already keeps the value it has; one that is not gets it once', async () => {
  for (const isThere of [true, false]) {
    const world = new RandomWorld();
    let made = isThere;
    world.intercept = (request) => {
      const isGroup = request.path.startsWith('/groups(');
      if (isGroup && request.method === 'PATCH') made = true;
      if (!isGroup || request.method !== 'GET') return null;
      return made
        ? { id: request.id, ok: true, status: 200, requestId: null, body: { id: 'g1' } }
        : refusal(request, {});
    };
    await world.fold([group(staff, 'staff')]);
    await settle(world);
    expect((await world.object(staff))?.link?.state).toBe('live');
    expect(world.sentValues('mailNickname')).toHaveLength(isThere ? 0 : 1);
    expect(world.sentValues('displayName')).toEqual(['staff']);
  }
});
