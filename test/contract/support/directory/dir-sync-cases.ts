import { expect } from 'vitest';

import { DirSyncControl, dirSyncFlags } from './controls.ts';
import type { DirectoryCase } from './directory-case.ts';
import type { DirectoryWorld } from './directory-world.ts';
import { matchesNothing } from './dir-sync.ts';
import type { SentEntry } from './entry-stream.ts';
import { guidText } from './guid.ts';

const firstOf = (entries: readonly SentEntry[]): SentEntry => {
  expect(entries).toHaveLength(1);
  return entries[0] as SentEntry;
};

/** Names in the entry but for those that every entry carries. */
const namesOf = ({ attributes }: SentEntry): string[] =>
  [...attributes.keys()].filter((name) => name !== 'objectGUID' && name !== 'instanceType').toSorted();

const parentOf = async (world: DirectoryWorld, dn: string) =>
  (await world.read(dn, ['objectGUID'])).attributes.get('objectGUID');

export const dirSyncCases: readonly DirectoryCase[] = [
  {
    name: 'DirSync: a search that matches nothing gives a cookie of now',
    async run(world) {
      await world.addUser();
      const start = await world.dirSync({ filter: matchesNothing });
      expect(start.entries).toEqual([]);
      expect(start.cookie.length).toBeGreaterThan(0);
      expect((await world.dirSync({ cookie: start.cookie })).entries).toEqual([]);
      const later = await world.addUser();
      const { entries, cookie } = await world.dirSync({ cookie: start.cookie, filter: '(objectClass=user)' });
      expect(entries.map(({ dn }) => dn)).toEqual([later.dn]);
      expect((await world.dirSync({ cookie, filter: '(objectClass=user)' })).entries).toEqual([]);
    },
  },
  {
    name: 'DirSync: a start without cookie reports everything that matches',
    async run(world) {
      const [first, second] = [await world.addUser({ title: 'Clerk' }), await world.addUser()];
      const { entries } = await world.dirSync({
        filter: '(objectClass=user)',
        attributes: ['name', 'title'],
      });
      const ours = new Map(entries.map((entry) => [entry.dn, entry]));
      expect(ours.get(first.dn)?.attributes.get('title')).toEqual(['Clerk']);
      expect(ours.get(second.dn)?.attributes.has('title')).toBe(false);
    },
  },
  {
    name: 'DirSync: an ordinary client search carries the cookie in its answer',
    async run(world) {
      const start = await world.dirSync({ filter: matchesNothing });
      const user = await world.addUser({ title: 'Clerk' });
      const control = new DirSyncControl(start.cookie, 0, 1_000_000);
      const options = { filter: '(objectClass=user)', attributes: ['title'], timeLimit: 0 };
      const { searchEntries } = await world.admin.search(world.fixture.baseDn, options, control);
      expect(searchEntries.map(({ dn, title }) => ({ dn, title }))).toEqual([
        { dn: user.dn, title: 'Clerk' },
      ]);
      expect(control.cookie.equals(start.cookie)).toBe(false);
      expect((await world.dirSync({ cookie: control.cookie })).entries).toEqual([]);
    },
  },
  {
    name: 'DirSync: a creation is a whole object and carries whenCreated',
    async run(world) {
      const entries = await world.changesOf(() => world.addUser({ title: 'Clerk', displayName: 'Anna' }));
      const { dn, attributes } = firstOf(entries);
      expect(attributes.get('objectGUID')).toEqual(
        (await world.read(dn, ['objectGUID'])).attributes.get('objectGUID'),
      );
      expect(attributes.get('whenCreated')?.[0]).toMatch(/^\d{14}\.0Z$/);
      expect(attributes.get('parentGUID')).toEqual(await parentOf(world, world.ou));
      expect(attributes.get('title')).toEqual(['Clerk']);
      expect(attributes.get('objectClass')).toEqual(expect.arrayContaining(['top', 'person', 'user']));
      for (const name of ['sAMAccountName', 'userAccountControl', 'name', 'objectSid'])
        expect(attributes.has(name)).toBe(true);
      for (const name of ['memberOf', 'uSNChanged', 'distinguishedName'])
        expect(attributes.has(name)).toBe(false);
    },
  },
  {
    name: 'DirSync: several changes are one entry with the changed attributes and their last values',
    async run(world) {
      const user = await world.addUser({ title: 'Clerk', department: 'Sales', description: 'kept' });
      const entries = await world.changesOf(async () => {
        await world.modify(user.dn, 'replace', 'title', ['Manager']);
        await world.modify(user.dn, 'replace', 'title', ['Director']);
        await world.modify(user.dn, 'replace', 'department', ['Board']);
      });
      const entry = firstOf(entries);
      expect(entry.dn).toBe(user.dn);
      expect(namesOf(entry)).toEqual(['department', 'title']);
      expect(entry.attributes.get('title')).toEqual(['Director']);
    },
  },
  {
    name: 'DirSync: a cleared attribute is sent without values',
    async run(world) {
      const user = await world.addUser({ title: 'Clerk', department: 'Sales' });
      const entries = await world.changesOf(() => world.modify(user.dn, 'delete', 'title'), {
        attributes: ['title', 'department'],
      });
      const { attributes } = firstOf(entries);
      expect(attributes.get('title')).toEqual([]);
      expect(attributes.has('department')).toBe(false);
    },
  },
  {
    name: 'DirSync: the same value written again is no change',
    async run(world) {
      const user = await world.addUser({ title: 'Clerk' });
      expect(await world.changesOf(() => world.modify(user.dn, 'replace', 'title', ['Clerk']))).toEqual([]);
    },
  },
  {
    name: 'DirSync: the attribute list decides which changes are seen',
    async run(world) {
      const user = await world.addUser({ title: 'Clerk' });
      const change = () => world.modify(user.dn, 'replace', 'department', ['Sales']);
      expect(await world.changesOf(change, { attributes: ['title'] })).toEqual([]);
      const both = async () => {
        await world.modify(user.dn, 'replace', 'department', ['Board']);
        await world.modify(user.dn, 'replace', 'title', ['Director']);
      };
      const entry = firstOf(await world.changesOf(both, { attributes: ['title'] }));
      expect(namesOf(entry)).toEqual(['title']);
      expect(entry.attributes.get('objectGUID')).toEqual([user.guid]);
    },
  },
  {
    name: 'DirSync: attributes that do not replicate never make an entry',
    async run(world) {
      const user = await world.addUser();
      const group = await world.addGroup();
      const change = async () => {
        await world.modify(group.dn, 'add', 'member', [user.dn]);
        await world.modify(user.dn, 'replace', 'title', ['Clerk']);
      };
      const attributes = ['memberOf', 'uSNChanged', 'whenChanged'];
      expect(await world.changesOf(change, { attributes, filter: '(objectClass=user)' })).toEqual([]);
    },
  },
  {
    name: 'DirSync: the filter decides whose changes are seen',
    async run(world) {
      const group = await world.addGroup();
      const change = async () => {
        await world.addUser();
        await world.modify(group.dn, 'replace', 'description', ['Sales']);
      };
      const entries = await world.changesOf(change, { filter: '(objectClass=group)' });
      expect(entries.map(({ dn }) => dn)).toEqual([group.dn]);
    },
  },
  {
    name: 'DirSync: a move is seen through name, with the new dn and parentGUID',
    async run(world) {
      const user = await world.addUser();
      const target = await world.addOu('Target');
      const move = () => world.admin.modifyDN(user.dn, `CN=${user.account},${target.dn}`);
      const { dn, attributes } = firstOf(await world.changesOf(move, { attributes: ['name', 'parentGUID'] }));
      expect(dn).toBe(`CN=${user.account},${target.dn}`);
      expect(attributes.get('objectGUID')).toEqual([user.guid]);
      expect(attributes.get('parentGUID')).toEqual([target.guid]);
      expect(attributes.get('name')).toEqual([user.account]);
    },
  },
  {
    name: 'DirSync: a move is not seen through other attributes',
    async run(world) {
      const user = await world.addUser({ title: 'Clerk' });
      const target = await world.addOu('Target');
      const move = () => world.admin.modifyDN(user.dn, `CN=${user.account},${target.dn}`);
      expect(
        await world.changesOf(move, { attributes: ['title', 'sAMAccountName', 'parentGUID', 'cn'] }),
      ).toEqual([]);
    },
  },
  {
    name: 'DirSync: a rename is seen with the new name',
    async run(world) {
      const user = await world.addUser();
      const rename = () => world.admin.modifyDN(user.dn, `CN=Doe\\, Jane,${world.ou}`);
      const { dn, attributes } = firstOf(await world.changesOf(rename, { attributes: ['name'] }));
      expect(dn).toBe(`CN=Doe\\, Jane,${world.ou}`);
      expect(attributes.get('name')).toEqual(['Doe, Jane']);
    },
  },
  {
    name: 'DirSync: a renamed OU is reported, its children are not, though their dn changed',
    async run(world) {
      const branch = await world.addOu('Branch');
      const user = await world.addUser({}, branch.dn);
      const entries = await world.changesOf(() => world.admin.modifyDN(branch.dn, `OU=Office,${world.ou}`));
      expect(firstOf(entries).dn).toBe(`OU=Office,${world.ou}`);
      const { dn } = await world.read(`<GUID=${guidText(user.guid)}>`, ['name']);
      expect(dn).toBe(`CN=${user.account},OU=Office,${world.ou}`);
    },
  },
  {
    name: 'DirSync: disabling an account is a change of userAccountControl',
    async run(world) {
      const user = await world.addUser({ userAccountControl: '544' });
      const disable = () => world.modify(user.dn, 'replace', 'userAccountControl', ['546']);
      const entry = firstOf(await world.changesOf(disable));
      expect(namesOf(entry)).toEqual(['userAccountControl']);
      expect(entry.attributes.get('userAccountControl')).toEqual(['546']);
    },
  },
  {
    name: 'DirSync: accountExpires is a large integer in text, never set reads as 2^63-1',
    async run(world) {
      const created = firstOf(
        await world.changesOf(() => world.addUser(), { attributes: ['accountExpires'] }),
      );
      expect(created.attributes.get('accountExpires')).toEqual(['9223372036854775807']);
      const expire = () => world.modify(created.dn, 'replace', 'accountExpires', ['133801632001234567']);
      const changed = firstOf(await world.changesOf(expire, { attributes: ['accountExpires'] }));
      expect(changed.attributes.get('accountExpires')).toEqual(['133801632001234567']);
    },
  },
  {
    name: 'DirSync: small answers come in several pages, each object once',
    async run(world) {
      const start = await world.dirSync({ filter: matchesNothing });
      const description = 'x'.repeat(900);
      const users = await Promise.all(Array.from({ length: 40 }, () => world.addUser({ description })));
      const options = { cookie: start.cookie, filter: '(objectClass=user)', bytesMax: 10_000 };
      const { entries, pageCount } = await world.dirSync(options);
      expect(entries.map(({ dn }) => dn).toSorted()).toEqual(users.map(({ dn }) => dn).toSorted());
      expect(pageCount).toBeGreaterThan(1);
    },
  },
  {
    name: 'DirSync: a cookie that is none is refused with result code 12',
    async run(world) {
      const { cookie } = await world.dirSync({ filter: matchesNothing });
      for (const bad of [Buffer.from('not a cookie'), cookie.subarray(0, cookie.length >> 1)]) {
        await expect(world.dirSync({ cookie: bad })).rejects.toMatchObject({ code: 12 });
      }
    },
  },
  {
    name: 'DirSync: a base that is not the root of a naming context is refused',
    async run(world) {
      const control = new DirSyncControl(Buffer.alloc(0), 0, 1_000_000);
      const search = world.admin.search(world.ou, { filter: '(objectClass=*)', timeLimit: 0 }, control);
      await expect(search).rejects.toMatchObject({
        code: expect.toSatisfy((code) => code === 50 || code === 53) as number,
      });
    },
  },
  {
    name: 'DirSync: an old cookie repeats what was read since',
    async run(world) {
      const { cookie } = await world.dirSync({ filter: matchesNothing });
      const user = await world.addUser();
      for (let attempt = 0; attempt < 2; attempt += 1) {
        const { entries } = await world.dirSync({ cookie, flags: dirSyncFlags.incrementalValues });
        expect(entries.map(({ dn }) => dn)).toEqual([user.dn]);
      }
    },
  },
];
