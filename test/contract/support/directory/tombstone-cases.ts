import { EqualityFilter } from 'ldapts';
import { expect } from 'vitest';

import { showDeletedControl } from './controls.ts';
import type { DirectoryCase } from './directory-case.ts';
import type { SentEntry } from './entry-stream.ts';
import { guidText } from './guid.ts';
import { undelete } from './undelete.ts';

const firstOf = (entries: readonly SentEntry[]): SentEntry => {
  expect(entries).toHaveLength(1);
  return entries[0] as SentEntry;
};

const isOf = (guid: Buffer) => (entry: SentEntry) =>
  guid.equals(entry.attributes.get('objectGUID')?.[0] as Buffer);

export const tombstoneCases: readonly DirectoryCase[] = [
  {
    name: 'DirSync: a deletion is a tombstone with isDeleted, a mangled dn and lastKnownParent',
    async run(world) {
      const user = await world.addUser({ title: 'Clerk' });
      const entries = await world.changesOf(() => world.admin.del(user.dn), { filter: '(objectClass=user)' });
      const { dn, attributes } = firstOf(entries);
      expect(attributes.get('objectGUID')).toEqual([user.guid]);
      expect(attributes.get('isDeleted')).toEqual(['TRUE']);
      expect(dn).toContain(
        `CN=${user.account}\\0ADEL:${guidText(user.guid)},CN=Deleted Objects,${world.fixture.baseDn}`,
      );
      expect(String(attributes.get('lastKnownParent')?.[0])).toContain(world.ou);
      expect(attributes.get('title')).toEqual([]);
      // Unchanged by the deletion, so not sent: the key of a tombstone is objectGUID alone.
      expect(attributes.has('sAMAccountName')).toBe(false);
      expect(attributes.has('objectSid')).toBe(false);
    },
  },
  {
    name: 'DirSync: a deletion is seen through isDeleted in the attribute list',
    async run(world) {
      const [first, second] = [await world.addUser(), await world.addUser()];
      const seen = await world.changesOf(() => world.admin.del(first.dn), { attributes: ['isDeleted'] });
      expect(firstOf(seen).attributes.get('isDeleted')).toEqual(['TRUE']);
      const unseen = await world.changesOf(() => world.admin.del(second.dn), {
        attributes: ['sAMAccountName'],
      });
      expect(unseen).toEqual([]);
    },
  },
  {
    name: 'DirSync: an object created and deleted between two reads is only a tombstone',
    async run(world) {
      const entries = await world.changesOf(async () => {
        const user = await world.addUser();
        await world.admin.del(user.dn);
      });
      expect(firstOf(entries).attributes.get('isDeleted')).toEqual(['TRUE']);
    },
  },
  {
    name: 'DirSync: an undelete reports the new dn, and whenCreated stays away',
    async run(world) {
      const user = await world.addUser({ title: 'Clerk' });
      await world.admin.del(user.dn);
      const home = `CN=Back Again,${world.ou}`;
      const entries = await world.changesOf(() => undelete(world.admin, user.guid, home));
      const { dn, attributes } = firstOf(entries);
      expect(dn).toBe(home);
      expect(attributes.get('objectGUID')).toEqual([user.guid]);
      expect(attributes.get('isDeleted') ?? []).not.toContain('TRUE');
      expect(attributes.get('name')).toEqual(['Back Again']);
      expect(attributes.has('whenCreated')).toBe(false);
      expect(attributes.has('objectClass')).toBe(false);
      const restored = await world.read(home, ['title', 'sAMAccountName']);
      expect(restored.attributes.has('title')).toBe(false);
      expect(restored.attributes.get('sAMAccountName')).toEqual([user.account]);
    },
  },
  {
    name: 'DirSync: a start without cookie includes tombstones',
    async run(world) {
      const user = await world.addUser();
      await world.admin.del(user.dn);
      const { entries } = await world.dirSync({
        filter: '(isDeleted=TRUE)',
        attributes: ['isDeleted', 'name'],
      });
      expect(entries.some(isOf(user.guid))).toBe(true);
      const filter = new EqualityFilter({ attribute: 'objectGUID', value: user.guid });
      const { searchEntries } = await world.admin.search(
        world.fixture.baseDn,
        { filter },
        showDeletedControl(),
      );
      expect(searchEntries).toHaveLength(1);
    },
  },
];
