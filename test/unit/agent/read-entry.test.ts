import { createHash } from 'node:crypto';
import { describe, expect, it, test } from 'vitest';
import { captureNeeds, isSameNeeds } from '../../../agent/capture/capture-needs.ts';
import { readEntry, type EntryReading } from '../../../agent/capture/read-entry.ts';
import type { LdapAttribute } from '../../../shared/adapters/active-directory/ldap-entry.ts';
import type { Configure } from '../../../shared/contracts/agent-command.v1.ts';

const configure: Configure = {
  revision: 1,
  classes: ['user', 'group'],
  attributes: [
    'displayName',
    'title',
    'userAccountControl',
    'manager',
    'secretary',
    'thumbnailPhoto',
    'mS-DS-ConsistencyGuid',
    'objectGUID',
  ],
  references: ['manager', 'secretary'],
  links: ['member'],
  binary: ['mS-DS-ConsistencyGuid', 'objectGUID'],
  primaryGroup: true,
  containers: [],
  skipCritical: true,
};
const needs = captureNeeds(configure);
const guid = '3029c620-1111-2222-3333-444455556666';
const key = guid.replaceAll('-', '');
const other = 'aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee';
const otherKey = other.replaceAll('-', '');
const target = `<GUID=${other}>;<SID=S-1-5-21-1-2-3-1105>;CN=b,DC=x`;

function attribute(description: string, ...values: (string | Buffer)[]): LdapAttribute {
  const [name = '', range] = description.toLowerCase().split(';range=');
  const [from = '', to = ''] = range?.split('-') ?? [];
  return {
    name,
    range: range === undefined ? null : { from: Number(from), to: to === '*' ? null : Number(to) },
    values: values.map((value) => (Buffer.isBuffer(value) ? value : Buffer.from(value))),
  };
}

function read(...attributes: LdapAttribute[]): EntryReading {
  const always = [attribute('objectGUID', Buffer.alloc(16, 1)), attribute('instanceType', '4')];
  const reading = readEntry(
    { dn: `<GUID=${guid}>;<SID=S-1-5-21-1-2-3-1104>;CN=a,DC=x`, attributes: [...always, ...attributes] },
    needs,
  );
  if (reading === null) throw new Error('not read');
  return reading;
}

describe('an entry of DirSync', () => {
  test.each<readonly [string, readonly LdapAttribute[], Partial<EntryReading>]>([
    [
      'names its object and nothing else',
      [],
      {
        key,
        dn: 'CN=a,DC=x',
        sid: 'S-1-5-21-1-2-3-1104',
        attributes: {},
        links: {},
        isNamed: false,
        isCreation: false,
      },
    ],
    ['changes an attribute', [attribute('title', 'Boss')], { attributes: { title: ['Boss'] } }],
    ['clears an attribute', [attribute('title')], { attributes: { title: [] } }],
    [
      'spells a name as the rules do',
      [attribute('DISPLAYNAME', 'A')],
      { attributes: { displayName: ['A'] } },
    ],
    ['brings what nobody asked for', [attribute('lastLogonTimestamp', '1')], { attributes: {} }],
    [
      'sets a reference',
      [attribute('manager;range=1-1', target)],
      { attributes: { manager: [{ r: otherKey }] } },
    ],
    ['takes a reference away', [attribute('manager;range=0-0', target)], { attributes: { manager: [] } }],
    [
      'replaces a reference',
      [
        attribute('manager;range=0-0', target.replace('aaaaaaaa', 'bbbbbbbb')),
        attribute('manager;range=1-1', target),
      ],
      { attributes: { manager: [{ r: otherKey }] } },
    ],
    [
      'replaces a reference, told the other way round',
      [
        attribute('manager;range=1-1', target),
        attribute('manager;range=0-0', target.replace('aaaaaaaa', 'bbbbbbbb')),
      ],
      { attributes: { manager: [{ r: otherKey }] } },
    ],
    [
      'tells a part of a reference with several values',
      [attribute('secretary;range=1-1', target)],
      { attributes: {}, unclear: ['secretary'] },
    ],
    [
      'adds and removes members',
      [
        attribute('member;range=1-1', target),
        attribute('member;range=0-0', target.replace('aaaaaaaa', 'bbbbbbbb')),
      ],
      { links: { member: { added: [otherKey], removed: [otherKey.replace('aaaaaaaa', 'bbbbbbbb')] } } },
    ],
    [
      'names a target without a key',
      [attribute('member;range=1-1', 'CN=foreign')],
      { links: { member: { added: [], removed: [] } } },
    ],
    [
      'is a creation',
      [attribute('whenCreated', '20260101000000.0Z'), attribute('objectClass', 'top', 'person', 'user')],
      { isCreation: true, class: 'user' },
    ],
    [
      'is a rename',
      [
        attribute('name', 'b'),
        attribute('parentGUID', Buffer.from('20c62930111122223333444455556666', 'hex')),
      ],
      { isNamed: true, parentKey: '3029c620111122223333444455556666' },
    ],
    ['is a tombstone', [attribute('isDeleted', 'TRUE')], { isTombstone: true, isUndeleted: false }],
    ['is a return', [attribute('isDeleted')], { isTombstone: false, isUndeleted: true }],
    ['disables', [attribute('userAccountControl', '514')], { isDisabled: true }],
    ['enables', [attribute('userAccountControl', '512')], { isDisabled: false }],
    ['moves to another primary group', [attribute('primaryGroupID', '1105')], { primaryGroupRid: 1_105 }],
    ['is a critical group', [attribute('isCriticalSystemObject', 'TRUE')], { isCritical: true }],
    [
      'carries bytes that a rule maps',
      [attribute('mS-DS-ConsistencyGuid', Buffer.from([0, 255]))],
      { attributes: { 'mS-DS-ConsistencyGuid': [{ b: 'AP8=' }] } },
    ],
    [
      'carries text that is no UTF-8',
      [attribute('title', Buffer.from([0xff]))],
      {
        attributes: {
          title: [
            {
              d: createHash('sha256')
                .update(Buffer.from([0xff]))
                .digest('hex'),
              n: 1,
            },
          ],
        },
      },
    ],
  ])('that %s', (_what, attributes, expected) => expect(read(...attributes)).toMatchObject(expected));

  it('carries bytes that no rule maps as a digest, even if they look like text', () => {
    const [value] = read(attribute('thumbnailPhoto', 'looks like text')).attributes['thumbnailPhoto'] ?? [];
    expect(value).toEqual({ d: createHash('sha256').update('looks like text').digest('hex'), n: 15 });
  });

  it('tells objectGUID with a creation only, since every entry has it', () => {
    expect(read().attributes).toEqual({});
    expect(read(attribute('whenCreated', 'x')).attributes).toHaveProperty('objectGUID');
  });

  it('without a key is left aside', () => {
    expect(readEntry({ dn: 'CN=a', attributes: [] }, needs)).toBeNull();
  });
});

describe('needs', () => {
  it('are the same whatever the order, spelling and revision', () => {
    const same = {
      ...configure,
      revision: 9,
      attributes: [...configure.attributes].reverse().map((name) => name.toUpperCase()),
      containers: ['OU=x'],
    };
    expect(isSameNeeds(configure, same)).toBe(true);
  });

  test.each([
    [{ attributes: [...configure.attributes, 'mail'] }],
    [{ binary: [] }],
    [{ primaryGroup: false }],
    [{ skipCritical: false }],
    [{ classes: ['user'] }],
    [{ links: [] }],
  ])('differ by %o', (change) => expect(isSameNeeds(configure, { ...configure, ...change })).toBe(false));

  it('take inetOrgPerson with user', () => expect(needs.classes.has('inetorgperson')).toBe(true));
});
