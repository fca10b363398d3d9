import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { startDirectory, type RunningDirectory } from '../../local/directory/start-directory.ts';
import { keyFromGuidBytes } from '../../shared/model/guid.ts';
import type { CreatedObject } from '../contract/support/directory/directory-world.ts';
import { AdversityStage, control } from './adversity-stage.ts';
import { embeddedFixture } from './support/embedded-fixture.ts';

/** Members that leave while nobody listens: only a whole list can tell, and only one that stood still. */
// Several imports a test, each of which may have to share the machine with much else.
vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 });

let running: RunningDirectory;
let stage: AdversityStage;
let staff: CreatedObject[];
let crowd: CreatedObject;
let club: CreatedObject;
/** Contacts, which nobody asks for: as members they wait for ever. */
let others: string[];
/** As many values as one answer carries of a list. */
const rangeMax = 1_500;
/** A whole block of members, which waits for nobody. */
const staffed = 20;
/** So many values leave the head of the list at once; so far apart are the staff behind its first range. */
const step = 15;
/** Reading it five times takes ten looks at the list; polls look at it as well. */
const timesMax = 60;

beforeAll(async () => {
  running = await startDirectory();
  stage = await AdversityStage.open(embeddedFixture(running), async (world) => {
    const length = rangeMax + staffed * (step - 1);
    others = Array.from({ length }, (_, index) => `CN=Other ${index},${world.ou}`);
    await Promise.all(others.map((dn) => world.admin.add(dn, { objectClass: 'contact' })));
    staff = [];
    for (let i = 0; i < staffed; i += 1)
      staff.push(await world.addUser({ displayName: `Staff ${i}`, userAccountControl: '512' }));
    const names = staff.map(({ dn }) => dn);
    club = await world.addGroup({ displayName: 'Club', member: names });
    const tail = names.flatMap((dn, index) => {
      const from = rangeMax + index * (step - 1);
      return [dn, ...others.slice(from, from + step - 1)];
    });
    crowd = await world.addGroup({ displayName: 'Crowd', member: [...others.slice(0, rangeMax), ...tail] });
  });
  await eventuallyIn('Club', staff);
  await eventuallyIn('Crowd', staff);
});

afterAll(async () => {
  await stage.stop();
});

/** Who of the staff is in a group of the cloud, in the order of their names. */
async function staffIn(group: string): Promise<readonly string[]> {
  const [members, users] = [await stage.membersOf(group), await stage.users()];
  return members.map((id) => users.find((user) => user.id === id)?.displayName ?? id).sort();
}
const namesOf = (some: readonly CreatedObject[]): readonly string[] =>
  some.map((one) => `Staff ${staff.indexOf(one)}`).sort();

async function eventuallyIn(group: string, some: readonly CreatedObject[]): Promise<void> {
  const wanted = namesOf(some).join();
  await stage.eventually(`${group} has ${wanted}`, async () => (await staffIn(group)).join() === wanted);
}

/** Once nothing is left to do, these are the members of both groups, all of the staff are enabled, and no group is gone. */
async function expectOnly(members: readonly CreatedObject[]): Promise<void> {
  await stage.eventually('nothing is due', async () => (await stage.status()).connectors[0]?.due === 0);
  for (const group of ['Club', 'Crowd']) expect(await staffIn(group)).toEqual(namesOf(members));
  const { users, deleted } = (await stage.picture()) as {
    users: { accountEnabled: boolean }[];
    deleted: number;
  };
  expect(users.filter(({ accountEnabled }) => accountEnabled)).toHaveLength(staffed);
  expect(deleted).toBe(0);
  expect((await stage.status()).connectors[0]?.held).toBe(0);
}

const leave = async (one: CreatedObject | undefined): Promise<void> => {
  if (one === undefined) throw new Error('there is one');
  for (const group of [club, crowd]) await stage.world.modify(group.dn, 'delete', 'member', [one.dn]);
};

test('a member removed while the cookie was lost is taken out by the import, and nobody else', async () => {
  await stage.stopAgent();
  await leave(staff[0]);
  await control(running, 'POST', '/faults', { refuseCookies: true });
  const since = stage.agentLog.length;
  await stage.startAgent();
  await stage.eventually('it is read again', () =>
    Promise.resolve(stage.agentLog.slice(since).some(({ code }) => code === 'COOKIE_REJECTED')),
  );
  await control(running, 'DELETE', '/faults');
  await stage.eventually('it is complete', () => Promise.resolve(stage.hasSaid('import complete', since)));
  await eventuallyIn('Club', staff.slice(1));
  await eventuallyIn('Crowd', staff.slice(1));
  expect(await stage.statusText()).toContain('COOKIE_REJECTED');
  await expectOnly(staff.slice(1));
});

test('with its state lost and a list that shifts while it is read, nobody is removed because of that list until it stands still', async () => {
  await stage.stopAgent();
  await stage.loseAgentState();
  await leave(staff[1]);
  await control(running, 'POST', '/faults', { delayMs: 50 });
  const shift = shiftWhenRead();
  await stage.startAgent();
  const finding = await stage.finding('a list kept changing while it was read');
  expect(finding.action).toContain('the next reading of the group mends it');
  expect(stage.hasSaid('a list kept changing while it was read')).toBe(true);
  await eventuallyIn('Club', staff.slice(2));
  expect(await shift.stop()).toBeGreaterThanOrEqual(5);
  await control(running, 'DELETE', '/faults');
  // What was told before has been looked at by the time that a change made now arrives.
  await stage.world.modify(crowd.dn, 'replace', 'description', ['It stands still']);
  await stage.eventually('the group changes', async () => {
    const { groups } = (await stage.cloud.graphObjects()) as { groups: Record<string, unknown>[] };
    return groups.some(({ description }) => description === 'It stands still');
  });
  expect(await staffIn('Crowd')).toEqual(namesOf(staff.slice(1)));
  await stage.command('refresh', { requests: [{ key: keyFromGuidBytes(crowd.guid) }] });
  await eventuallyIn('Crowd', staff.slice(2));
  await stage.quiet('a list kept changing');
  await expectOnly(staff.slice(2));
});

/**
 * Whenever the agent has read values of the crowd, the first ones leave it, so that what was behind the end of one range is
 * before the beginning of the next. The directory runs in this process, which is how a reading is noticed. In the end all
 * of them leave: then one answer carries the list.
 */
function shiftWhenRead(): { stop(): Promise<number> } {
  const { access } = running.directory;
  const canRead = access.canReadAttributes.bind(access);
  let times = 0;
  let last: Promise<void> | null = null;
  const drop = async (from: number, to: number): Promise<void> => {
    if (from < to) await stage.world.modify(crowd.dn, 'delete', 'member', others.slice(from, to));
    last = null;
  };
  access.canReadAttributes = (principal, object, deletedObjects) => {
    const isRead = !principal.isAdministrator && object.dn === crowd.dn;
    if (isRead && last === null && times < timesMax) last = drop(times * step, (times += 1) * step);
    return canRead(principal, object, deletedObjects);
  };
  return {
    async stop() {
      access.canReadAttributes = canRead;
      await last;
      await drop(times * step, rangeMax);
      return times;
    },
  };
}
