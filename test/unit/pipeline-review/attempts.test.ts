import { expect, test } from 'vitest';
import { planObject } from '../../../shared/plan/plan-object.ts';
import { settleStep } from '../../../shared/plan/settle-step.ts';
import { foldObject } from '../../../shared/fold/fold-object.ts';
import type { Link } from '../../../shared/model/link.ts';
import type { Lifecycle } from '../../../shared/rules/rule-set.ts';
import type { RowWrite } from '../../../shared/ports/table-store.ts';
import type { ObjectRecord } from '../../../shared/state/object-record.ts';
import { SyncError } from '../../../shared/errors/sync-error.ts';
import type { Projection } from '../../../shared/rules/projection.ts';
import { connector, group, Killed, keyIn, outage, refusal, user, World } from './world.ts';

const ada = keyIn('p01', 0);
const now = Date.UTC(2026, 0, 1);

const lifecycle: Lifecycle = {
  disabled: { action: 'disable', revokeSessions: false },
  leftScope: { action: 'disable', deleteAfterMs: null },
  deleted: { action: 'disable', deleteAfterMs: null },
  returned: 'restore',
};
const sync = { name: 'users', targetClass: 'user', lifecycle } as const;
const link: Link = {
  sync: 'users',
  cloudId: 'u-ada',
  cloudClass: 'user',
  anchor: 'a',
  linkedAt: 0,
  applied: { displayName: 'ada', accountEnabled: true },
  appliedReferences: {},
  state: 'live',
  leaving: null,
  deletedAt: null,
  lagUntil: null,
};
const staged = foldObject(null, user(ada, 'ada'), { version: { epoch: 1, n: 1 }, asked: [] });
const projected = (values: Record<string, string | boolean | null>): Extract<Projection, { kind: 'in' }> => ({
  kind: 'in',
  clauses: [],
  anchor: 'a',
  values,
  createOnly: {},
  references: {},
  members: null,
  holdCreate: null,
  isResourceMailbox: false,
  problems: [],
  reviewAt: null,
});
const base = { sync, staged, link, references: {}, isAppliedUnknown: false, now };

test('finding 5a: what an unrecorded write may have set is cleared when the source has none any more', () => {
  const plan = planObject({ ...base, isAppliedUnknown: true, projection: projected({ jobTitle: null }) });
  expect(plan.operations).toMatchObject([{ kind: 'update', changes: { jobTitle: { after: null } } }]);
});

test('finding 5b: a manager that an unrecorded write may have set is cleared', () => {
  const plan = planObject({
    ...base,
    isAppliedUnknown: true,
    projection: projected({}),
    references: { manager: null },
  });
  expect(plan.operations).toMatchObject([{ kind: 'clear-reference', name: 'manager' }]);
});

test.each([
  ['is deleted', { key: ada, deleted: true, attributes: {} }, 0],
  ['is deleted, while the look-up lags behind', { key: ada, deleted: true, attributes: {} }, 1],
  ['leaves scope', { key: ada, attributes: { info: ['out'] } }, 0],
])(
  'finding 6: an account whose creation was not recorded goes when its source object %s',
  async (_name, change, lag) => {
    const world = new World();
    await world.fold([user(ada, 'ada')]);
    const made: string[] = [];
    world.intercept = (request) => {
      if (request.method !== 'POST') return null;
      made.push('u-ada');
      throw new Killed();
    };
    await expect(world.turns('p01')).rejects.toThrow(Killed);
    let lookUps = 0;
    world.intercept = (request) => {
      if (request.method !== 'GET' || !request.path.startsWith('/users')) return null;
      lookUps += 1;
      const value = lookUps > lag ? made.map((id) => ({ id })) : [];
      return { id: request.id, ok: true, status: 200, body: { value }, requestId: null };
    };
    await world.fold([change]);
    world.requests.length = 0;
    for (let minute = 0; minute < 10; minute += 1) {
      world.now += 70_000;
      await world.turns('p01');
    }
    expect(world.requests.filter(({ method }) => method !== 'GET')).toMatchObject([
      { method: 'PATCH', path: '/users/u-ada', body: { accountEnabled: false } },
    ]);
    expect(lookUps).toBe(lag + 1);
    expect((await world.object(ada))?.link).toMatchObject({ cloudId: 'u-ada', leaving: {} });
    expect((await world.journal()).map(({ tags }) => tags['kind'])).toEqual(['create', 'disable']);
  },
);

test('finding 7: a refresh that could not be sent is sent later', async () => {
  const world = new World();
  await world.fold([{ key: ada, attributes: { displayName: ['Ada'] } }]);
  let hasFailed = false;
  world.beforeSend = (messages) => {
    if (hasFailed || !messages.some(({ envelope }) => envelope.kind === 'refresh')) return;
    hasFailed = true;
    throw outage();
  };
  for (let hour = 0; hour < 24; hour += 1) {
    await world.turns('p01').catch(() => undefined);
    world.now += 3_600_000;
  }
  expect(hasFailed).toBe(true);
  expect(world.sent.some(({ envelope }) => envelope.kind === 'refresh')).toBe(true);
});

test('finding 9: a process that slept past its attempt sends nothing any more', async () => {
  const world = new World();
  await world.fold([user(ada, 'ada')]);
  world.tables.after = (call) => {
    const isAttempt = call.kind === 'transact' && call.writes.some(({ rowKey }) => rowKey === `o|${ada}`);
    if (!isAttempt) return;
    world.tables.after = undefined;
    world.now += 75_000;
  };
  const late: number[] = [];
  world.intercept = async () => {
    const attempt = (await world.object(ada))?.attempt;
    if (world.now > (attempt?.until ?? 0)) late.push(world.now);
    return null;
  };
  await world.turns('p01', world.pipeline, 1);
  expect(late).toEqual([]);
});

test('finding 11: a leaver is disabled although another value of the same PATCH is refused', () => {
  const common = { key: ada, cloudClass: 'user', cloudId: 'u-ada', reasons: [] } as const;
  const step = {
    kind: 'patch',
    update: { ...common, kind: 'update', changes: { usageLocation: { before: null, after: 'XX' } } },
    account: { ...common, kind: 'disable', before: true },
  } as const;
  for (const code of ['GRAPH_INVALID_VALUE', 'GRAPH_CONFLICT'] as const) {
    const request = { id: '0', method: 'PATCH', path: '/users/u-ada' } as const;
    const settlement = settleStep(step, refusal(request, { code, status: 400 }), {
      lagUntil: null,
      failures: 0,
      now,
    });
    expect(settlement).toMatchObject({ kind: 'instead' });
  }
});

test('finding 16: an object that cannot be handled does not stop the others of its partition', async () => {
  const world = new World();
  const bob = keyIn('p01', 1);
  await world.fold([user(ada, 'ada'), user(bob, 'bob')]);
  world.tables.before = (call) => {
    if (call.kind !== 'transact' || call.table !== 'Objects') return;
    const isAttempt = call.writes.some((write) => write.kind === 'replace' && write.rowKey === `o|${ada}`);
    if (isAttempt) throw new TypeError('a defect that only this object meets');
  };
  for (let delivery = 0; delivery < 5; delivery += 1) {
    await world.turns('p01').catch(() => undefined);
    world.now += 200_000;
  }
  expect((await world.object(bob))?.link?.cloudId).toBe('u-bob');
});

test('finding 21: writing all of a disabled account again takes nothing from the budget of disables', () => {
  const disabled = { ...link, applied: { accountEnabled: false } };
  const plan = planObject({
    ...base,
    link: disabled,
    isAppliedUnknown: true,
    projection: projected({ accountEnabled: false }),
  });
  expect(plan.operations.map(({ kind }) => kind)).not.toContain('disable');
});

test('finding D1: a commit whose answer was lost is known again, whatever was committed', async () => {
  const world = new World({ disableBudget: 0 });
  /** Takes the write and answers as Azure does when the SDK sends it again. */
  const loseAnswer = (is: (write: RowWrite) => boolean): (() => boolean) => {
    let isLost = false;
    world.tables.after = (call) => {
      if (isLost || call.kind !== 'transact' || !call.writes.some(is)) return;
      isLost = true;
      throw new SyncError('STATE_CONFLICT', 'the row was changed meanwhile');
    };
    return () => isLost;
  };
  const record = (write: RowWrite): ObjectRecord | null =>
    write.rowKey === `o|${ada}` && write.kind !== 'delete' ? (write.content.data as ObjectRecord) : null;
  await world.fold([user(ada, 'ada')]);
  const isAttemptLost = loseAnswer((write) => record(write)?.attempt != null);
  await world.turns('p01', world.pipeline, 1);
  expect(isAttemptLost()).toBe(true);
  expect((await world.object(ada))?.link?.cloudId).toBe('u-ada');

  await world.fold([{ key: ada, attributes: { userAccountControl: ['514'] } }]);
  await world.turns('p01');
  const [hold] = await world.tables.range('Holds', connector, { from: '0', to: 'g' });
  if (hold === undefined) throw new Error('nothing was held');
  const approved = { ...(hold.data as object), status: 'approved', decidedAt: world.now };
  await world.tables.transact('Holds', connector, [
    { kind: 'replace', rowKey: hold.rowKey, etag: hold.etag, content: { data: approved } },
  ]);
  const isPermitLost = loseAnswer(({ rowKey }) => rowKey === hold.rowKey);
  world.requests.length = 0;
  await world.fold([{ key: ada, attributes: { title: ['x'] } }]);
  await world.turns('p01', world.pipeline, 1);
  expect(isPermitLost()).toBe(true);
  expect(world.requests).toMatchObject([{ body: { accountEnabled: false, jobTitle: 'x' } }]);

  const staff = keyIn('p01', 3);
  await world.fold([group(staff, 'staff', [keyIn('p01', 4)])]);
  await world.turns('p01');
  await world.fold([user(keyIn('p01', 4), 'bob')]);
  const isRecordLost = loseAnswer(({ rowKey }) => rowKey.includes('|wake|'));
  await world.turns('p01');
  expect(isRecordLost()).toBe(true);
  expect((await world.member(staff, keyIn('p01', 4)))?.applied).toBe('u-bob');
});

test('finding 22: a creation that is found again after a crash stands in the journal', async () => {
  const world = new World();
  await world.fold([user(ada, 'ada')]);
  world.intercept = () => {
    throw new Killed();
  };
  await expect(world.turns('p01')).rejects.toThrow(Killed);
  world.intercept = (request) =>
    request.method === 'GET'
      ? { id: request.id, ok: true, status: 200, body: { value: [{ id: 'u-ada' }] }, requestId: null }
      : null;
  world.now += 70_000;
  await world.turns('p01');
  expect((await world.object(ada))?.link?.cloudId).toBe('u-ada');
  const lines = await world.journal();
  expect(lines.map(({ tags }) => tags['kind'])).toContain('create');
});

test('finding 24: who returns is enabled again although no flow speaks of it', () => {
  const gone: Link = {
    ...link,
    applied: { displayName: 'ada', accountEnabled: false },
    leaving: { cause: 'left-scope', since: 0 },
  };
  const plan = planObject({ ...base, link: gone, projection: projected({ displayName: 'ada' }) });
  expect(plan.operations).toMatchObject([{ kind: 'enable' }]);
});
