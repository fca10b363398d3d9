import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { startDirectory, type RunningDirectory } from '../../local/directory/start-directory.ts';
import type { CreatedObject } from '../contract/support/directory/directory-world.ts';
import { AdversityStage, control } from './adversity-stage.ts';
import { embeddedFixture } from './support/embedded-fixture.ts';
import { rulesWith } from './support/scene.ts';

/** Imports that stop half-way. Most objects are out of scope: they cost reading, not writing. */
// Several imports a test, each of which may have to share the machine with much else.
vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 });

let running: RunningDirectory;
let stage: AdversityStage;
let staff: CreatedObject[];
let before: unknown;
/** Two pages of an import. */
const generated = 250;
const staffed = 20;

beforeAll(async () => {
  running = await startDirectory({ generate: generated });
  const rules = rulesWith(({ syncs: { users } }) => {
    users.scope.where = ['IsPresent([division])'];
  });
  stage = await AdversityStage.open(
    embeddedFixture(running),
    async (world) => {
      staff = [];
      for (let i = 0; i < staffed; i += 1)
        staff.push(
          await world.addUser({
            displayName: `Staff ${i}`,
            userAccountControl: '512',
            division: 'Staff',
            title: 'Clerk',
          }),
        );
      await world.addGroup({ displayName: 'Club', member: staff.map(({ dn }) => dn) });
    },
    rules,
  );
  await stage.eventually(
    'the staff are members',
    async () => (await stage.membersOf('Club')).length === staffed,
  );
  before = await stage.picture();
});

afterAll(async () => {
  await stage.stop();
});

const retitle = async (number: number, title: string): Promise<void> => {
  await stage.world.modify(staff[number]?.dn ?? '', 'replace', 'title', [title]);
  await stage.eventually(
    `Staff ${number} is ${title}`,
    async () => (await stage.user(`Staff ${number}`))?.jobTitle === title,
  );
};

async function expectUntouched(): Promise<void> {
  expect(await stage.picture()).toEqual(before);
  expect((await stage.status()).connectors[0]?.held).toBe(0);
}

describe('an import that stops half-way', () => {
  test.each([
    ['further pages are refused', { refusePages: true }],
    ['the server hangs between two pages', { hang: true }],
  ])('%s: it is named, deletes nothing, and goes on where it was', async (_what, fault) => {
    const since = stage.agentLog.length;
    await control(running, 'POST', '/faults', fault);
    await stage.command('full-import', { reason: 'a test' });
    const finding = await stage.finding('the directory does not answer');
    expect(finding).toMatchObject({ about: 'corp/relay-1', since: expect.any(Number) as unknown });
    expect(stage.timesSaid('the directory is away', since)).toBe(1);
    expect(stage.hasSaid('import complete', since)).toBe(false);
    // Where polls are answered, what changes goes on arriving.
    if ('refusePages' in fault) await retitle(0, 'Meanwhile');
    await control(running, 'DELETE', '/faults');
    await stage.eventually('it is complete', () => Promise.resolve(stage.hasSaid('import complete', since)));
    await stage.quiet('the directory does not answer');
    await retitle(0, 'Afterwards');
    await retitle(0, 'Clerk');
    await expectUntouched();
  });
});
