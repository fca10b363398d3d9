import { expect } from 'vitest';

import { dirSyncFlags, ExtendedDnControl } from './controls.ts';
import type { CreatedObject } from './directory-world.ts';
import type { DirectoryCase } from './directory-case.ts';
import { guidText } from './guid.ts';

const flags = dirSyncFlags.incrementalValues;

const extended = ({ guid, dn }: CreatedObject) =>
  new RegExp(`^<GUID=${guidText(guid)}>;(<SID=S-1-5-21-[\\d-]+>;)?${dn}$`);

export const linkCases: readonly DirectoryCase[] = [
  {
    name: 'links: without the flag a changed group comes with its whole member list',
    async run(world) {
      const users = [await world.addUser(), await world.addUser(), await world.addUser()];
      const [first, second, third] = users.map(({ dn }) => dn) as [string, string, string];
      const group = await world.addGroup({ member: [first, second] });
      const [entry] = await world.changesOf(() => world.modify(group.dn, 'add', 'member', [third]));
      expect(entry?.attributes.get('member')?.toSorted()).toEqual([first, second, third].toSorted());
    },
  },
  {
    name: 'links: incremental values name added members in range 1-1, removed ones in 0-0',
    async run(world) {
      const [stays, goes, comes] = [await world.addUser(), await world.addUser(), await world.addUser()];
      const group = await world.addGroup({ member: [stays.dn, goes.dn] });
      const entries = await world.changesOf(
        async () => {
          await world.modify(group.dn, 'add', 'member', [comes.dn]);
          await world.modify(group.dn, 'delete', 'member', [goes.dn]);
        },
        { flags },
      );
      expect(entries.map(({ dn }) => dn)).toEqual([group.dn]);
      expect(entries[0]?.attributes.get('member;range=1-1')).toEqual([comes.dn]);
      expect(entries[0]?.attributes.get('member;range=0-0')).toEqual([goes.dn]);
      expect(entries[0]?.attributes.has('member')).toBe(false);
    },
  },
  {
    name: "links: a new group's members are all added values",
    async run(world) {
      const [first, second] = [await world.addUser(), await world.addUser()];
      const entries = await world.changesOf(() => world.addGroup({ member: [first.dn, second.dn] }), {
        flags,
      });
      expect(entries).toHaveLength(1);
      const added = entries[0]?.attributes.get('member;range=1-1');
      expect(added?.toSorted()).toEqual([first.dn, second.dn].toSorted());
      expect(entries[0]?.attributes.has('member;range=0-0')).toBe(false);
    },
  },
  {
    name: 'links: a member added and removed between two reads is a removed value or none',
    async run(world) {
      const user = await world.addUser();
      const group = await world.addGroup();
      const entries = await world.changesOf(
        async () => {
          await world.modify(group.dn, 'add', 'member', [user.dn]);
          await world.modify(group.dn, 'delete', 'member', [user.dn]);
        },
        { flags },
      );
      expect(entries.flatMap(({ attributes }) => attributes.get('member;range=1-1') ?? [])).toEqual([]);
    },
  },
  {
    name: 'links: the new member itself is not reported',
    async run(world) {
      const user = await world.addUser();
      const group = await world.addGroup();
      const join = () => world.modify(group.dn, 'add', 'member', [user.dn]);
      const entries = await world.changesOf(join, { flags, attributes: ['member', 'memberOf', 'name'] });
      expect(entries.map(({ dn }) => dn)).toEqual([group.dn]);
    },
  },
  {
    name: 'links: a manager set or removed comes under a range name',
    async run(world) {
      const [user, manager] = [await world.addUser(), await world.addUser()];
      const options = { flags, attributes: ['manager'] };
      const set = await world.changesOf(
        () => world.modify(user.dn, 'replace', 'manager', [manager.dn]),
        options,
      );
      expect(set.map(({ dn }) => dn)).toEqual([user.dn]);
      expect(set[0]?.attributes.get('manager;range=1-1')).toEqual([manager.dn]);
      const removed = await world.changesOf(() => world.modify(user.dn, 'delete', 'manager'), options);
      expect(removed[0]?.attributes.get('manager;range=0-0')).toEqual([manager.dn]);
      expect(removed[0]?.attributes.has('manager;range=1-1')).toBe(false);
    },
  },
  {
    name: 'links: a changed manager is the new one added and the old one removed',
    async run(world) {
      const [user, before, after] = [await world.addUser(), await world.addUser(), await world.addUser()];
      await world.modify(user.dn, 'replace', 'manager', [before.dn]);
      const change = () => world.modify(user.dn, 'replace', 'manager', [after.dn]);
      const [entry] = await world.changesOf(change, { flags, attributes: ['manager'] });
      expect(entry?.attributes.get('manager;range=1-1')).toEqual([after.dn]);
      expect(entry?.attributes.get('manager;range=0-0')).toEqual([before.dn]);
    },
  },
  {
    name: 'links: a deleted member does not report its groups, though the member is gone',
    async run(world) {
      const [stays, goes] = [await world.addUser(), await world.addUser()];
      const group = await world.addGroup({ member: [stays.dn, goes.dn] });
      for (const [kind, user] of [[flags, goes] as const, [0, stays] as const]) {
        const entries = await world.changesOf(() => world.admin.del(user.dn), { flags: kind });
        expect(entries.map(({ attributes }) => attributes.get('objectGUID')?.[0])).toEqual([user.guid]);
      }
      expect((await world.read(group.dn, ['member'])).attributes.has('member')).toBe(false);
    },
  },
  {
    name: 'links: a deleted manager does not report those who had it, though it is gone',
    async run(world) {
      const manager = await world.addUser();
      const user = await world.addUser({ manager: manager.dn });
      const entries = await world.changesOf(() => world.admin.del(manager.dn), { flags });
      expect(entries.map(({ attributes }) => attributes.get('objectGUID')?.[0])).toEqual([manager.guid]);
      expect((await world.read(user.dn, ['manager'])).attributes.has('manager')).toBe(false);
    },
  },
  {
    name: 'links: a deleted group reports only itself',
    async run(world) {
      const user = await world.addUser();
      const group = await world.addGroup({ member: user.dn });
      const entries = await world.changesOf(() => world.admin.del(group.dn), { flags });
      expect(entries.map(({ attributes }) => attributes.get('objectGUID')?.[0])).toEqual([group.guid]);
      expect((await world.read(user.dn, ['memberOf'])).attributes.has('memberOf')).toBe(false);
    },
  },
  {
    name: 'links: values keep the escapes of names with commas and umlauts',
    async run(world) {
      const user = await world.addUser();
      const dn = `CN=Müller\\, Jörg,${world.ou}`;
      await world.admin.modifyDN(user.dn, dn);
      const group = await world.addGroup();
      const join = () => world.modify(group.dn, 'add', 'member', [dn]);
      const [entry] = await world.changesOf(join, { flags, isExtendedDn: true });
      const value = String(entry?.attributes.get('member;range=1-1')?.[0]);
      expect(value.startsWith(`<GUID=${guidText(user.guid)}>;`)).toBe(true);
      expect(value.endsWith(`;${dn}`)).toBe(true);
    },
  },
  {
    name: 'links: a renamed member does not report its groups, though their values changed',
    async run(world) {
      const user = await world.addUser();
      const group = await world.addGroup({ member: user.dn });
      const rename = () => world.admin.modifyDN(user.dn, `CN=Renamed,${world.ou}`);
      const entries = await world.changesOf(rename, { flags });
      expect(entries.map(({ dn }) => dn)).toEqual([`CN=Renamed,${world.ou}`]);
      expect((await world.read(group.dn, ['member'])).attributes.get('member')).toEqual([
        `CN=Renamed,${world.ou}`,
      ]);
    },
  },
  {
    // What makes a member list read in several ranges trustworthy: the same number before and after.
    // Not with a member deleted: its value goes without a trace on the group.
    name: 'links: uSNChanged of a group moves with every member added or removed, not with one deleted',
    async run(world) {
      const [user, goes] = [await world.addUser(), await world.addUser()];
      const group = await world.addGroup({ member: goes.dn });
      const read = async () =>
        BigInt(String((await world.read(group.dn, ['uSNChanged'])).attributes.get('uSNChanged')?.[0]));
      const empty = await read();
      await world.admin.del(goes.dn);
      expect(await read()).toBe(empty);
      await world.modify(group.dn, 'add', 'member', [user.dn]);
      const filled = await read();
      expect(filled).toBeGreaterThan(empty);
      await world.modify(group.dn, 'delete', 'member', [user.dn]);
      expect(await read()).toBeGreaterThan(filled);
    },
  },
  {
    name: 'extended DN: dn, member and manager of DirSync entries carry the GUID',
    async run(world) {
      const [user, boss, goes] = [await world.addUser(), await world.addUser(), await world.addUser()];
      const group = await world.addGroup({ member: goes.dn });
      const entries = await world.changesOf(
        async () => {
          await world.modify(user.dn, 'replace', 'manager', [boss.dn]);
          await world.modify(group.dn, 'add', 'member', [user.dn]);
          await world.modify(group.dn, 'delete', 'member', [goes.dn]);
        },
        { flags, isExtendedDn: true },
      );
      const entryOf = ({ guid }: CreatedObject) =>
        entries.find(({ attributes }) => guid.equals(attributes.get('objectGUID')?.[0] as Buffer));
      const [userEntry, groupEntry] = [entryOf(user), entryOf(group)];
      expect(userEntry?.dn).toMatch(extended(user));
      expect(userEntry?.attributes.get('manager;range=1-1')?.[0]).toMatch(extended(boss));
      expect(groupEntry?.dn).toMatch(extended(group));
      expect(groupEntry?.attributes.get('member;range=1-1')?.[0]).toMatch(extended(user));
      expect(groupEntry?.attributes.get('member;range=0-0')?.[0]).toMatch(extended(goes));
    },
  },
  {
    name: 'extended DN: a tombstone carries the GUID',
    async run(world) {
      const user = await world.addUser();
      const [entry] = await world.changesOf(() => world.admin.del(user.dn), { flags, isExtendedDn: true });
      expect(entry?.dn).toMatch(new RegExp(`^<GUID=${guidText(user.guid)}>;`));
      expect(entry?.dn).toContain('CN=Deleted Objects,');
    },
  },
  {
    name: 'extended DN: an ordinary search gives references with their GUID too',
    async run(world) {
      const user = await world.addUser();
      const group = await world.addGroup({ member: user.dn });
      const options = { scope: 'base' as const, attributes: ['member', 'distinguishedName'] };
      const { searchEntries } = await world.admin.search(group.dn, options, new ExtendedDnControl());
      expect(searchEntries[0]?.dn).toMatch(extended(group));
      expect(searchEntries[0]?.['member']).toMatch(extended(user));
    },
  },
  {
    name: 'primary group: its members are not in member, and a new primary group drops them',
    async run(world) {
      const user = await world.addUser();
      const group = await world.addGroup({ member: user.dn });
      const { attributes } = await world.read(user.dn, ['primaryGroupID', 'memberOf']);
      expect(attributes.get('primaryGroupID')).toEqual(['513']);
      expect(attributes.get('memberOf')).toEqual([group.dn]);
      const sid = (await world.read(group.dn, ['objectSid'])).attributes.get('objectSid')?.[0] as Buffer;
      const rid = String(sid.readUInt32LE(sid.length - 4));
      const entries = await world.changesOf(() => world.modify(user.dn, 'replace', 'primaryGroupID', [rid]), {
        flags,
      });
      const byDn = new Map(entries.map((entry) => [entry.dn, entry.attributes]));
      expect(byDn.get(user.dn)?.get('primaryGroupID')).toEqual([rid]);
      expect(byDn.get(group.dn)?.get('member;range=0-0')).toEqual([user.dn]);
      expect((await world.read(group.dn, ['member'])).attributes.has('member')).toBe(false);
      // The old primary group becomes an ordinary one, and gets the value.
      const domainUsers = `CN=Domain Users,CN=Users,${world.fixture.baseDn}`;
      expect(byDn.get(domainUsers)?.get('member;range=1-1')).toEqual([user.dn]);
    },
  },
];
