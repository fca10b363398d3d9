import { expect } from 'vitest';
import type { CreatedObject } from '../../contract/support/directory/directory-world.ts';
import { undelete } from '../../contract/support/directory/undelete.ts';
import { journeyNeeds } from '../agent-lab.ts';
import { keyOf } from '../support/key-of.ts';
import type { Journey } from './journey-stage.ts';

/** An agent that ends and begins again, and one that is to capture something else. */
export function describeTermJourneys(journey: Journey): void {
  journey(
    'a clean stop on SIGTERM; the next one goes on where it ended, without a new import',
    async (stage) => {
      const { fixture, world, lab } = stage;
      const imports = lab.bodies('import-complete').length;
      const began = Date.now();
      expect(await stage.agent.stop()).toBe(0);
      expect(Date.now() - began).toBeLessThan(5_000);
      const user = await world.addUser({ title: 'While away' });
      stage.agent = lab.startAgent(fixture);
      const change = await lab.change('creation', keyOf(user), ({ whole }) => whole !== undefined);
      expect(change.queue).toBe('changes');
      expect(lab.bodies('import-complete').length).toBe(imports);
      expect(change.set.version.epoch).toBeGreaterThan(lab.changes[0]?.set.version.epoch ?? Infinity);
    },
  );

  journey('the lists of the groups that an account belongs to when it comes back', async (stage) => {
    const { fixture, world, lab, told, addUser, addGroup } = stage;
    const [user, group] = [await addUser(), await addGroup()];
    await told(
      user,
      () => world.admin.del(user.dn),
      ({ deleted }) => deleted === true,
    );
    // As a recycle bin does: the membership is there before anybody looks.
    await stage.agent.stop();
    await undelete(world.admin, user.guid, user.dn);
    await world.modify(group.dn, 'add', 'member', [user.dn]);
    const since = lab.messages.length;
    stage.agent = lab.startAgent(fixture);
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
    async (stage) => {
      const { world, lab, before, addUser } = stage;
      const imports = lab.bodies('import-complete').length;
      const informed = await addUser({ info: 'was there before' });
      await lab.command('configure', { ...journeyNeeds, revision: 2 });
      await lab.until('configured 2', () => lab.bodies('configured').find(({ revision }) => revision === 2));
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
      await stage.agent.untilSaid('new attributes read');
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

  journey('needs that change otherwise lead to a new import', async ({ lab, before }) => {
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
}
