import { afterAll, beforeAll, describe, expect, it, type TestContext } from 'vitest';
import { keyFromGuidBytes } from '../../shared/model/guid.ts';
import {
  openDirectoryWorld,
  type CreatedObject,
  type DirectoryWorld,
  type Values,
} from '../contract/support/directory/directory-world.ts';
import type { DirectoryFixture } from '../contract/support/directory/fixture.ts';
import { undelete } from '../contract/support/directory/undelete.ts';
import { AgentLab, journeyNeeds, type AgentProcess, type SeenChange } from './agent-lab.ts';

const keyOf = ({ guid }: CreatedObject): string => keyFromGuidBytes(guid);

/** A running agent on a directory that had some objects before it came, and everything that happens to them. */
export function describeAgentJourneys(
  name: string,
  makeFixture: () => Promise<DirectoryFixture>,
  options: { readonly unavailable?: string | undefined } = {},
): void {
  describe(`${name}: what an agent tells`, () => {
    let fixture: DirectoryFixture;
    let world: Awaited<ReturnType<typeof openDirectoryWorld>>;
    let lab: AgentLab;
    let agent: AgentProcess;
    const started: (() => Promise<void>)[] = [];
    let before: {
      ou: CreatedObject;
      boss: CreatedObject;
      user: CreatedObject;
      group: CreatedObject;
      outer: CreatedObject;
    };

    beforeAll(async () => {
      if (options.unavailable !== undefined) return;
      [fixture, lab] = await Promise.all([makeFixture(), AgentLab.start()]);
      started.push(
        () => fixture.stop(),
        () => lab.stop(),
      );
      world = await openDirectoryWorld(fixture);
      started.push(() => world.close());
      before = await populate(world);
      agent = lab.startAgent(fixture);
      await agent.untilSaid('waiting for "configure"');
      await lab.command('configure', {
        ...journeyNeeds,
        containers: [before.ou.dn, `OU=nobody,${fixture.baseDn}`],
      });
      await lab.until('import-complete', () => lab.bodies('import-complete')[0]);
    }, 120_000);
    afterAll(async () => {
      for (const release of started.reverse()) await release();
    });

    const journey = (title: string, run: () => Promise<void>): void => {
      it(title, async (context: TestContext) => {
        if (options.unavailable !== undefined) context.skip(options.unavailable);
        await run();
        expect(lab.faults).toEqual([]);
        expect(lab.messages.filter(({ queue }) => queue === 'poison')).toEqual([]);
      });
    };
    /** What is told about an object because of `work`. */
    const told = async (
      object: CreatedObject,
      work: () => Promise<unknown>,
      is: (change: SeenChange) => boolean,
    ): Promise<SeenChange> => {
      const since = lab.changes.length;
      await work();
      return lab.change(object.dn, keyOf(object), is, since);
    };
    const addUser = async (values: Values = {}, parent?: string): Promise<CreatedObject> => {
      const user = await world.addUser(values, parent);
      await lab.change(user.dn, keyOf(user), ({ whole }) => whole !== undefined);
      return user;
    };
    const addGroup = async (values: Values = {}): Promise<CreatedObject> => {
      const group = await world.addGroup(values);
      await lab.change(group.dn, keyOf(group), ({ whole }) => whole !== undefined);
      return group;
    };

    journey('hello with its public key, and the containers of the configuration as keys', () => {
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
    });

    journey('the first import brings each object whole, by the bulk lane, once', () => {
      const complete = lab.bodies('import-complete')[0];
      const imported = lab.changes.filter(
        ({ set }) => set.import !== undefined && set.import === complete?.import,
      );
      const keys = new Set(imported.map(({ key }) => key));
      expect(imported.length).toBe(keys.size);
      expect(Object.values(complete?.counts ?? {}).reduce((sum, count) => sum + count, 0)).toBe(keys.size);
      expect(imported.every(({ queue, whole }) => queue === 'changes-bulk' && whole !== undefined)).toBe(
        true,
      );
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

    journey('a user that is created, whole and live', async () => {
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

    journey('an attribute that is changed, then cleared: only that one', async () => {
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

    journey('a manager that is set and taken away', async () => {
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

    journey('a change to something nobody asked for: nothing', async () => {
      const user = await addUser();
      const since = lab.changes.length;
      await world.modify(user.dn, 'replace', 'info', ['not mapped']);
      // The next change has overtaken nothing: polls come one after the other.
      await world.modify(user.dn, 'replace', 'title', ['mapped']);
      await lab.change('title', keyOf(user), ({ attributes }) => 'title' in attributes, since);
      const all = lab.changes.slice(since).filter(({ key }) => key === keyOf(user));
      expect(all.map(({ attributes }) => attributes)).toEqual([{ title: ['mapped'] }]);
    });

    journey('a user that is moved and renamed', async () => {
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

    journey('the new names below an organizational unit that is renamed, then moved', async () => {
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
    });

    journey('members added and removed, one by one; a group in a group', async () => {
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
    });

    journey('members by primary group, though AD takes them out of member', async () => {
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
    });

    journey('a whole list on refresh, members by primary group included', async () => {
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
    });

    journey('an account that is disabled, and one that gets an expiry', async () => {
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

    journey('a deletion as a tombstone, and the object whole when it comes back', async () => {
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
    });

    journey('a group that is deleted and comes back, with its list read anew', async () => {
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
    });

    journey('probes: alive, deleted, and nowhere', async () => {
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

    journey('a refresh of some attributes says what is empty, and only of them', async () => {
      const user = await addUser({ title: 'Kept' });
      const read = await told(
        user,
        () =>
          lab.command('refresh', { requests: [{ key: keyOf(user), attributes: ['title', 'description'] }] }),
        ({ attributes }) => 'description' in attributes,
      );
      expect(read.attributes).toEqual({ title: ['Kept'], description: [] });
      expect(read.whole).toBeUndefined();
    });

    journey('versions that grow with every read, in one epoch', () => {
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

    journey(
      'a clean stop on SIGTERM; the next one goes on where it ended, without a new import',
      async () => {
        const imports = lab.bodies('import-complete').length;
        const began = Date.now();
        expect(await agent.stop()).toBe(0);
        expect(Date.now() - began).toBeLessThan(5_000);
        const user = await world.addUser({ title: 'While away' });
        agent = lab.startAgent(fixture);
        const change = await lab.change('creation', keyOf(user), ({ whole }) => whole !== undefined);
        expect(change.queue).toBe('changes');
        expect(lab.bodies('import-complete').length).toBe(imports);
        expect(change.set.version.epoch).toBeGreaterThan(lab.changes[0]?.set.version.epoch ?? Infinity);
      },
    );

    journey('the lists of the groups that an account belongs to when it comes back', async () => {
      const [user, group] = [await addUser(), await addGroup()];
      await told(
        user,
        () => world.admin.del(user.dn),
        ({ deleted }) => deleted === true,
      );
      // As a recycle bin does: the membership is there before anybody looks.
      await agent.stop();
      await undelete(world.admin, user.guid, user.dn);
      await world.modify(group.dn, 'add', 'member', [user.dn]);
      const since = lab.messages.length;
      agent = lab.startAgent(fixture);
      const closed = await lab.until('list-complete', () =>
        lab.messages
          .slice(since)
          .filter(({ envelope }) => envelope.kind === 'list-complete')
          .map(({ body }) => body as { key: string; total: number; version: { n: number } })
          .find(({ key }) => key === keyOf(group)),
      );
      expect(closed.total).toBe(1);
      const listed = await lab.change(
        'list',
        keyOf(group),
        ({ set, links }) => set.version.n === closed.version.n && links?.['member']?.list !== undefined,
      );
      expect(listed.links?.['member']?.added).toEqual([keyOf(user)]);
    });

    journey(
      'a new attribute is read of every object, and nothing else; the same needs read nothing',
      async () => {
        const imports = lab.bodies('import-complete').length;
        const informed = await addUser({ info: 'was there before' });
        await lab.command('configure', { ...journeyNeeds, revision: 2 });
        await lab.until('configured 2', () =>
          lab.bodies('configured').find(({ revision }) => revision === 2),
        );
        await lab.command('configure', {
          ...journeyNeeds,
          revision: 3,
          attributes: [...journeyNeeds.attributes, 'info'],
        });
        const narrow = (object: CreatedObject) =>
          lab.change('info', keyOf(object), ({ attributes }) => 'info' in attributes);
        const [told, empty] = [await narrow(informed), await narrow(before.user)];
        expect(told).toMatchObject({ queue: 'changes-bulk', attributes: { info: ['was there before'] } });
        expect([told.whole, told.set.import, told.set.asked]).toEqual([undefined, undefined, ['info']]);
        expect(empty.attributes).toEqual({ info: [] });
        // From now on it is told like any other.
        await agent.untilSaid('new attributes read');
        const since = lab.changes.length;
        await world.modify(informed.dn, 'replace', 'info', ['changed']);
        const changed = await lab.change(
          'info',
          keyOf(informed),
          ({ attributes }) => 'info' in attributes,
          since,
        );
        expect(changed).toMatchObject({ queue: 'changes', attributes: { info: ['changed'] } });
        expect(lab.bodies('import-complete').length).toBe(imports);
      },
    );

    journey('needs that change otherwise lead to a new import', async () => {
      const imports = lab.bodies('import-complete').length;
      await lab.command('configure', {
        ...journeyNeeds,
        revision: 4,
        attributes: [...journeyNeeds.attributes, 'info'],
        skipCritical: false,
      });
      const complete = await lab.until('another import', () => lab.bodies('import-complete')[imports]);
      const imported = lab.changes.find(
        ({ key, set }) => key === keyOf(before.user) && set.import === complete.import,
      );
      expect(imported?.set.asked).toContain('info');
      expect(imported?.whole).toBeDefined();
    });
  });
}

async function populate(world: DirectoryWorld): Promise<{
  ou: CreatedObject;
  boss: CreatedObject;
  user: CreatedObject;
  group: CreatedObject;
  outer: CreatedObject;
}> {
  const { guid } = await worldOu(world);
  const boss = await world.addUser({ displayName: 'Boss' });
  const user = await world.addUser({
    displayName: 'Émile Zola',
    title: 'Clerk',
    manager: boss.dn,
    'mS-DS-ConsistencyGuid': Buffer.from('00ff10', 'hex'),
  });
  const group = await world.addGroup({ member: user.dn });
  const outer = await world.addGroup({ member: group.dn });
  return { ou: { dn: world.ou, guid, account: '' }, boss, user, group, outer };
}

async function worldOu(world: DirectoryWorld): Promise<{ guid: Buffer }> {
  const { attributes } = await world.read(world.ou, ['objectGUID']);
  return { guid: attributes.get('objectGUID')?.[0] as Buffer };
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
