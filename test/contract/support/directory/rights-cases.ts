import { expect } from 'vitest';

import { dirSyncFlags, notificationControl, showDeletedControl } from './controls.ts';
import { dirSync, matchesNothing } from './dir-sync.ts';
import type { DirectoryCase } from './directory-case.ts';
import type { SentEntry } from './entry-stream.ts';
import { guidText } from './guid.ts';

const flags = dirSyncFlags.objectSecurity | dirSyncFlags.incrementalValues;
const wakeMsMax = 2_000;

/** Collects what a notification sends; `next` waits for the first entry that fits, for two seconds at most. */
function watch(): {
  readonly onEntry: (entry: SentEntry) => void;
  next(dnStart: string): Promise<SentEntry>;
} {
  const seen: SentEntry[] = [];
  let wake: (() => void) | undefined;
  return {
    onEntry(entry) {
      seen.push(entry);
      wake?.();
    },
    next: (dnStart) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(
          () => reject(new Error(`no notification of ${dnStart} in ${wakeMsMax} ms`)),
          wakeMsMax,
        );
        wake = () => {
          const found = seen.find(({ dn }) => dn.startsWith(dnStart));
          if (found === undefined) return;
          clearTimeout(timer);
          resolve(found);
        };
        wake();
      }),
  };
}

export const rightsCases: readonly DirectoryCase[] = [
  {
    name: 'rights: DirSync without the object-security flag is refused to an ordinary account (50)',
    async run(world) {
      const stream = await world.streamAs(await world.fixture.createDelegatedAccount(world.name('svc')));
      await expect(dirSync(stream, world.fixture.baseDn, { filter: matchesNothing })).rejects.toMatchObject({
        code: 50,
      });
    },
  },
  {
    name: 'rights: with the object-security flag an ordinary account sees changes',
    async run(world) {
      const stream = await world.streamAs(await world.fixture.createDelegatedAccount(world.name('svc')));
      const { baseDn } = world.fixture;
      const { cookie } = await dirSync(stream, baseDn, { flags, filter: matchesNothing });
      const user = await world.addUser({ title: 'Clerk' });
      const group = await world.addGroup({ member: user.dn });
      const { entries } = await dirSync(stream, baseDn, {
        flags,
        cookie,
        attributes: ['title', 'member', 'name'],
      });
      const found = new Map(entries.map((entry) => [entry.dn, entry.attributes]));
      expect(found.get(user.dn)?.get('title')).toEqual(['Clerk']);
      expect(found.get(group.dn)?.get('member;range=1-1')).toEqual([user.dn]);
    },
  },
  {
    name: 'rights: tombstones are invisible to an ordinary account until it may read Deleted Objects',
    async run(world) {
      const { baseDn } = world.fixture;
      const name = world.name('svc');
      const account = await world.fixture.createDelegatedAccount(name);
      const before = await world.streamAs(account);
      const { cookie } = await dirSync(before, baseDn, { flags, filter: matchesNothing });
      const user = await world.addUser();
      await world.admin.del(user.dn);
      const base = `<GUID=${guidText(user.guid)}>`;
      const readTombstone = async () => {
        const client = await world.connectAs(account);
        const options = { scope: 'base' as const, attributes: ['isDeleted'] };
        const { searchEntries } = await client.search(base, options, showDeletedControl());
        return searchEntries[0]?.['isDeleted'];
      };
      const deletions = async () => {
        const { entries } = await dirSync(await world.streamAs(account), baseDn, { flags, cookie });
        return entries
          .filter(({ attributes }) => attributes.get('isDeleted')?.[0] === 'TRUE')
          .map(({ dn }) => dn);
      };
      expect(await deletions()).toEqual([]);
      expect(await readTombstone().catch(() => undefined)).toBeUndefined();
      await world.fixture.grantDeletedObjectsRead(name);
      expect(await deletions()).toEqual([expect.stringContaining(guidText(user.guid))]);
      expect(await readTombstone()).toBe('TRUE');
    },
  },
  {
    name: 'rights: the Deleted Objects container shows its attributes to those who may read it only',
    async run(world) {
      const name = world.name('svc');
      const account = await world.fixture.createDelegatedAccount(name);
      const read = async () => {
        const client = await world.connectAs(account);
        const base = `CN=Deleted Objects,${world.fixture.baseDn}`;
        const options = { scope: 'base' as const, attributes: ['isDeleted'] };
        const { searchEntries } = await client.search(base, options, showDeletedControl());
        return searchEntries.map(({ isDeleted }) => isDeleted);
      };
      expect(await read()).toEqual([[]]);
      await world.fixture.grantDeletedObjectsRead(name);
      expect(await read()).toEqual(['TRUE']);
    },
  },
  {
    name: 'notification: a write wakes within two seconds',
    async run(world) {
      const user = await world.addUser();
      const notified = watch();
      const controls = [notificationControl()];
      const ended = world.stream.search({
        base: world.fixture.baseDn,
        attributes: ['title'],
        controls,
        ...notified,
      });
      ended.catch(() => undefined);
      // A second request on the connection is answered after the first one was taken up.
      await world.read(world.ou, ['name']);
      await world.modify(user.dn, 'replace', 'title', ['Clerk']);
      const { attributes } = await notified.next(user.dn);
      expect(attributes.get('title')).toEqual(['Clerk']);
    },
  },
  {
    name: 'notification: a deletion wakes where show-deleted is asked for',
    async run(world) {
      const user = await world.addUser();
      const notified = watch();
      const controls = [notificationControl(), showDeletedControl()];
      const ended = world.stream.search({
        base: world.fixture.baseDn,
        attributes: ['isDeleted'],
        controls,
        ...notified,
      });
      ended.catch(() => undefined);
      await world.read(world.ou, ['name']);
      await world.admin.del(user.dn);
      const { attributes } = await notified.next(`CN=${user.account}\\0ADEL:`);
      expect(attributes.get('isDeleted')).toEqual(['TRUE']);
    },
  },
  {
    name: 'notification: any filter but (objectClass=*) is refused with result code 53',
    async run(world) {
      const search = world.stream.search({
        base: world.fixture.baseDn,
        filter: '(objectClass=user)',
        controls: [notificationControl()],
        onEntry: () => undefined,
      });
      expect((await search).code).toBe(53);
    },
  },
];
