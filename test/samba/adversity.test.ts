import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { sambaAvailability } from '../../local/samba/samba-availability.ts';
import { startSamba, type SambaDomain } from '../../local/samba/start-samba.ts';
import type { CreatedObject } from '../contract/support/directory/directory-world.ts';
import { AdversityStage, reader } from '../e2e/adversity-stage.ts';
import { rulesWith } from '../e2e/support/scene.ts';
import { sambaFixture } from './support/samba-fixture.ts';

vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 });

const availability = sambaAvailability();
const shown = 4;
const hidden = 4;

/** The same as with the embedded directory, by real access lists and real lists of members. */
describe.skipIf(!availability.available)('reading a real domain controller under adversity', () => {
  let domain: SambaDomain;
  let stage: AdversityStage;
  let hiddenOu: CreatedObject;
  let people: CreatedObject[];
  let club: CreatedObject;
  let before: unknown;
  /** Groups of the domain itself may still be arriving. */
  const picture = async () => ((await stage.picture()) as { users: unknown }).users;

  beforeAll(async () => {
    domain = await startSamba();
    const rules = rulesWith(({ syncs: { users } }) => {
      users.scope.where = ['IsPresent([employeeID])'];
      users.budgets['blank'] = { max: 2, percent: 100, per: 'P1D' };
    });
    stage = await AdversityStage.open(
      sambaFixture(domain),
      async (world) => {
        const person = (name: string, parent = world.ou) =>
          world.addUser(
            { displayName: name, userAccountControl: '512', title: 'Clerk', employeeID: '1' },
            parent,
          );
        hiddenOu = await world.addOu('Hidden');
        people = [];
        for (let i = 0; i < shown; i += 1) people.push(await person(`Shown ${i}`));
        club = await world.addGroup({ displayName: 'Club', member: people.map(({ dn }) => dn) });
        for (let i = 0; i < hidden; i += 1) await person(`Hidden ${i}`, hiddenOu.dn);
      },
      rules,
    );
    await stage.eventually(
      'everybody is in the cloud',
      async () => (await stage.users()).length === shown + hidden,
    );
    before = await picture();
  });

  afterAll(async () => {
    await stage.stop();
  });

  test('a member removed while the agent’s state was lost is taken out by the import, and nobody else', async () => {
    await stage.eventually('all are in', async () => (await stage.membersOf('Club')).length === shown);
    const [gone, ...others] = await Promise.all(people.map((_, i) => stage.user(`Shown ${i}`)));
    await stage.stopAgent();
    await stage.loseAgentState();
    await stage.world.modify(club.dn, 'delete', 'member', [people[0]?.dn ?? '']);
    await stage.startAgent();
    await stage.eventually(
      'one is out',
      async () => !(await stage.membersOf('Club')).includes(gone?.id ?? ''),
    );
    await stage.eventually('nothing is due', async () => (await stage.status()).connectors[0]?.due === 0);
    expect([...(await stage.membersOf('Club'))].sort()).toEqual(others.map((one) => one?.id).sort());
    expect(await picture()).toEqual(before);
  });

  test('on userAccountControl: nobody looks disabled, and the right is named', async () => {
    await domain.denyRead(reader, stage.world.ou, 'userAccountControl');
    await stage.importAgain();
    await stage.finding('may not read userAccountControl');
    expect(await picture()).toEqual(before);
  });

  test('on an OU: its people are held as vanished, none is touched', async () => {
    await domain.denyRead(reader, hiddenOu.dn);
    await stage.importAgain();
    const finding = await stage.finding('found neither alive nor deleted');
    await stage.eventually(
      'all are held',
      async () => (await stage.status()).connectors[0]?.heldByCause['vanished']?.count === hidden,
    );
    expect(finding.action).toContain('vanished.md');
    expect(await picture()).toEqual(before);
  });

  test('on title: what seems emptied is held beyond the budget', async () => {
    // A user's own access list lets everybody read its public information, and goes before what it inherits.
    for (const { dn } of people) await domain.denyRead(reader, dn, 'title');
    await stage.importAgain();
    await stage.finding('jobTitle would be emptied');
    const kept = (await stage.users()).filter(({ jobTitle }) => jobTitle === 'Clerk');
    expect(kept.length).toBeGreaterThanOrEqual(shown + hidden - 2);
  });

  test('on Deleted Objects: it is named', async () => {
    await domain.denyRead(reader, `CN=Deleted Objects,${domain.baseDn}`);
    const finding = await stage.finding('may not read CN=Deleted Objects');
    expect(finding.action).toContain('Grant the right');
  });
});
