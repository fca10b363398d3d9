import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { startDirectory, type RunningDirectory } from '../../local/directory/start-directory.ts';
import { openBody } from '../../shared/model/envelope-seal.ts';
import { partitions } from '../../shared/model/partition.ts';
import { parseIndexRowKey } from '../../shared/state/keys.ts';
import type { CreatedObject } from '../contract/support/directory/directory-world.ts';
import { AdversityStage, control } from './adversity-stage.ts';
import { embeddedFixture } from './support/embedded-fixture.ts';
import { rulesWith } from './support/scene.ts';

/** Imports that stop half-way or lose a message. Most objects are out of scope: they cost reading, not writing. */
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

/** The function app has taken the import that the agent sent last: what is on its way afterwards belongs to another. */
async function settled(): Promise<void> {
  const sent = stage.agentLog.findLast(({ msg }) => msg === 'import complete');
  await stage.eventually('all of the import has arrived', async () => {
    const [{ imports, lastImports } = { imports: {}, lastImports: [] }] = (await stage.status()).connectors;
    const isCounted = lastImports.some((note) => note.import === sent?.['import']);
    return isCounted && Object.keys(imports).length === 0;
  });
}

test('an import of which a message is lost is named while it waits and when it has given up, and read once more', async () => {
  await settled();
  // The host is away while the import is sent, so that a message can be taken from the queue before it sees it.
  await stage.cloud.children.at(-1)?.stop();
  const since = stage.agentLog.length;
  await stage.importAgain();
  await loseOneMessage();
  await stage.cloud.restartHost();
  const awaited = await stage.finding('not all objects that were sent have arrived');
  expect(awaited.about).toBe('corp');
  const finding = await stage.eventually('it has given up', async () => {
    await endPatience();
    const { findings } = await stage.status();
    return findings.find(({ what }) => what.includes('were sent and did not arrive; nothing was deleted'));
  });
  expect(finding.action).toContain('Another import was asked for');
  expect(stage.hasLogged('the import is incomplete: objects that were sent did not arrive')).toBe(true);
  await stage.quiet('did not arrive');
  await stage.quiet('not all objects that were sent have arrived');
  expect(stage.timesSaid('full import asked for', since)).toBe(2);
  expect(stage.timesSaid('import complete', since)).toBe(2);
  await retitle(1, 'Afterwards');
  await retitle(1, 'Clerk');
  await expectUntouched();
});

/** Takes one page of the import from the queue. */
async function loseOneMessage(): Promise<void> {
  const receiver = stage.cloud.bus.createReceiver('changes-bulk');
  const messages = await receiver.receiveMessages(5, { maxWaitTimeInMs: 20_000 });
  const page = messages.find(({ body }) => openBody(body).kind === 'change-set');
  if (page === undefined) throw new Error('there is no page of an import');
  for (const message of messages)
    if (message === page) await receiver.completeMessage(message);
    else await receiver.abandonMessage(message);
  await receiver.close();
}

/**
 * The hour has passed, as the rows that count the import see it: lost-import-message.test.ts shows how long it is. A count
 * that is under way may write an earlier row again.
 */
async function endPatience(): Promise<void> {
  for (const partition of partitions) {
    const place = `corp|${partition}`;
    const rows = await stage.tables.range('Objects', place, { from: 'i|', to: 'i}' });
    const row = rows.find(({ rowKey }) => parseIndexRowKey(rowKey)?.kind === 'import');
    if (row === undefined) continue;
    const data = { ...(row.data as object), giveUpAt: Date.now() - 1 };
    await stage.tables
      .transact('Objects', place, [
        { kind: 'replace', rowKey: row.rowKey, etag: row.etag, content: { data, tags: row.tags } },
      ])
      .catch(() => undefined);
  }
}
