import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { startDirectory, type RunningDirectory } from '../../local/directory/start-directory.ts';
import type { CreatedObject } from '../contract/support/directory/directory-world.ts';
import { AdversityStage, control, reader } from './adversity-stage.ts';
import { embeddedFixture } from './support/embedded-fixture.ts';
import { rulesWith } from './support/scene.ts';

/**
 * Rights that are withdrawn while the agent runs: the directory hides what may not be read, without an error. Nothing may
 * be deleted, disabled or emptied because of it, and the operator's status names the cause.
 */
// Several imports a test, each of which may have to share the machine with much else.
vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 });

let running: RunningDirectory;
let stage: AdversityStage;
let hiddenOu: CreatedObject;
let made: CreatedObject[];
let before: unknown;
const shown = 8;
const hidden = 6;

const deny = (what: { dn?: string; attribute?: string }) =>
  control(running, 'POST', '/denials', { account: reader, ...what });
const allow = () => control(running, 'DELETE', '/denials', { account: reader });
const vanished = async () => (await stage.status()).connectors[0]?.heldByCause['vanished']?.count ?? 0;

const retitle = async (name: string, title: string): Promise<void> => {
  const { dn } = made[Number(name.split(' ')[1])] ?? { dn: '' };
  await stage.world.modify(dn, 'replace', 'title', [title]);
  await stage.eventually(`${name} is ${title}`, async () => (await stage.user(name))?.jobTitle === title);
};

beforeAll(async () => {
  running = await startDirectory();
  const rules = rulesWith(({ syncs: { users, groups } }) => {
    users.budgets['blank'] = { max: 2, percent: 100, per: 'P1D' };
    groups.budgets['removeMembers'] = { max: 2, percent: 100, per: 'P1D' };
  });
  stage = await AdversityStage.open(
    embeddedFixture(running),
    async (world) => {
      const person = (name: string, parent = world.ou) =>
        world.addUser({ displayName: name, userAccountControl: '512', title: 'Clerk' }, parent);
      hiddenOu = await world.addOu('Hidden');
      made = [];
      for (let i = 0; i < shown; i += 1) made.push(await person(`Shown ${i}`));
      for (let i = 0; i < hidden; i += 1) made.push(await person(`Hidden ${i}`, hiddenOu.dn));
      await world.addGroup({ displayName: 'Everybody', member: made.map(({ dn }) => dn) });
    },
    rules,
  );
  await stage.eventually('everybody is in the cloud', async () => {
    const members = await stage.membersOf('Everybody');
    return members.length === shown + hidden;
  });
  before = await stage.picture();
});

afterAll(async () => {
  await stage.stop();
});

describe('the right to read is withdrawn', () => {
  test('on an OU: what seems gone is looked for and held, and the holds close when the right is back', async () => {
    await deny({ dn: hiddenOu.dn });
    await stage.importAgain();
    await stage.eventually('all of them are held', async () => (await vanished()) === hidden);
    const finding = await stage.finding('found neither alive nor deleted');
    expect(finding.what).toContain(`${hidden} operations held`);
    expect(finding.since).not.toBeNull();
    expect(finding.action).toContain('vanished.md');
    await stage.finding(`the import did not show ${hidden} objects`);
    expect(stage.hasLogged('objects not seen in the import are looked for')).toBe(true);
    await stage.flows('Meanwhile 1');
    await allow();
    await stage.importAgain();
    await stage.eventually('nothing is held', async () => (await vanished()) === 0);
  });

  test('on an attribute that nobody can be without: its last value stays, and the right is named', async () => {
    await deny({ attribute: 'userAccountControl' });
    await stage.importAgain();
    const finding = await stage.finding('may not read userAccountControl');
    expect(finding.about).toBe('corp/relay-1');
    expect(finding.action).toContain('Grant the right');
    expect(stage.hasSaid('the bind account may not read userAccountControl')).toBe(true);
    // Who is new cannot be judged without it and waits; who is known goes on.
    await retitle('Shown 1', 'Manager');
    await retitle('Shown 1', 'Clerk');
    await allow();
    await stage.importAgain();
    await stage.quiet('userAccountControl');
  });

  test('on any other: what seems emptied on many at once is held, and comes back with the right', async () => {
    await deny({ attribute: 'title' });
    await stage.importAgain();
    const finding = await stage.finding('jobTitle would be emptied');
    expect(finding.what).toContain('was the right to read it withdrawn?');
    const titles = async () => (await stage.users()).filter(({ jobTitle }) => jobTitle !== null).length;
    const all = (await stage.users()).length;
    await stage.eventually(
      'the others are held',
      async () => ((await stage.status()).connectors[0]?.held ?? 0) >= all - 3,
    );
    expect(await titles()).toBeGreaterThanOrEqual(all - 2);
    await allow();
    await stage.importAgain();
    await stage.eventually('all have theirs', async () => (await titles()) === all);
    await stage.eventually('nothing is held', async () => (await stage.status()).connectors[0]?.held === 0);
  });

  test('on member: a list that reads empty empties no group', async () => {
    await deny({ attribute: 'member' });
    await stage.importAgain();
    await stage.finding('more than a budget allows (removeMembers)');
    expect((await stage.membersOf('Everybody')).length).toBeGreaterThanOrEqual(shown + hidden - 2);
    await allow();
    await stage.importAgain();
    await stage.eventually(
      'all are members',
      async () => (await stage.membersOf('Everybody')).length === shown + hidden,
    );
  });

  test('in the end nobody was deleted, disabled or emptied', async () => {
    const { users, ...rest } = (await stage.picture()) as { users: { displayName: string }[] };
    const own = users.filter(({ displayName }) => !displayName.startsWith('Meanwhile'));
    expect({ ...rest, users: own }).toEqual(before);
  });

  test('on Deleted Objects: it is named at once, a deletion is held until it can be seen', async () => {
    await control(running, 'DELETE', '/grants/deleted-objects', { account: reader });
    const finding = await stage.finding('may not read CN=Deleted Objects');
    expect(finding.action).toContain('Grant the right');
    const leaver = made[0];
    if (leaver === undefined) throw new Error('there is one');
    await stage.world.admin.del(leaver.dn);
    await stage.importAgain();
    await stage.eventually('the deletion is held', async () => (await vanished()) === 1);
    expect((await stage.user('Shown 0'))?.accountEnabled).toBe(true);
    await control(running, 'POST', '/grants/deleted-objects', { account: reader });
    await stage.importAgain();
    await stage.eventually(
      'the leaver is disabled',
      async () => (await stage.user('Shown 0'))?.accountEnabled === false,
    );
    await stage.eventually('nothing is held', async () => (await vanished()) === 0);
    await stage.quiet('Deleted Objects');
  });

  test('the status tells how fast it went', async () => {
    await stage.flows('Meanwhile 2');
    const { activity } = await stage.status();
    expect(activity.done).toBeGreaterThan(0);
    expect(activity.latency?.p50).toBeGreaterThan(0);
    expect(await stage.statusText()).toMatch(/ {2}latency +half within [\d,]+ ms, 95 % within [\d,]+ ms/);
  });
});
