import { EqualityFilter } from 'ldapts';
import { expect } from 'vitest';

import { controlIds, showDeletedControl } from './controls.ts';
import type { DirectoryCase } from './directory-case.ts';
import type { DirectoryWorld } from './directory-world.ts';
import type { DirectoryFixture } from './fixture.ts';
import { guidText } from './guid.ts';

/** Without a bind, as everybody may; highestCommittedUSN comes only where it is named. */
async function readRootDse(
  world: DirectoryWorld,
  attributes: string[] = [],
): Promise<Record<string, unknown>> {
  const { searchEntries } = await world.connect().search('', { scope: 'base', attributes });
  return searchEntries[0] ?? {};
}

interface LargeGroup {
  readonly dn: string;
  readonly members: readonly string[];
}

/** 1,500 is Active Directory's MaxValRange: more values than that are read in ranges. */
const memberCount = 1_510;
/** Requests in flight at once; all of them would run into the client's own time limit on a busy machine. */
const batchSize = 100;

async function addLargeGroup(world: DirectoryWorld): Promise<LargeGroup> {
  const members = Array.from({ length: memberCount }, () => `CN=${world.name('m')},${world.ou}`);
  for (let start = 0; start < memberCount; start += batchSize) {
    const batch = members.slice(start, start + batchSize);
    await Promise.all(batch.map((dn) => world.admin.add(dn, { objectClass: ['contact'] })));
  }
  const { dn } = await world.addGroup();
  await world.modify(dn, 'add', 'member', members);
  return { dn, members };
}

/** Takes seconds to make, so the cases that only read it share one in each directory. */
const largeGroups = new WeakMap<DirectoryFixture, Promise<LargeGroup>>();

function largeGroup(world: DirectoryWorld): Promise<LargeGroup> {
  const made = largeGroups.get(world.fixture) ?? addLargeGroup(world);
  largeGroups.set(world.fixture, made);
  return made;
}

/** Every possible byte, and not UTF-8. */
const allBytes = Buffer.from(Array.from({ length: 256 }, (_, index) => index));

export const searchCases: readonly DirectoryCase[] = [
  {
    name: 'rootDSE names its naming contexts',
    async run(world) {
      const { baseDn } = world.fixture;
      const rootDse = await readRootDse(world);
      const configuration = `CN=Configuration,${baseDn}`;
      expect(rootDse).toMatchObject({
        defaultNamingContext: baseDn,
        rootDomainNamingContext: baseDn,
        configurationNamingContext: configuration,
        schemaNamingContext: `CN=Schema,${configuration}`,
      });
      expect(rootDse['namingContexts']).toEqual(expect.arrayContaining([baseDn, configuration]));
      expect(rootDse['dnsHostName']).toMatch(/^[\w-]+\.corp\.example$/i);
    },
  },
  {
    name: 'highestCommittedUSN moves with a write and stands still without',
    async run(world) {
      const read = async () =>
        BigInt(String((await readRootDse(world, ['highestCommittedUSN']))['highestCommittedUSN']));
      const user = await world.addUser();
      const before = await read();
      expect(await read()).toBe(before);
      await world.modify(user.dn, 'replace', 'title', ['Clerk']);
      const after = await read();
      expect(after).toBeGreaterThan(before);
      const { attributes } = await world.read(user.dn, ['uSNChanged']);
      expect(BigInt(String(attributes.get('uSNChanged')?.[0]))).toBeGreaterThan(before);
    },
  },
  {
    name: 'supportedControl lists paging, show-deleted, notification, extended DN and DirSync',
    async run(world) {
      const rootDse = await readRootDse(world);
      expect(rootDse['supportedControl']).toEqual(expect.arrayContaining(Object.values(controlIds)));
    },
  },
  {
    name: 'invocationId of the domain controller is read through dsServiceName',
    async run(world) {
      const service = String((await readRootDse(world))['dsServiceName']);
      const attributes = ['invocationId'];
      const read = async () => {
        const client = await world.connectAs(world.fixture.admin);
        const options = { scope: 'base' as const, attributes, explicitBufferAttributes: attributes };
        const { searchEntries } = await client.search(service, options);
        return searchEntries[0]?.['invocationId'];
      };
      const invocationId = await read();
      expect(invocationId).toBeInstanceOf(Buffer);
      expect(invocationId).toHaveLength(16);
      expect(await read()).toEqual(invocationId);
    },
  },
  {
    name: 'a paged search yields every object once, in pages of the size asked for',
    async run(world) {
      const created = await Promise.all(Array.from({ length: 25 }, () => world.addUser()));
      const sizes: number[] = [];
      const found: string[] = [];
      const options = {
        scope: 'one',
        filter: '(objectClass=user)',
        attributes: ['name'],
        paged: { pageSize: 10 },
      } as const;
      for await (const page of world.admin.searchPaginated(world.ou, { ...options, attributes: ['name'] })) {
        sizes.push(page.searchEntries.length);
        found.push(...page.searchEntries.map(({ dn }) => dn));
      }
      expect(sizes).toEqual([10, 10, 5]);
      expect(found.toSorted()).toEqual(created.map(({ dn }) => dn).toSorted());
    },
  },
  {
    name: 'a search base by <GUID=…> finds the object wherever it is',
    async run(world) {
      const user = await world.addUser();
      const other = await world.addOu('Elsewhere');
      const base = `<GUID=${guidText(user.guid)}>`;
      expect((await world.read(base, ['name'])).dn).toBe(user.dn);
      await world.admin.modifyDN(user.dn, `CN=Moved Person,${other.dn}`);
      expect((await world.read(base, ['name'])).dn).toBe(`CN=Moved Person,${other.dn}`);
    },
  },
  {
    name: 'a search by the bytes of objectGUID finds the object',
    async run(world) {
      const user = await world.addUser();
      const filter = new EqualityFilter({ attribute: 'objectGUID', value: user.guid });
      const { searchEntries } = await world.admin.search(world.fixture.baseDn, {
        filter,
        attributes: ['name'],
      });
      expect(searchEntries.map(({ dn }) => dn)).toEqual([user.dn]);
    },
  },
  {
    name: 'a search by uSNChanged finds what was written since',
    async run(world) {
      const [older, newer] = [await world.addUser(), await world.addUser()];
      const { attributes } = await world.read(older.dn, ['uSNChanged']);
      const next = BigInt(String(attributes.get('uSNChanged')?.[0])) + 1n;
      const filter = `(&(objectClass=user)(uSNChanged>=${next}))`;
      const { searchEntries } = await world.admin.search(world.ou, { filter, attributes: ['name'] });
      expect(searchEntries.map(({ dn }) => dn)).toEqual([newer.dn]);
    },
  },
  {
    name: 'a base that does not exist is no such object (32)',
    async run(world) {
      await expect(world.read(`CN=Nobody,${world.ou}`, ['name'])).rejects.toMatchObject({ code: 32 });
      const unknownGuid = '<GUID=11111111-2222-3333-4444-555555555555>';
      await expect(world.read(unknownGuid, ['name'])).rejects.toMatchObject({ code: 32 });
    },
  },
  {
    name: 'binary values are byte-exact: objectGUID, thumbnailPhoto, mS-DS-ConsistencyGuid',
    async run(world) {
      const consistencyGuid = Buffer.from('00ff7f80c3280d0a2c5c2b3c3e003b22', 'hex');
      const user = await world.addUser({
        thumbnailPhoto: allBytes,
        'mS-DS-ConsistencyGuid': consistencyGuid,
      });
      const { attributes } = await world.read(user.dn, [
        'objectGUID',
        'thumbnailPhoto',
        'mS-DS-ConsistencyGuid',
      ]);
      expect(attributes.get('objectGUID')?.[0]).toHaveLength(16);
      expect(attributes.get('thumbnailPhoto')).toEqual([allBytes]);
      expect(attributes.get('mS-DS-ConsistencyGuid')).toEqual([consistencyGuid]);
      // Bytes that happen to be ASCII too.
      const printable = Buffer.from('sixteen letters!');
      const [entry] = await world.changesOf(() =>
        world.modify(user.dn, 'replace', 'mS-DS-ConsistencyGuid', [printable]),
      );
      expect(entry?.attributes.get('mS-DS-ConsistencyGuid')).toEqual([printable]);
      expect(entry?.attributes.get('objectGUID')).toEqual([user.guid]);
    },
  },
  {
    name: 'a value larger than a network packet arrives whole, both ways',
    async run(world) {
      const photo = Buffer.alloc(90_000, allBytes);
      const user = await world.addUser({ thumbnailPhoto: photo });
      const { attributes } = await world.read(user.dn, ['thumbnailPhoto']);
      expect(photo.equals(attributes.get('thumbnailPhoto')?.[0] as Buffer)).toBe(true);
    },
  },
  {
    name: 'names of attributes, values and bases are compared without regard to case',
    async run(world) {
      const user = await world.addUser({ title: 'Clerk' });
      const filter = `(&(SAMACCOUNTNAME=${user.account.toUpperCase()})(TITLE=cLERK))`;
      const { searchEntries } = await world.admin.search(world.ou.toLowerCase(), {
        filter,
        attributes: ['TITLE'],
      });
      expect(searchEntries.map(({ dn }) => dn)).toEqual([user.dn]);
      expect((await world.read(user.dn.toUpperCase(), ['title'])).attributes.get('title')).toEqual(['Clerk']);
    },
  },
  {
    name: 'filters: presence, not, or, substrings, order and the bit rule',
    async run(world) {
      const clerk = await world.addUser({ title: 'Clerk', userAccountControl: '544', countryCode: '40' });
      const director = await world.addUser({
        title: 'Director',
        userAccountControl: '546',
        countryCode: '276',
      });
      const other = await world.addUser({ userAccountControl: '546' });
      const expected: Readonly<Record<string, readonly string[]>> = {
        '(title=*)': [clerk.dn, director.dn],
        '(!(title=*))': [other.dn],
        '(|(title=Clerk)(title=Director))': [clerk.dn, director.dn],
        '(title=*rect*)': [director.dn],
        '(title=Cl*k)': [clerk.dn],
        // As numbers: as texts 40 would be the greater one.
        '(countryCode>=100)': [director.dn],
        '(&(countryCode<=100)(title=*))': [clerk.dn],
        '(userAccountControl:1.2.840.113556.1.4.803:=2)': [director.dn, other.dn],
        '(!(userAccountControl:1.2.840.113556.1.4.803:=2))': [clerk.dn],
        '(noSuchAttribute=*)': [],
      };
      for (const [part, dns] of Object.entries(expected)) {
        const filter = `(&(objectClass=user)${part})`;
        const { searchEntries } = await world.admin.search(world.ou, { filter, attributes: ['name'] });
        expect(searchEntries.map(({ dn }) => dn).toSorted(), part).toEqual(dns.toSorted());
      }
    },
  },
  {
    name: 'a group with more than 1,500 members is read by ranges',
    async run(world) {
      const { dn, members } = await largeGroup(world);
      const first = await world.read(dn, ['member;range=0-1499']);
      expect([...first.attributes.keys()].filter((name) => name.startsWith('member'))).toEqual([
        'member;range=0-1499',
      ]);
      const rest = await world.read(dn, ['member;range=1500-*']);
      const [firstValues, lastValues] = [
        first.attributes.get('member;range=0-1499'),
        rest.attributes.get('member;range=1500-*'),
      ];
      expect(firstValues).toHaveLength(1_500);
      expect(lastValues).toHaveLength(10);
      expect([...(firstValues ?? []), ...(lastValues ?? [])].toSorted()).toEqual(members.toSorted());
    },
  },
  {
    name: 'a plain read of more than 1,500 members answers with the first range',
    async run(world) {
      const { dn } = await largeGroup(world);
      const { attributes } = await world.read(dn, ['member']);
      expect(attributes.get('member;range=0-1499')).toHaveLength(1_500);
      expect(attributes.get('member') ?? []).toHaveLength(0);
    },
  },
  {
    // MaxPageSize of the default query policy; clients that do not page are cut off there.
    name: 'an unpaged search stops at 1,000 objects with result code 4',
    async run(world) {
      const { dn } = await largeGroup(world);
      const parent = dn.slice(dn.indexOf(',') + 1);
      const search = world.admin.search(parent, {
        scope: 'one',
        filter: '(objectClass=contact)',
        attributes: ['name'],
      });
      const count = search.then(({ searchEntries }) => searchEntries.length);
      await expect(count).rejects.toMatchObject({ code: 4 });
    },
  },
  {
    name: 'built-in accounts and groups are marked isCriticalSystemObject, others are not',
    async run(world) {
      const isCritical = async (dn: string) => {
        return (await world.read(dn, ['isCriticalSystemObject'])).attributes.get(
          'isCriticalSystemObject',
        )?.[0];
      };
      const users = `CN=Users,${world.fixture.baseDn}`;
      for (const name of ['Administrator', 'Guest', 'krbtgt', 'Domain Users', 'Domain Admins']) {
        expect(await isCritical(`CN=${name},${users}`), name).toBe('TRUE');
      }
      expect(await isCritical((await world.addUser()).dn)).toBeUndefined();
    },
  },
  {
    name: 'objectClass=user brings inetOrgPerson and computers too; the last class tells them apart',
    async run(world) {
      const user = await world.addUser();
      const person = await world.addUser({ objectClass: ['inetOrgPerson'] });
      const computer = await world.addUser({
        objectClass: ['computer'],
        sAMAccountName: `${world.name('pc')}$`,
        userAccountControl: '4096',
      });
      const options = { filter: '(objectClass=user)', attributes: ['objectClass'] };
      const { searchEntries } = await world.admin.search(world.ou, options);
      const classes = new Map(searchEntries.map(({ dn, objectClass }) => [dn, objectClass]));
      expect(classes.get(user.dn)?.at(-1)).toBe('user');
      expect(classes.get(person.dn)?.at(-1)).toBe('inetOrgPerson');
      expect(classes.get(computer.dn)?.at(-1)).toBe('computer');
      expect(classes.get(person.dn)).toContain('user');
    },
  },
  {
    name: 'extensionAttribute1-15 and mailNickname are there for users and groups',
    async run(world) {
      const values: Record<string, string> = { mailNickname: 'anna.larsson' };
      for (let number = 1; number <= 15; number += 1)
        values[`extensionAttribute${number}`] = `value ${number}`;
      for (const { dn } of [await world.addUser(values), await world.addGroup(values)]) {
        const { attributes } = await world.read(dn, Object.keys(values));
        expect(Object.fromEntries([...attributes].map(([name, sent]) => [name, sent[0]]))).toEqual(values);
      }
    },
  },
  {
    name: 'names with commas, quotes and umlauts keep their escapes',
    async run(world) {
      const names = ['Doe\\, Jane', 'Jürgen Müßig', 'A \\"quoted\\" \\+ more', '\\#hash'];
      for (const rdn of names) {
        const account = world.name('n');
        const dn = `CN=${rdn},${world.ou}`;
        await world.admin.add(dn, { objectClass: ['user'], sAMAccountName: account });
        const { searchEntries } = await world.admin.search(world.ou, {
          filter: `(sAMAccountName=${account})`,
          attributes: ['cn', 'distinguishedName'],
        });
        expect(searchEntries[0]).toMatchObject({ dn, distinguishedName: dn, cn: rdn.replaceAll('\\', '') });
      }
      const filter = new EqualityFilter({ attribute: 'cn', value: 'Jürgen Müßig' });
      const { searchEntries } = await world.admin.search(world.ou, { filter, attributes: ['cn'] });
      expect(searchEntries).toHaveLength(1);
    },
  },
  {
    name: 'a tombstone is read by GUID with show-deleted, and only so',
    async run(world) {
      const user = await world.addUser({ title: 'Clerk' });
      await world.admin.del(user.dn);
      const base = `<GUID=${guidText(user.guid)}>`;
      await expect(world.read(base, ['name'])).rejects.toMatchObject({ code: 32 });
      const attributes = ['isDeleted', 'lastKnownParent', 'sAMAccountName', 'title', 'name'];
      const { searchEntries } = await world.admin.search(
        base,
        { scope: 'base', attributes },
        showDeletedControl(),
      );
      expect(searchEntries).toHaveLength(1);
      expect(searchEntries[0]).toMatchObject({ isDeleted: 'TRUE', lastKnownParent: world.ou, title: [] });
      expect(searchEntries[0]).toMatchObject({ sAMAccountName: user.account });
      expect(searchEntries[0]?.dn).toContain(`\\0ADEL:${guidText(user.guid)},CN=Deleted Objects,`);
    },
  },
];
