import { expect } from 'vitest';
import { journeyNeeds, type SeenChange } from '../agent-lab.ts';
import { keyOf } from '../support/key-of.ts';
import type { Journey } from './journey-stage.ts';

/** What is told first, and of objects that come, change and move. */
export function describeObjectJourneys(journey: Journey): void {
  journey(
    'hello with its public key, and the containers of the configuration as keys',
    ({ fixture, lab, before }) => {
      const hello = lab.bodies('hello')[0];
      expect(Buffer.from(hello?.publicKey ?? '', 'base64').equals(lab.publicKey)).toBe(true);
      expect(lab.bodies('configured')[0]).toEqual({
        revision: 1,
        containers: [
          { dn: before.ou.dn, key: keyOf(before.ou) },
          { dn: `OU=nobody,${fixture.baseDn}`, key: null },
        ],
      });
      return Promise.resolve();
    },
  );

  journey('the first import brings each object whole, by the bulk lane, once', ({ lab, before }) => {
    const complete = lab.bodies('import-complete')[0];
    const imported = lab.changes.filter(
      ({ set }) => set.import !== undefined && set.import === complete?.import,
    );
    const keys = new Set(imported.map(({ key }) => key));
    expect(imported.length).toBe(keys.size);
    expect(Object.values(complete?.counts ?? {}).reduce((sum, count) => sum + count, 0)).toBe(keys.size);
    expect(imported.every(({ queue, whole }) => queue === 'changes-bulk' && whole !== undefined)).toBe(true);
    const user = imported.find(({ key }) => key === keyOf(before.user));
    expect(user).toMatchObject({
      class: 'user',
      dn: before.user.dn,
      attributes: {
        displayName: ['Émile Zola'],
        title: ['Clerk'],
        manager: [{ r: keyOf(before.boss) }],
        'mS-DS-ConsistencyGuid': [{ b: Buffer.from('00ff10', 'hex').toString('base64') }],
      },
    });
    expect(user?.attributes).not.toHaveProperty('proxyAddresses');
    expect(user?.ancestors?.[0]).toBe(keyOf(before.ou));
    expect(user?.ancestors?.length).toBe(2);
    const group = imported.find(({ key }) => key === keyOf(before.group));
    expect(group?.links?.['member']?.added).toEqual([keyOf(before.user)]);
    expect(lab.bodies('list-complete')).toContainEqual({
      key: keyOf(before.group),
      attribute: 'member',
      version: group?.links?.['member']?.list,
      total: 1,
    });
    expect(imported.find(({ key }) => key === keyOf(before.outer))?.links?.['member']?.added).toEqual([
      keyOf(before.group),
    ]);
    return Promise.resolve();
  });

  journey('a user that is created, whole and live', async ({ world, lab, before }) => {
    const user = await world.addUser({ displayName: 'New', title: 'Hire', manager: before.boss.dn });
    const change = await lab.change('creation', keyOf(user), ({ whole }) => whole !== undefined);
    expect(change).toMatchObject({
      queue: 'changes',
      class: 'user',
      dn: user.dn,
      whole: { part: 0, of: 1 },
      attributes: { displayName: ['New'], title: ['Hire'], manager: [{ r: keyOf(before.boss) }] },
    });
    expect(change.set.asked).toEqual(journeyNeeds.attributes);
    expect(change.ancestors?.length).toBe(2);
  });

  journey('an attribute that is changed, then cleared: only that one', async ({ world, told, addUser }) => {
    const user = await addUser({ title: 'Old' });
    const changed = await told(
      user,
      () => world.modify(user.dn, 'replace', 'title', ['New']),
      ({ attributes }) => 'title' in attributes,
    );
    expect(changed).toMatchObject({ attributes: { title: ['New'] } });
    expect(Object.keys(changed.attributes)).toEqual(['title']);
    expect([changed.dn, changed.whole, changed.class]).toEqual([undefined, undefined, undefined]);
    const cleared = await told(
      user,
      () => world.modify(user.dn, 'replace', 'title', []),
      ({ attributes }) => 'title' in attributes,
    );
    expect(cleared.attributes).toEqual({ title: [] });
  });

  journey('a manager that is set and taken away', async ({ world, before, told, addUser }) => {
    const user = await addUser();
    const isManager = ({ attributes }: SeenChange): boolean => 'manager' in attributes;
    const set = await told(
      user,
      () => world.modify(user.dn, 'replace', 'manager', [before.boss.dn]),
      isManager,
    );
    expect(set.attributes).toEqual({ manager: [{ r: keyOf(before.boss) }] });
    const moved = await told(
      user,
      () => world.modify(user.dn, 'replace', 'manager', [before.user.dn]),
      isManager,
    );
    expect(moved.attributes).toEqual({ manager: [{ r: keyOf(before.user) }] });
    const taken = await told(user, () => world.modify(user.dn, 'replace', 'manager', []), isManager);
    expect(taken.attributes).toEqual({ manager: [] });
  });

  journey('a change to something nobody asked for: nothing', async ({ world, lab, addUser }) => {
    const user = await addUser();
    const since = lab.changes.length;
    await world.modify(user.dn, 'replace', 'info', ['not mapped']);
    // The next change has overtaken nothing: polls come one after the other.
    await world.modify(user.dn, 'replace', 'title', ['mapped']);
    await lab.change('title', keyOf(user), ({ attributes }) => 'title' in attributes, since);
    const all = lab.changes.slice(since).filter(({ key }) => key === keyOf(user));
    expect(all.map(({ attributes }) => attributes)).toEqual([{ title: ['mapped'] }]);
  });

  journey('a user that is moved and renamed', async ({ world, told, addUser }) => {
    const user = await addUser();
    const ou = await world.addOu(world.name('ou'));
    const moved = await told(
      user,
      () => world.admin.modifyDN(user.dn, `CN=moved,${ou.dn}`),
      ({ dn }) => dn !== undefined,
    );
    expect(moved.dn).toBe(`CN=moved,${ou.dn}`);
    expect(moved.ancestors?.[0]).toBe(keyOf(ou));
    expect(moved.ancestors?.length).toBe(3);
  });

  journey(
    'the new names below an organizational unit that is renamed, then moved',
    async ({ world, told, addUser }) => {
      const ou = await world.addOu(world.name('ou'));
      const user = await addUser({}, ou.dn);
      const cn = user.dn.split(',')[0] ?? '';
      const renamed = ou.dn.replace(/^OU=[^,]+/, 'OU=renamed');
      const change = await told(
        user,
        () => world.admin.modifyDN(ou.dn, renamed),
        ({ dn }) => dn !== undefined,
      );
      expect(change).toMatchObject({ dn: `${cn},${renamed}`, attributes: {} });
      expect(change.ancestors).toEqual([keyOf(ou), ...(change.ancestors?.slice(1) ?? [])]);
      const target = await world.addOu(world.name('target'));
      const moved = await told(
        user,
        () => world.admin.modifyDN(renamed, `OU=renamed,${target.dn}`),
        ({ dn }) => dn !== undefined,
      );
      expect(moved.dn).toBe(`${cn},OU=renamed,${target.dn}`);
      expect(moved.ancestors?.slice(0, 2)).toEqual([keyOf(ou), keyOf(target)]);
    },
  );
}
