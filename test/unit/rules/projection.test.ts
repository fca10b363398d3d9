import { describe, expect, it } from 'vitest';
import { neverMs } from '../../../shared/rules/expressions/runtime-value.ts';
import { evaluate, now } from './support/evaluate.ts';
import {
  projectIn,
  projectOf,
  rulesOf,
  staffKey,
  stagedAs,
  syncNamed,
  version,
  type SourceValues,
} from './support/staged.ts';

function userRules(sync: string, flows = ''): ReturnType<typeof rulesOf> {
  return rulesOf(`
version: 1
connectors:
  corp: { type: active-directory }
  cloud: { type: entra }
syncs:
  users:
    from: { connector: corp, class: user }
    to: { connector: cloud, class: user }
${sync}
    flows:
      userPrincipalName: '[userPrincipalName]'
      mailNickname: '[sAMAccountName]'
      displayName: '[name]'
      accountEnabled: '"True"'
${flows}
`);
}

const bob: SourceValues = {
  sAMAccountName: ['bob'],
  userPrincipalName: ['bob@corp.example'],
  name: ['Bob'],
  userAccountControl: ['512'],
};

describe('scope', () => {
  const rules = userRules(
    "    scope: { under: [{ dn: 'OU=Staff,DC=corp,DC=example' }], where: ['[department] = \"IT\"'] }",
  );
  const sync = syncNamed(rules, 'users');
  const containers = new Map([['ou=staff,dc=corp,dc=example', staffKey]]);
  const staged = stagedAs(rules, 'user', { ...bob, department: ['IT'] });

  it('names every clause with its verdict', () => {
    const { clauses } = projectIn(sync, staged, containers);
    expect(clauses.every((clause) => clause.passed)).toBe(true);
    expect(clauses.map((clause) => clause.clause)).toEqual(
      expect.arrayContaining([
        'under OU=Staff,DC=corp,DC=example',
        'where [department] = "IT"',
        'default exclusion: isCriticalSystemObject',
      ]),
    );
  });

  it('is left by place or by value', () => {
    const elsewhere = { ...staged, ancestors: { version, keys: ['99999999999999999999999999999999'] } };
    expect(projectOf(sync, elsewhere, containers)).toMatchObject({ kind: 'out', reviewAt: null });
    const sales = stagedAs(rules, 'user', { ...bob, department: ['Sales'] });
    const out = projectOf(sync, sales, containers);
    expect(out.kind === 'out' && out.clauses.filter((clause) => !clause.passed)).toEqual([
      { clause: 'where [department] = "IT"', passed: false },
    ]);
  });

  it('waits for containers the agent has not resolved, and for a place never read', () => {
    expect(projectOf(sync, staged)).toEqual({
      kind: 'waiting',
      attributes: [],
      containers: ['OU=Staff,DC=corp,DC=example'],
    });
    expect(projectOf(sync, { ...staged, ancestors: null }, containers)).toMatchObject({
      kind: 'waiting',
      attributes: ['dn'],
    });
  });

  it('holds containers by GUID without the agent', () => {
    const byGuid = userRules('    scope: { under: [{ guid: 00000000-0000-0000-0000-000000000001 }] }');
    expect(projectIn(syncNamed(byGuid, 'users'), stagedAs(byGuid, 'user', bob)).clauses[0]).toEqual({
      clause: `under GUID ${staffKey}`,
      passed: true,
    });
  });

  it('concludes nothing from a clause that cannot be computed', () => {
    const broken = userRules("    scope: { where: ['BitAnd([userAccountControl], [info]) = 0'] }");
    const projection = projectOf(
      syncNamed(broken, 'users'),
      stagedAs(broken, 'user', { ...bob, info: ['secret words'] }),
    );
    expect(projection).toMatchObject({ kind: 'failed', problems: [{ target: 'scope' }] });
    expect(JSON.stringify(projection)).not.toContain('secret words');
  });

  it.each([
    ['isCriticalSystemObject', { isCriticalSystemObject: ['TRUE'] }],
    ['no sAMAccountName', { sAMAccountName: [] }],
    ['MSOL_', { sAMAccountName: ['MSOL_0a1b'] }],
    ['CAS_{', { sAMAccountName: ['CAS_{0a1b'] }],
    ['CAS_{', { sAMAccountName: ['SM_0a1b}'] }],
    ['SystemMailbox{', { mailNickname: ['SystemMailbox{1f05a927}'] }],
    ['msExchRecipientTypeDetails', { msExchRecipientTypeDetails: ['8388608'] }],
    ['sAMAccountType', { sAMAccountType: ['805306370'] }],
  ])('default exclusion %s', (clause, values) => {
    const plain = userRules('');
    const out = projectOf(syncNamed(plain, 'users'), stagedAs(plain, 'user', { ...bob, ...values }));
    expect(out.kind).toBe('out');
    const failed = out.kind === 'out' ? out.clauses.filter((one) => !one.passed) : [];
    expect(failed).toHaveLength(1);
    expect(failed[0]?.clause).toMatch(/^default exclusion: /);
    expect(failed[0]?.clause).toContain(clause);
    const all = userRules('    scope: { exclude: none }');
    expect(projectOf(syncNamed(all, 'users'), stagedAs(all, 'user', { ...bob, ...values })).kind).toBe('in');
  });

  it('leaves replication conflict objects out', () => {
    const plain = userRules('');
    const dn = {
      version,
      text: 'CN=Bob\\0ACNF:5c4dd5ae-f4b9-4a5f-a1f5-26e0a8ab4f57,OU=Staff,DC=corp,DC=example',
    };
    expect(projectOf(syncNamed(plain, 'users'), stagedAs(plain, 'user', bob, { dn })).kind).toBe('out');
  });
});

describe('what was never read', () => {
  const rules = userRules('', "      jobTitle: '[title]'");
  const sync = syncNamed(rules, 'users');
  const whole = stagedAs(rules, 'user', bob);
  const without = (...names: readonly string[]): typeof whole => ({
    ...whole,
    attributes: Object.fromEntries(
      Object.entries(whole.attributes).filter(([name]) => !names.some((one) => one.toLowerCase() === name)),
    ),
  });

  it('makes the object wait, unlike what is empty', () => {
    expect(projectIn(sync, whole).values['jobTitle']).toBeNull();
    expect(projectOf(sync, without('title'))).toEqual({
      kind: 'waiting',
      attributes: ['title'],
      containers: [],
    });
    expect(projectOf(sync, without('mS-DS-ConsistencyGuid'))).toMatchObject({
      attributes: ['mS-DS-ConsistencyGuid'],
    });
    expect(projectOf(sync, without('isCriticalSystemObject'))).toMatchObject({
      attributes: ['isCriticalSystemObject'],
    });
  });

  it('does not matter for flows of an object that is out of scope', () => {
    const staged = without('title');
    const critical = { version, values: ['TRUE'] };
    const attributes = { ...staged.attributes, iscriticalsystemobject: critical };
    expect(projectOf(sync, { ...staged, attributes }).kind).toBe('out');
  });

  it('takes objectGUID from the key', () => {
    expect(projectIn(sync, without('objectGUID')).anchor).toBe(projectIn(sync, whole).anchor);
  });

  it('finds attributes, which are staged in lower case, by the spelling of the rules', () => {
    expect(Object.keys(whole.attributes)).toContain('samaccountname');
    expect(projectIn(sync, whole).values['mailNickname']).toBe('bob');
  });
});

describe('values that do not fit', () => {
  const rules = userRules(
    '',
    `      jobTitle: '[title]'
      usageLocation: '[c]'
      surname: 'Left([sn], [initials])'
      department: '[department]'
      businessPhones: '[otherTelephone]'
      manager: { reference: manager }`,
  );
  const sync = syncNamed(rules, 'users');

  it.each([
    ['jobTitle', { title: ['x'.repeat(129)] }, /129 characters, 128/],
    ['usageLocation', { c: ['GBR'] }, /3 characters, 2/],
    ['usageLocation', { c: ['4!'] }, /country code/],
    ['surname', { sn: ['Smith'], initials: ['S'] }, /NumChars of Left is not a whole number/],
    ['department', { department: ['A', 'B'] }, /several values/],
    ['department', { department: [{ d: '0'.repeat(64), n: 5 }] }, /digest/],
    ['businessPhones', { otherTelephone: ['1', '2'] }, /2 values, 1 is/],
    ['userPrincipalName', { userPrincipalName: [] }, /no value/],
    ['userPrincipalName', { userPrincipalName: ['böb@corp.example'] }, /character other/],
    ['userPrincipalName', { userPrincipalName: ['bob.@corp.example'] }, /dot/],
    ['userPrincipalName', { userPrincipalName: [`${'b'.repeat(65)}@corp.example`] }, /64/],
    ['manager', { manager: ['CN=Boss'] }, /point/],
  ] as const)('%s: the problem is its own and the others flow', (target, values, message) => {
    const source = { ...bob, ...values } as SourceValues;
    const projection = projectIn(sync, stagedAs(rules, 'user', source));
    expect(projection.problems).toHaveLength(1);
    expect(projection.problems[0]).toMatchObject({
      target,
      message: expect.stringMatching(message) as string,
    });
    expect(projection.values).not.toHaveProperty(target);
    expect(projection.values['displayName']).toBe('Bob');
  });

  it('says so where an attribute was too large to carry', () => {
    const staged = stagedAs(rules, 'user', bob, {
      oversized: { title: { epoch: version.epoch, n: version.n + 1 } },
    });
    expect(projectIn(sync, staged).problems).toEqual([
      { target: 'jobTitle', message: 'title is too large to carry' },
    ]);
    const older = stagedAs(rules, 'user', bob, { oversized: { title: { epoch: version.epoch, n: 1 } } });
    expect(projectIn(sync, older).problems).toEqual([]);
    const anchorless = stagedAs(rules, 'user', bob, {
      oversized: { 'ms-ds-consistencyguid': { epoch: version.epoch, n: version.n + 1 } },
    });
    expect(projectOf(sync, anchorless)).toMatchObject({ kind: 'failed', problems: [{ target: 'anchor' }] });
  });
});

describe('mailboxes', () => {
  const rules = userRules('');
  const sync = syncNamed(rules, 'users');
  const guid: SourceValues = { msExchMailboxGuid: [{ b: 'AAAAAAAAAAAAAAAAAAAAAA==' }] };

  it.each([
    ['on premises', { ...guid, msExchRecipientTypeDetails: ['1'] }, true, false],
    ['without a type', guid, true, false],
    ['moved to the cloud', { ...guid, msExchRecipientTypeDetails: ['2147483648'] }, false, false],
    ['shared, on premises', { ...guid, msExchRecipientTypeDetails: ['4'] }, true, true],
    ['shared, in the cloud', { ...guid, msExchRecipientTypeDetails: ['34359738368'] }, false, true],
    ['none', {}, false, false],
  ])('%s', (_, values, isHeld, isResourceMailbox) => {
    const projection = projectIn(sync, stagedAs(rules, 'user', { ...bob, ...values }));
    expect(projection.holdCreate !== null).toBe(isHeld);
    expect(projection.isResourceMailbox).toBe(isResourceMailbox);
  });
});

describe('the moment to look again', () => {
  const day = 86_400_000;
  const hire = '2026-12-10T00:00:00Z';
  const hireMs = Date.parse(hire);
  const diff = (unit: string, test: string): string => `DateDiff("${unit}", Now(), [d]) ${test}`;

  it.each([
    ['the date itself, by seconds', diff('s', '> 0'), hire, hireMs],
    ['five days before, cut to whole days', diff('d', '> 5'), hire, hireMs - 6 * day + 1],
    ['two hours before', diff('h', '<= 2'), hire, hireMs - 3 * 3_600_000 + 1],
    ['ten days after', 'DateDiff("d", [d], Now()) >= 10', hire, hireMs + 10 * day],
    ['swapped sides', `5 < DateDiff("d", Now(), [d])`, hire, hireMs - 6 * day + 1],
    ['plain comparison of dates', 'Now() > [d]', hire, hireMs],
    ['calendar units: daily', diff('m', '> 0'), hire, now + day],
    ['a date that has passed: daily', diff('s', '> 0'), '2026-01-01', now + day],
    ['as text: daily', 'CStr(Now())', hire, now + day],
    ['without Now(): never', 'DateDiff("d", [d], "2026-01-01") > 0', hire, null],
  ])('%s', (_, expression, date, reviewAt) => {
    const result = evaluate(expression, { d: date });
    expect(result).toMatchObject({ ok: true, reviewAt });
  });

  it('is when the outcome really turns over, not a millisecond before', () => {
    for (const expression of [
      diff('d', '> 5'),
      diff('h', '= 3'),
      diff('n', '<= -7'),
      'DateDiff("d", [d], Now()) >= 10',
    ]) {
      const at = (ms: number): unknown => {
        const result = evaluate(expression, { d: hire }, ms);
        return result.ok && result.value;
      };
      const first = evaluate(expression, { d: hire });
      const turn = first.ok ? first.reviewAt : null;
      expect(turn).not.toBeNull();
      expect(at(turn ?? 0)).not.toBe(at(now));
      expect(at((turn ?? 0) - 1)).toBe(at(now));
    }
  });

  it('is never where the date is never', () => {
    expect(evaluate('DateDiff("s", Now(), DateFromNum(9223372036854775807)) > 0')).toMatchObject({
      value: true,
      reviewAt: null,
    });
    expect(neverMs).toBe(253_402_300_799_999);
  });

  it('is carried by scope clauses too', () => {
    const rules = userRules(`    scope: { where: ['DateDiff("s", Now(), [info]) > 0'] }`);
    const sync = syncNamed(rules, 'users');
    expect(projectOf(sync, stagedAs(rules, 'user', { ...bob, info: [hire] }))).toMatchObject({
      kind: 'in',
      reviewAt: hireMs,
    });
    expect(projectOf(sync, stagedAs(rules, 'user', { ...bob, info: ['2020-01-01'] }))).toMatchObject({
      kind: 'out',
      reviewAt: now + day,
    });
  });
});
