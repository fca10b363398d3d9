import { beforeEach, describe, expect, test } from 'vitest';
import { guardOperations } from '../../../functions/pipeline/guard-operations.ts';
import { spendPermit } from '../../../functions/pipeline/hold-rows.ts';
import type { Pipeline } from '../../../functions/pipeline/pipeline.ts';
import { permitMs, type Hold } from '../../../shared/guard/hold.ts';
import { emptyObject } from '../../../shared/fold/fold-object.ts';
import { operationHash, type Operation } from '../../../shared/plan/operation.ts';
import { newRecord, type ObjectRecord } from '../../../shared/state/object-record.ts';
import { rulesInFile, syncNamed, userKey } from '../rules/support/staged.ts';
import { MemoryTableStore } from '../../support/memory-table-store.ts';

const place = { connector: 'corp', partition: 'p00' };
const users = syncNamed(rulesInFile('users-and-groups.yaml'), 'users');
const common = { cloudClass: 'user', reasons: [], cloudId: 'c1', key: userKey } as const;
const remove: Operation = { ...common, kind: 'delete' };
const disable: Operation = { ...common, kind: 'disable', before: true };
const revoke: Operation = { ...common, kind: 'revoke-sessions' };
const update: Operation = { ...common, kind: 'update', changes: { jobTitle: { before: null, after: 'x' } } };
const hash = operationHash(remove);

let now = 0;
let tables: MemoryTableStore;
let pipeline: Pipeline;
beforeEach(() => {
  now = 1_800_000_000_000;
  tables = new MemoryTableStore();
  // Of the outside the guard knows tables and clock alone.
  const known: Pick<Pipeline, 'tables' | 'clock'> = {
    tables,
    clock: { now: () => now, sleep: () => Promise.resolve() },
  };
  pipeline = known as Pipeline;
});

/** A sync whose budgets are spent from the beginning. */
const spent = {
  ...users,
  budgets: {
    delete: { max: 0, percent: 100, atLeast: 1, perMs: 1_000 },
    disable: { max: 0, percent: 100, atLeast: 1, perMs: 1_000 },
  },
};

const ask = (
  operations: readonly Operation[],
  over: Partial<ObjectRecord> = {},
  sync: typeof users = spent,
) =>
  guardOperations(pipeline, {
    place,
    sync,
    record: { ...newRecord(emptyObject(userKey)), ...over },
    operations,
    kept: [],
    announced: null,
    caution: null,
    doubtfulMembers: [],
    managed: () => Promise.resolve(1_000),
  });
const stored = async () => (await tables.get('Holds', 'corp', hash))?.data as Hold | undefined;
async function decide(status: Hold['status'], over: Partial<Hold> = {}): Promise<void> {
  const data = { ...(await stored()), status, decidedAt: now, decidedBy: 'somebody', ...over };
  await tables.transact('Holds', 'corp', [{ kind: 'upsert', rowKey: hash, content: { data } }]);
}

describe('beyond the budget', () => {
  test('a deletion is held and the rest flows', async () => {
    const answer = await ask([update, remove]);
    expect(answer).toMatchObject({ allowed: [update], held: [hash], permits: [], hasRejected: false });
    expect(await stored()).toMatchObject({
      status: 'held',
      cause: 'budget',
      operation: 'delete',
      heldAt: now,
    });
  });

  test('a revocation is held with its disable, not on its own', async () => {
    const answer = await ask([update, disable, revoke]);
    expect(answer.allowed).toEqual([update]);
    expect(answer.held).toEqual([operationHash(disable)]);
    expect((await ask([revoke])).allowed).toEqual([revoke]);
  });

  test('what is held is asked for once: its age stays', async () => {
    await ask([remove]);
    now += 60_000;
    await ask([remove], { holds: [hash] });
    expect(await stored()).toMatchObject({ heldAt: now - 60_000 });
  });

  test('what is held waits for a person, though the budget has room again; new rules let it be asked anew', async () => {
    const roomy = { ...spent, budgets: { delete: { max: 5, percent: 100, atLeast: 1, perMs: 1_000 } } };
    await ask([remove], { revision: 7 });
    const later = await ask([remove], { revision: 7, holds: [hash] }, roomy);
    expect(later).toMatchObject({ allowed: [], held: [hash] });
    const published = await ask([remove], { revision: 8, holds: [hash] }, roomy);
    expect(published).toMatchObject({ allowed: [remove], held: [] });
  });
});

describe('an approval', () => {
  beforeEach(async () => {
    await ask([remove]);
    await decide('approved');
  });

  test('lets the same operation through, once', async () => {
    expect(await ask([remove], { holds: [hash] })).toMatchObject({
      allowed: [remove],
      permits: [{ hold: hash }],
    });
    expect(await spendPermit(pipeline, place, hash, 't1', null)).toBe(true);
    expect(await spendPermit(pipeline, place, hash, 't2', null)).toBe(false);
    expect(await ask([remove])).toMatchObject({ allowed: [], held: [hash] });
    expect(await stored()).toMatchObject({ status: 'held', spentBy: null });
  });

  test('serves the successor of the attempt that spent it and died', async () => {
    await spendPermit(pipeline, place, hash, 't1', null);
    const attempt = { owner: 't1', until: now - 1, operations: [hash] };
    expect(await ask([remove], { holds: [hash], attempt })).toMatchObject({ permits: [{ hold: hash }] });
    expect(await spendPermit(pipeline, place, hash, 't2', 't1')).toBe(true);
  });

  test('is void after seven days: the operation is held anew', async () => {
    now += permitMs - 1;
    expect(await ask([remove], { holds: [hash] })).toMatchObject({ permits: [{ hold: hash }] });
    now += 1;
    expect(await ask([remove], { holds: [hash] })).toMatchObject({ allowed: [], held: [hash] });
    expect(await stored()).toMatchObject({ status: 'held', heldAt: now, decidedAt: null });
    expect(await spendPermit(pipeline, place, hash, 't1', null)).toBe(false);
  });

  test('is overtaken when the operation is not planned any more, and serves nothing later', async () => {
    await ask([update], { holds: [hash] });
    expect(await stored()).toMatchObject({ status: 'overtaken' });
    expect(await ask([remove])).toMatchObject({ allowed: [], held: [hash] });
  });

  test('of one object says nothing about another', async () => {
    const other: Operation = { ...remove, key: 'ffffffffffffffffffffffffffffffff', cloudId: 'c2' };
    expect(await ask([other])).toMatchObject({ allowed: [], held: [operationHash(other)] });
  });
});

test('a rejection stands for the same operation', async () => {
  await ask([remove]);
  await decide('rejected');
  now += 100 * permitMs;
  expect(await ask([remove], { holds: [hash] })).toMatchObject({ allowed: [], hasRejected: true });
  expect(await stored()).toMatchObject({ status: 'rejected' });
});

test('what the mode leaves keeps its hold', async () => {
  await ask([remove]);
  const answer = await guardOperations(pipeline, {
    place,
    sync: spent,
    record: { ...newRecord(emptyObject(userKey)), holds: [hash] },
    operations: [update],
    kept: [remove],
    announced: hash,
    caution: null,
    doubtfulMembers: [],
    managed: () => Promise.resolve(1_000),
  });
  expect(answer).toMatchObject({ allowed: [update], held: [hash] });
  expect(await stored()).toMatchObject({ status: 'held' });
});
