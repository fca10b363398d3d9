import { describe, expect, test } from 'vitest';
import { standingOf, type StandingFacts } from '../../../cli/apply/standing-of.ts';
import type { PlanOperation } from '../../../cli/plan/plan-file.ts';
import type { Hold } from '../../../shared/guard/hold.ts';
import type { Link } from '../../../shared/model/link.ts';
import { temporaryName } from '../../../shared/plan/temporary-name.ts';
import { updatePartHash } from '../../../shared/plan/update-part-hash.ts';
import { indexRowKey } from '../../../shared/state/keys.ts';
import { newRecord, type MemberRecord, type ObjectRecord } from '../../../shared/state/object-record.ts';

const key = '0a'.repeat(16);
const other = '0b'.repeat(16);
const now = Date.UTC(2026, 10, 23, 12);
const appliedAt = now - 60_000;

const live: Link = {
  sync: 'users',
  cloudId: 'c1',
  cloudClass: 'user',
  anchor: 'a',
  linkedAt: 1,
  applied: { displayName: 'Ada', jobTitle: 'Boss', accountEnabled: true },
  appliedReferences: { manager: 'c2' },
  state: 'live',
  leaving: null,
  deletedAt: null,
  lagUntil: null,
};
const gone: Link = { ...live, state: 'deleted' };
const staged = { key } as ObjectRecord['staged'];

const recordOf = (over: Partial<ObjectRecord> = {}): ObjectRecord => ({
  ...newRecord(staged),
  link: live,
  revision: 2,
  ...over,
});
const withLink = (link: Partial<Link> | null): ObjectRecord =>
  recordOf({ link: link === null ? null : { ...live, ...link } });

const factsOf = (over: Partial<StandingFacts> = {}): StandingFacts => ({
  record: recordOf(),
  member: null,
  targetCloudId: null,
  holds: [],
  isWalked: true,
  revision: 2,
  appliedAt,
  now,
  ...over,
});

const operationOf = (over: Partial<PlanOperation>): PlanOperation => ({
  hash: '1'.repeat(20),
  kind: 'update',
  key,
  connector: 'corp',
  class: 'user',
  sync: 'users',
  cloudId: 'c1',
  label: 'Ada',
  changes: {},
  rules: [],
  ...over,
});
const changed = (before: unknown, after: unknown) => ({ before, after });
const update = operationOf({
  changes: { displayName: changed('A', 'Ada'), jobTitle: changed(null, 'Lead') },
  parts: { displayName: '2'.repeat(20), jobTitle: '3'.repeat(20) },
});
const create = operationOf({
  kind: 'create',
  cloudId: null,
  changes: { displayName: changed(null, 'Ada'), jobTitle: changed(null, 'Boss') },
});
const reference = operationOf({
  kind: 'set-reference',
  changes: { manager: changed(null, other) },
  target: { key: other, label: 'Bob', isMade: false },
});
const addition = operationOf({
  kind: 'add-member',
  changes: { members: changed(null, other) },
  target: { key: other, label: 'Bob', isMade: false },
});
const removal = operationOf({
  kind: 'remove-member',
  changes: { members: changed(other, null) },
  target: { key: other, label: 'Bob', isMade: false },
});
const deletion = operationOf({ kind: 'delete' });

const memberOf = (over: Partial<MemberRecord>): MemberRecord => ({
  state: { version: { epoch: 1, n: 1 }, isPresent: true, list: null },
  applied: null,
  pending: null,
  isReferenced: true,
  ...over,
});
const holdOf = (over: Partial<Hold>): Hold => ({
  hash: '1'.repeat(20),
  key,
  partition: 'p00',
  operation: 'delete',
  sync: 'users',
  cause: 'budget',
  message: 'too many',
  heldAt: 1,
  status: 'held',
  decidedAt: null,
  decidedBy: null,
  spentBy: null,
  ...over,
});

const nameOf = (operation: PlanOperation, over: Partial<StandingFacts> = {}): string =>
  standingOf(operation, factsOf(over)).standing;

describe('in effect', () => {
  const bossy = operationOf({
    changes: { jobTitle: changed(null, 'Boss') },
    parts: { jobTitle: '3'.repeat(20) },
  });
  const disable = operationOf({ kind: 'disable' });
  const enable = operationOf({ kind: 'enable' });
  const revoke = operationOf({ kind: 'revoke-sessions' });
  const clear = operationOf({ kind: 'clear-reference', changes: { manager: changed('c2', null) } });
  const restore = operationOf({ kind: 'restore' });
  const off = { ...live.applied, accountEnabled: false };
  test.each<readonly [string, PlanOperation, Partial<StandingFacts>, Partial<StandingFacts>]>([
    ['a creation', create, {}, { record: withLink(null) }],
    ['a creation, deleted again', create, {}, { record: recordOf({ link: gone }) }],
    ['a creation, value by value', create, {}, { record: withLink({ applied: { displayName: 'Ada' } }) }],
    [
      'a creation, chosen values being what they are',
      { ...create, chosen: ['jobTitle'] },
      { record: withLink({ applied: { displayName: 'Ada', jobTitle: 'x' } }) },
      { record: withLink({ applied: { displayName: 'Eve', jobTitle: 'x' } }) },
    ],
    [
      'a creation, a redacted value being there',
      operationOf({ kind: 'create', changes: { jobTitle: changed(null, '[Redact]') } }),
      {},
      { record: withLink({ applied: {} }) },
    ],
    ['an update', bossy, {}, { record: withLink({ applied: {} }) }],
    [
      'an update that empties',
      operationOf({ changes: { jobTitle: changed('Boss', null) }, parts: { jobTitle: '3'.repeat(20) } }),
      { record: withLink({ applied: {} }) },
      {},
    ],
    [
      'an update that empties a redacted value',
      operationOf({
        changes: { jobTitle: { ...changed('[Redact]', null), isRedacted: true } },
        parts: { jobTitle: '3'.repeat(20) },
      }),
      { record: withLink({ applied: { jobTitle: null } }) },
      {},
    ],
    ['a restoration', restore, {}, { record: recordOf({ link: gone }) }],
    ['enabling', enable, {}, { record: withLink({ applied: off }) }],
    ['disabling', disable, { record: withLink({ applied: off }) }, {}],
    ['a revocation', revoke, { record: withLink({ applied: off }) }, {}],
    [
      'a revocation that is not owed',
      revoke,
      { record: withLink({ applied: off }) },
      { record: withLink({ applied: off, owesRevocation: true }) },
    ],
    ['a deletion', deletion, { record: recordOf({ link: gone }) }, {}],
    ['a deletion of what is not linked', deletion, { record: withLink(null) }, {}],
    ['a reference', reference, { targetCloudId: 'c2' }, { targetCloudId: 'c3' }],
    ['a reference to who is not there', reference, { targetCloudId: 'c2' }, {}],
    ['a cleared reference', clear, { record: withLink({ appliedReferences: {} }) }, {}],
    ['an addition', addition, { member: memberOf({ applied: 'c2' }) }, { member: memberOf({}) }],
    ['an addition that nobody knows', addition, { member: memberOf({ applied: 'c2' }) }, {}],
    ['a removal', removal, { member: memberOf({}) }, { member: memberOf({ applied: 'c2' }) }],
    ['a removal of which the row is gone', removal, {}, { member: memberOf({ applied: 'c2' }) }],
  ])('%s', (_what, operation, there, missing) => {
    expect(nameOf(operation, there)).toBe('done');
    expect(nameOf(operation, missing)).not.toBe('done');
  });

  test('before the partition has been looked at, too', () => {
    expect(nameOf(create, { isWalked: false })).toBe('done');
  });
});

describe('held', () => {
  const heldAt = (over: Partial<Hold>, record: Partial<ObjectRecord> = {}): Partial<StandingFacts> => ({
    record: recordOf({ holds: ['1'.repeat(20)], parked: 'held', ...record }),
    holds: [holdOf(over)],
  });

  test('by the hash of the operation, with the cause', () => {
    expect(standingOf(deletion, factsOf(heldAt({})))).toEqual({
      standing: 'held',
      detail: 'budget: too many',
      hold: { hash: '1'.repeat(20), cause: 'budget', status: 'held' },
    });
    expect(nameOf(deletion, heldAt({ hash: '9'.repeat(20) }))).toBe('overtaken');
    expect(nameOf(deletion, heldAt({ key: other }))).toBe('overtaken');
  });

  test('by one property of an update', () => {
    expect(standingOf(update, factsOf(heldAt({ hash: '3'.repeat(20), operation: 'update' })))).toMatchObject({
      standing: 'held',
      property: 'jobTitle',
    });
    expect(nameOf(update, heldAt({ hash: '2'.repeat(20), operation: 'update' }))).toBe('overtaken');
  });

  test('by the way over a temporary name', () => {
    const change = changed('ada@x', 'ida@x');
    const rename = operationOf({
      changes: { userPrincipalName: change },
      parts: { userPrincipalName: updatePartHash({ key, cloudId: 'c1' }, 'userPrincipalName', change) },
    });
    const between = updatePartHash({ key, cloudId: 'c1' }, 'userPrincipalName', {
      before: temporaryName('ada@x', key),
      after: 'ida@x',
    });
    expect(nameOf(rename, heldAt({ hash: between, operation: 'update' }))).toBe('held');
  });

  test('with others of the group', () => {
    const facts = {
      ...heldAt({ hash: '8'.repeat(20), members: [other] }),
      member: memberOf({ applied: 'c2' }),
    };
    expect(nameOf(removal, facts)).toBe('held');
    const without = { ...facts, holds: [holdOf({ hash: '8'.repeat(20), members: [key] })] };
    expect(nameOf(removal, without)).toBe('overtaken');
  });

  test('with the disable that it belongs to', () => {
    const revoke = operationOf({ kind: 'revoke-sessions', hash: '7'.repeat(20) });
    expect(nameOf(revoke, heldAt({ operation: 'disable' }))).toBe('held');
    expect(nameOf(revoke, heldAt({ operation: 'delete' }))).toBe('overtaken');
  });

  test('a rejection stands, an approval is on its way, one that is void waits again', () => {
    const decided = { decidedAt: now - 1, decidedBy: 'me' };
    expect(standingOf(deletion, factsOf(heldAt({ status: 'rejected', ...decided }))).detail).toBe(
      'rejected by me',
    );
    const due = { index: indexRowKey({ rank: '0', due: now, kind: 'object', id: key }), parked: null };
    expect(nameOf(deletion, heldAt({ status: 'approved', ...decided }, due))).toBe('pending');
    expect(nameOf(deletion, heldAt({ status: 'approved', decidedAt: now - 8 * 24 * 3_600_000 }))).toBe(
      'held',
    );
    expect(nameOf(deletion, heldAt({ status: 'spent' }))).toBe('overtaken');
  });

  test('a hold of the rules before says nothing until the object was looked at', () => {
    const due = indexRowKey({ rank: '2', due: now, kind: 'object', id: key });
    expect(nameOf(deletion, { ...heldAt({}), isWalked: false })).toBe('pending');
    expect(nameOf(deletion, heldAt({}, { index: due, parked: null, revision: 1 }))).toBe('pending');
    expect(nameOf(deletion, heldAt({}, { index: due, parked: null, revision: 2 }))).toBe('held');
  });
});

describe('neither', () => {
  const due = (at: number, rank = '2'): string => indexRowKey({ rank, due: at, kind: 'object', id: key });
  const failure = (at: number): ObjectRecord['failure'] => ({ count: 1, code: 'GRAPH_CONFLICT', at });
  test.each<readonly [string, string, Partial<ObjectRecord> | null, Partial<StandingFacts>]>([
    ['its partition has not been walked', 'pending', {}, { isWalked: false }],
    ['nothing has been read of it yet, nor walked', 'pending', null, { isWalked: false }],
    ['it is due', 'pending', { index: due(now - 1) }, {}],
    ['it is due in a minute', 'pending', { index: due(now + 60_000) }, {}],
    ['it is due in a month', 'overtaken', { index: due(now + 30 * 24 * 3_600_000) }, {}],
    ['it is being written', 'pending', { attempt: { owner: 't', until: now + 1, operations: [] } }, {}],
    ['an attempt ran out', 'overtaken', { attempt: { owner: 't', until: now - 1, operations: [] } }, {}],
    ['it was refused', 'failed', { failure: failure(now), index: due(now + 60_000) }, {}],
    ['it was refused for good', 'failed', { failure: failure(now) }, {}],
    ['it was refused before, and is due', 'pending', { failure: failure(1), index: due(now) }, {}],
    ['it was refused before, and is left', 'failed', { failure: failure(1), index: due(now + 9e6) }, {}],
    ['it waits for a name', 'waiting', { parked: 'name', index: due(now + 9e6) }, {}],
    ['it was never read whole', 'waiting', { parked: 'no-base', index: due(0, '9') }, {}],
    ['a container is not known', 'waiting', { parked: 'unresolved-scope', index: due(0, '9') }, {}],
    ['an attribute was not read', 'waiting', { parked: 'unknown-attributes', index: due(0, '9') }, {}],
    ['something else is held', 'overtaken', { parked: 'held', index: due(0, '9') }, {}],
    ['something else was rejected', 'overtaken', { parked: 'rejected', index: due(0, '9') }, {}],
    ['the mode leaves it', 'overtaken', { parked: 'mode', index: due(0, '9') }, {}],
    ['nobody wants it', 'overtaken', { parked: 'no-rules', index: due(0, '9') }, {}],
    ['it is nowhere', 'overtaken', { parked: 'vanished', index: due(0, '9') }, {}],
    ['there is no row any more', 'overtaken', null, {}],
    ['nothing is to be done', 'overtaken', {}, {}],
  ])('%s: %s', (_what, standing, record, over) => {
    expect(nameOf(update, { record: record === null ? null : recordOf(record), ...over })).toBe(standing);
  });

  test('why, and of an update which property', () => {
    expect(standingOf(update, factsOf({ record: recordOf({ failure: failure(now) }) }))).toEqual({
      standing: 'failed',
      detail: 'GRAPH_CONFLICT',
      property: 'jobTitle',
    });
    expect(standingOf(update, factsOf({ record: recordOf({ parked: 'mode' }) }))).toEqual({
      standing: 'overtaken',
      detail: 'something else is planned, and left by the mode of the function app',
      property: 'jobTitle',
    });
  });

  test('the worst of an update counts: what is held beside what is overtaken', () => {
    const both = operationOf({
      changes: { jobTitle: changed(null, 'Lead'), displayName: changed('A', 'Eve') },
      parts: { jobTitle: '3'.repeat(20), displayName: '2'.repeat(20) },
    });
    const facts = {
      record: recordOf({ holds: ['3'.repeat(20)], parked: 'held' }),
      holds: [holdOf({ hash: '3'.repeat(20), operation: 'update' })],
    };
    expect(standingOf(both, factsOf(facts))).toMatchObject({
      standing: 'overtaken',
      property: 'displayName',
    });
  });

  test('a name that is waited for comes by itself while the object is due', () => {
    const record = recordOf({ parked: 'name', index: due(now + 1_000) });
    expect(standingOf(update, factsOf({ record }))).toMatchObject({ standing: 'waiting', isComing: true });
    expect(standingOf(update, factsOf({ record: recordOf({ parked: 'name' }) })).isComing).toBeUndefined();
  });

  test('a reference waits for who is not in the cloud, as long as it is wanted', () => {
    expect(nameOf(reference, { record: recordOf({ references: { manager: other } }) })).toBe('waiting');
    expect(nameOf(reference, { record: recordOf({ references: { manager: key } }) })).toBe('overtaken');
    expect(nameOf(reference)).toBe('overtaken');
  });

  test('a member waits for being in the cloud, as long as it is wanted', () => {
    expect(nameOf(addition, { member: memberOf({ pending: 'waiting' }) })).toBe('waiting');
    expect(nameOf(addition, { member: memberOf({ pending: null }) })).toBe('overtaken');
    expect(nameOf(addition)).toBe('overtaken');
  });

  test('a value that the plan does not show is there when nothing is left to do', () => {
    const hidden = operationOf({
      changes: { jobTitle: { ...changed('[Redact]', '[Redact]'), isRedacted: true } },
      parts: { jobTitle: '3'.repeat(20) },
    });
    expect(nameOf(hidden)).toBe('done');
    expect(nameOf(hidden, { isWalked: false })).toBe('pending');
    expect(nameOf(hidden, { record: recordOf({ failure: failure(now) }) })).toBe('failed');
    expect(nameOf(hidden, { record: recordOf({ link: gone }) })).toBe('overtaken');
    expect(nameOf(hidden, { record: null })).toBe('overtaken');
  });
});
