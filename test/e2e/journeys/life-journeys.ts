import { expect } from 'vitest';
import { undelete } from '../../contract/support/directory/undelete.ts';
import { keyOf } from '../support/key-of.ts';
import type { Journey } from './journey-stage.ts';

/** Objects that are disabled, deleted and come back, and those that somebody asks for. */
export function describeLifeJourneys(journey: Journey): void {
  journey('an account that is disabled, and one that gets an expiry', async ({ world, told, addUser }) => {
    const user = await addUser({ userAccountControl: '544' });
    const disabled = await told(
      user,
      () => world.modify(user.dn, 'replace', 'userAccountControl', ['546']),
      ({ attributes }) => 'userAccountControl' in attributes,
    );
    expect(disabled).toMatchObject({ queue: 'changes', attributes: { userAccountControl: ['546'] } });
    const expiring = await told(
      user,
      () => world.modify(user.dn, 'replace', 'accountExpires', ['134100000000000000']),
      ({ attributes }) => 'accountExpires' in attributes,
    );
    expect(expiring.attributes).toEqual({ accountExpires: ['134100000000000000'] });
  });

  journey(
    'a deletion as a tombstone, and the object whole when it comes back',
    async ({ world, told, addUser, addGroup }) => {
      const user = await addUser({ displayName: 'Phoenix' });
      const group = await addGroup();
      await told(
        group,
        () => world.modify(group.dn, 'add', 'member', [user.dn]),
        ({ links }) => links !== undefined,
      );
      const tombstone = await told(
        user,
        () => world.admin.del(user.dn),
        ({ deleted }) => deleted === true,
      );
      expect(tombstone).toMatchObject({ queue: 'changes', deleted: true, attributes: {} });
      expect(tombstone.dn).toBeUndefined();
      const back = await told(
        user,
        () => undelete(world.admin, user.guid, user.dn),
        ({ whole }) => whole !== undefined,
      );
      expect(back).toMatchObject({ class: 'user', dn: user.dn, deleted: false });
    },
  );

  journey(
    'a group that is deleted and comes back, with its list read anew',
    async ({ world, lab, before, told, addGroup }) => {
      const group = await addGroup({ member: before.user.dn });
      await told(
        group,
        () => world.admin.del(group.dn),
        ({ deleted }) => deleted === true,
      );
      const back = await told(
        group,
        () => undelete(world.admin, group.guid, group.dn),
        ({ whole }) => whole !== undefined,
      );
      expect(back.class).toBe('group');
      const closed = await lab.until('list-complete', () =>
        lab
          .bodies('list-complete')
          .find(({ key, version }) => key === keyOf(group) && version.n === back.set.version.n),
      );
      expect(closed.total).toBe(back.links?.['member']?.added.length ?? 0);
    },
  );

  journey('probes: alive, deleted, and nowhere', async ({ world, lab, told, addUser }) => {
    const [alive, gone] = [await addUser(), await addUser()];
    await told(
      gone,
      () => world.admin.del(gone.dn),
      ({ deleted }) => deleted === true,
    );
    const nowhere = '00112233445566778899aabbccddeeff';
    const since = lab.changes.length;
    await lab.command('probe', { keys: [keyOf(alive), keyOf(gone), nowhere] });
    const vanished = await lab.until('vanished', () => lab.bodies('vanished')[0]);
    expect(vanished.keys).toEqual([nowhere]);
    const probed = lab.changes.slice(since);
    expect(probed.find(({ key }) => key === keyOf(alive))?.whole).toBeDefined();
    expect(probed.find(({ key }) => key === keyOf(gone))?.deleted).toBe(true);
  });

  journey(
    'a refresh of some attributes says what is empty, and only of them',
    async ({ lab, told, addUser }) => {
      const user = await addUser({ title: 'Kept' });
      const read = await told(
        user,
        () =>
          lab.command('refresh', { requests: [{ key: keyOf(user), attributes: ['title', 'description'] }] }),
        ({ attributes }) => 'description' in attributes,
      );
      expect(read.attributes).toEqual({ title: ['Kept'], description: [] });
      expect(read.whole).toBeUndefined();
    },
  );

  journey('versions that grow with every read, in one epoch', ({ lab }) => {
    const [first] = lab.changes;
    const epochs = new Set(lab.changes.map(({ set }) => set.version.epoch));
    expect([...epochs]).toEqual([first?.set.version.epoch]);
    const live = lab.messages.filter(
      ({ queue, envelope }) => queue === 'changes' && envelope.kind === 'change-set',
    );
    const byPartition = Map.groupBy(live, ({ envelope }) => envelope.partition);
    for (const messages of byPartition.values()) {
      const numbers = messages.map(({ body }) => (body as { version: { n: number } }).version.n);
      expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
    }
    return Promise.resolve();
  });
}
