import { describe, expect, it } from 'vitest';
import { captureNeeds } from '../../../shared/rules/capture-needs.ts';
import { configureSchema } from '../../../shared/contracts/agent-command.v1.ts';
import { selectSync } from '../../../shared/rules/select-sync.ts';
import { now } from './support/evaluate.ts';
import { projectIn, rulesInFile, stagedAs, syncNamed, type SourceValues } from './support/staged.ts';

const rules = rulesInFile('users-and-groups.yaml');
const users = syncNamed(rules, 'users');
const groups = syncNamed(rules, 'groups');
const managerKey = 'ffffffffffffffffffffffffffffffff';

/** FILETIME of a moment, written out apart from the product's own conversion. */
function fileTime(iso: string): string {
  return ((BigInt(Date.parse(iso)) + 11_644_473_600_000n) * 10_000n).toString();
}

const ada: SourceValues = {
  sAMAccountName: ['ada'],
  userPrincipalName: ['Ada.Lovelace@corp.example'],
  name: ['Ada Lovelace'],
  displayName: ['Lovelace, Ada'],
  givenName: ['Ada'],
  sn: ['Lovelace'],
  mail: ['ada@corp.example'],
  telephoneNumber: ['+44 20 7946 0000'],
  mobile: ['+44 7700 900000'],
  facsimileTelephoneNumber: ['+44 20 7946 0001'],
  title: ['Analyst'],
  department: ['Engines'],
  company: ['Corp'],
  physicalDeliveryOfficeName: ['12A'],
  streetAddress: ['1 St James Square'],
  l: ['London'],
  st: ['Greater London'],
  postalCode: ['SW1Y 4LE'],
  co: ['United Kingdom'],
  c: ['GB'],
  preferredLanguage: ['en-GB'],
  employeeID: ['1815'],
  employeeType: ['Contractor'],
  userAccountControl: ['512'],
  accountExpires: ['9223372036854775807'],
  manager: [{ r: managerKey }],
  'mS-DS-ConsistencyGuid': [],
  extensionAttribute1: ['one'],
  extensionAttribute15: ['fifteen'],
};

describe('the default file', () => {
  it('maps a full user', () => {
    const projection = projectIn(users, stagedAs(rules, 'user', ada));
    expect(projection.problems).toEqual([]);
    expect(projection.anchor).toBe(Buffer.from('d4c3b2a1f6e51807293a4b5c6d7e8f90', 'hex').toString('base64'));
    const extensions = Object.fromEntries(
      Array.from({ length: 15 }, (_, index) => [
        `onPremisesExtensionAttributes.extensionAttribute${index + 1}`,
        index === 0 ? 'one' : index === 14 ? 'fifteen' : null,
      ]),
    );
    expect(projection.values).toEqual({
      accountEnabled: true,
      businessPhones: ['+44 20 7946 0000'],
      city: 'London',
      companyName: 'Corp',
      country: 'United Kingdom',
      department: 'Engines',
      displayName: 'Lovelace, Ada',
      employeeId: '1815',
      faxNumber: '+44 20 7946 0001',
      givenName: 'Ada',
      jobTitle: 'Analyst',
      mail: 'ada@corp.example',
      mailNickname: 'ada',
      mobilePhone: '+44 7700 900000',
      officeLocation: '12A',
      postalCode: 'SW1Y 4LE',
      preferredLanguage: 'en-GB',
      state: 'Greater London',
      streetAddress: '1 St James Square',
      surname: 'Lovelace',
      usageLocation: 'GB',
      userPrincipalName: 'Ada.Lovelace@corp.example',
      ...extensions,
    });
    expect(projection.createOnly).toEqual({ employeeType: 'Contractor' });
    expect(projection.references).toEqual({ manager: managerKey });
    expect(projection.members).toBeNull();
    expect(projection.holdCreate).toBeNull();
    expect(projection.reviewAt).toBeNull();
  });

  it('maps a bare user: made-up names, cleared values, mail and display name left alone', () => {
    const bare = { sAMAccountName: ['bob'], userAccountControl: ['512'] };
    const projection = projectIn(users, stagedAs(rules, 'inetOrgPerson', bare));
    expect(projection.values).toMatchObject({
      userPrincipalName: 'bob@contoso.com',
      mailNickname: 'bob',
      givenName: null,
      businessPhones: [],
      accountEnabled: true,
    });
    expect(projection.problems).toEqual([]);
    expect(projection.values).not.toHaveProperty('mail');
    expect(projection.values).not.toHaveProperty('displayName');
    expect(projection.references).toEqual({ manager: null });
    expect(projection.createOnly).toEqual({ employeeType: 'Employee' });
  });

  it('maps a security group', () => {
    const group = {
      sAMAccountName: ['HQ All.Staff (new)@x'],
      name: ['All Staff'],
      description: ['Everyone'],
      groupType: ['-2147483646'],
    };
    const projection = projectIn(groups, stagedAs(rules, 'group', group));
    expect(projection).toMatchObject({
      anchor: 'd4c3b2a1f6e51807293a4b5c6d7e8f90',
      values: {
        displayName: 'All Staff',
        description: 'Everyone',
        mailEnabled: false,
        securityEnabled: true,
      },
      createOnly: { mailNickname: 'HQAll-Staffnewx' },
      members: { attribute: 'member' },
      problems: [],
      reviewAt: null,
    });
  });

  it('prefers mS-DS-ConsistencyGuid as the anchor', () => {
    const bytes = Buffer.from('0102030405060708090a0b0c0d0e0f10', 'hex').toString('base64');
    const staged = stagedAs(rules, 'user', { ...ada, 'mS-DS-ConsistencyGuid': [{ b: bytes }] });
    expect(projectIn(users, staged).anchor).toBe(bytes);
  });

  it.each([
    ['never (0)', { accountExpires: ['0'] }, true, null],
    ['never (largest number)', { accountExpires: ['9223372036854775807'] }, true, null],
    ['never (empty)', { accountExpires: [] }, true, null],
    [
      'future',
      { accountExpires: [fileTime('2026-12-24T18:00:00Z')] },
      true,
      Date.parse('2026-12-24T18:00:00Z'),
    ],
    [
      'an hour ahead',
      { accountExpires: [fileTime('2026-11-23T13:00:00Z')] },
      true,
      Date.parse('2026-11-23T13:00:00Z'),
    ],
    ['past', { accountExpires: [fileTime('2026-11-01T00:00:00Z')] }, false, now + 86_400_000],
    ['disabled', { userAccountControl: ['514'], accountExpires: ['0'] }, false, null],
    [
      'disabled and expiring',
      { userAccountControl: ['514'], accountExpires: [fileTime('2027-01-01T00:00:00Z')] },
      false,
      null,
    ],
  ])('accountEnabled: %s', (_, values, accountEnabled, reviewAt) => {
    const projection = projectIn(users, stagedAs(rules, 'user', { ...ada, ...values }));
    expect(projection.problems).toEqual([]);
    expect(projection.values['accountEnabled']).toBe(accountEnabled);
    expect(projection.reviewAt).toBe(reviewAt);
  });

  it('tells the agent all it must read', () => {
    const needs = captureNeeds(rules, 'corp');
    expect(configureSchema.safeParse({ revision: 1, ...needs }).success).toBe(true);
    expect(needs).toMatchObject({
      classes: ['group', 'user'],
      references: ['manager'],
      links: ['member'],
      binary: ['mS-DS-ConsistencyGuid', 'msExchMailboxGuid', 'objectGUID'],
      primaryGroup: true,
      containers: [],
      skipCritical: true,
    });
    for (const name of [
      'accountExpires',
      'groupType',
      'isCriticalSystemObject',
      'sAMAccountType',
      'name',
      'sn',
    ])
      expect(needs.attributes).toContain(name);
    expect(needs.attributes).not.toContain('distinguishedName');
    expect(captureNeeds(rules, 'nowhere').classes).toEqual([]);
  });

  it.each([
    ['user', 'users'],
    ['inetOrgPerson', 'users'],
    ['group', 'groups'],
    ['computer', null],
    ['msDS-GroupManagedServiceAccount', null],
    ['contact', null],
  ])('class %s belongs to sync %s', (name, sync) => {
    expect(selectSync(rules, 'corp', stagedAs(rules, name, {}))?.name ?? null).toBe(sync);
    expect(selectSync(rules, 'other', stagedAs(rules, name, {}))).toBeNull();
  });
});

describe('the minimal file', () => {
  const minimal = rulesInFile('minimal.yaml');

  it('creates a user with safe defaults', () => {
    const sync = syncNamed(minimal, 'users');
    expect(projectIn(sync, stagedAs(minimal, 'user', ada)).problems).toEqual([]);
    expect(sync.scope.exclude).toBe('defaults');
    expect(sync.lifecycle).toEqual({
      disabled: { action: 'disable', revokeSessions: true },
      leftScope: { action: 'disable', deleteAfterMs: 30 * 86_400_000 },
      deleted: { action: 'disable', deleteAfterMs: 30 * 86_400_000 },
      returned: 'restore',
    });
    expect(sync.budgets.delete).toEqual({ max: 20, percent: 5, atLeast: 1, perMs: 86_400_000 });
    expect(sync.match).toEqual([]);
  });
});
