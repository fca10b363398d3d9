import { expect } from 'vitest';
import type { CreatedObject, DirectoryWorld } from '../../contract/support/directory/directory-world.ts';
import type { SeenChange } from '../agent-lab.ts';
import { keyOf } from '../support/key-of.ts';
import type { Journey } from './journey-stage.ts';

/** Member lists: value by value, hidden ones, and whole. */
export function describeMemberJourneys(journey: Journey): void {
  journey(
    'members added and removed, one by one; a group in a group',
    async ({ world, told, addUser, addGroup }) => {
      const [user, other, group, inner] = [
        await addUser(),
        await addUser(),
        await addGroup(),
        await addGroup(),
      ];
      const isMember = ({ links }: SeenChange): boolean => links?.['member'] !== undefined;
      const added = await told(
        group,
        () => world.modify(group.dn, 'add', 'member', [user.dn, inner.dn]),
        isMember,
      );
      expect([...(added.links?.['member']?.added ?? [])].sort()).toEqual([keyOf(user), keyOf(inner)].sort());
      const swapped = await told(
        group,
        async () => {
          await world.modify(group.dn, 'add', 'member', [other.dn]);
          await world.modify(group.dn, 'delete', 'member', [user.dn]);
        },
        ({ links }) => (links?.['member']?.removed.length ?? 0) > 0,
      );
      expect(swapped.links?.['member']?.removed).toEqual([keyOf(user)]);
      expect(swapped.queue).toBe('changes');
    },
  );

  journey(
    'members by primary group, though AD takes them out of member',
    async ({ world, lab, told, addUser, addGroup }) => {
      const [user, group] = [await addUser(), await addGroup()];
      const rid = await ridOf(world, group);
      const isMember = ({ links }: SeenChange): boolean => links?.['member'] !== undefined;
      await told(group, () => world.modify(group.dn, 'add', 'member', [user.dn]), isMember);
      const since = lab.changes.length;
      await world.modify(user.dn, 'replace', 'primaryGroupID', [rid]);
      await world.modify(user.dn, 'replace', 'title', ['after']);
      await lab.change('title', keyOf(user), ({ attributes }) => 'title' in attributes, since);
      // Told in the same answer, but in another session.
      await lab.until('hidden member', () => addedTo(lab.changes.slice(since), group).includes(keyOf(user)));
      expect(removedFrom(lab.changes.slice(since), group)).toEqual([]);
      // Back to Domain Users: AD puts the value into member again.
      const back = lab.changes.length;
      await world.modify(user.dn, 'replace', 'primaryGroupID', ['513']);
      await lab.change('member again', keyOf(group), isMember, back);
      expect(addedTo(lab.changes.slice(back), group)).toEqual([keyOf(user)]);
      expect(removedFrom(lab.changes.slice(back), group)).toEqual([]);
    },
  );

  journey(
    'a whole list on refresh, members by primary group included',
    async ({ world, lab, told, addUser, addGroup }) => {
      const [user, hidden, group] = [await addUser(), await addUser(), await addGroup()];
      await world.modify(group.dn, 'add', 'member', [user.dn, hidden.dn]);
      await world.modify(hidden.dn, 'replace', 'primaryGroupID', [await ridOf(world, group)]);
      const whole = await told(
        group,
        () => lab.command('refresh', { requests: [{ key: keyOf(group) }] }),
        ({ whole }) => whole !== undefined,
      );
      expect(new Set(whole.links?.['member']?.added)).toEqual(new Set([keyOf(user), keyOf(hidden)]));
      const list = whole.links?.['member']?.list;
      const closed = await lab.until('list-complete', () =>
        lab.bodies('list-complete').find(({ key, version }) => key === keyOf(group) && version.n === list?.n),
      );
      expect(closed.total).toBe(2);
    },
  );
}

async function ridOf(world: DirectoryWorld, group: CreatedObject): Promise<string> {
  const { attributes } = await world.read(group.dn, ['objectSid']);
  const sid = attributes.get('objectSid')?.[0] as Buffer;
  return String(sid.readUInt32LE(sid.length - 4));
}

function addedTo(changes: readonly SeenChange[], group: CreatedObject): string[] {
  return changes
    .filter(({ key }) => key === keyOf(group))
    .flatMap(({ links }) => links?.['member']?.added ?? []);
}

function removedFrom(changes: readonly SeenChange[], group: CreatedObject): string[] {
  return changes
    .filter(({ key }) => key === keyOf(group))
    .flatMap(({ links }) => links?.['member']?.removed ?? []);
}
