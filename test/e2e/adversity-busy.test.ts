import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { startDirectory } from '../../local/directory/start-directory.ts';
import type { CreatedObject, DirectoryWorld } from '../contract/support/directory/directory-world.ts';
import { AdversityStage } from './adversity-stage.ts';
import { logLines } from './support/app-log.ts';
import { embeddedFixture } from './support/embedded-fixture.ts';
import { rulesWith } from './support/scene.ts';

vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 });

let stage: AdversityStage;
let staff: CreatedObject[];
const staffed = 5;
const pauseMs = 20;

beforeAll(async () => {
  const rules = rulesWith(({ syncs: { users } }) => {
    users.scope.where = ['IsPresent([division])'];
  });
  const seed = async (world: DirectoryWorld): Promise<void> => {
    staff = [];
    for (let i = 0; i < staffed; i += 1)
      staff.push(
        await world.addUser({ displayName: `Staff ${i}`, userAccountControl: '512', division: 'Staff' }),
      );
  };
  stage = await AdversityStage.open(embeddedFixture(await startDirectory()), seed, rules);
  await stage.eventually(
    'all are in the cloud',
    async () => (await stage.user(`Staff ${staffed - 1}`)) !== undefined,
  );
});

afterAll(async () => {
  await stage.stop();
});

/** How many messages the agent and the function app have sent that carry changes or work. */
async function messages(): Promise<number> {
  const answer = await fetch(`${stage.cloud.busAdmin}/queues`);
  const queues = (await answer.json()) as Record<string, { sent: number }>;
  return (queues['changes']?.sent ?? 0) + (queues['changes-bulk']?.sent ?? 0);
}

/** Fifty a second, of three kinds that no rule is about: a container's, a class's that nobody asks for, an attribute's. */
async function writeMuch(signal: AbortSignal, onWritten: () => void): Promise<void> {
  const { world } = stage;
  const bystander = await world.addOu('Bystander');
  const contact = `CN=Bystander,${world.ou}`;
  await world.admin.add(contact, { objectClass: 'contact' });
  const kinds = [
    { dn: bystander.dn, attribute: 'street' },
    { dn: contact, attribute: 'title' },
    { dn: staff[0]?.dn ?? '', attribute: 'comment' },
  ];
  let next = Date.now();
  for (let at = 0; !signal.aborted; at += 1, next += pauseMs) {
    const { dn, attribute } = kinds[at % kinds.length] ?? { dn: '', attribute: '' };
    await world.modify(dn, 'replace', attribute, [`write ${at}`]);
    onWritten();
    const wait = next + pauseMs - Date.now();
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
  }
}

test('fifty unrelated writes a second send nothing, and imports and changes get through them without a complaint', async () => {
  const ended = new AbortController();
  let writes = 0;
  const writing = writeMuch(ended.signal, () => (writes += 1));
  const more = (count: number) => {
    const from = writes;
    return stage.eventually(`${count} more writes`, () => Promise.resolve(writes >= from + count));
  };
  const since = stage.agentLog.length;
  const hostSince = logLines(stage.cloud).length;
  try {
    await more(50);
    await stage.importAgain();
    for (const [index, { dn }] of staff.entries()) {
      await stage.world.modify(dn, 'replace', 'title', [`Busy ${index}`]);
      await stage.eventually(
        `Staff ${index} changes`,
        async () => (await stage.user(`Staff ${index}`))?.jobTitle === `Busy ${index}`,
      );
    }
    // What the import and the changes are about has come to rest once nothing is due, awaited, or sent for a while.
    await stage.eventually('it comes to rest', async () => {
      const before = await messages();
      await more(50);
      const [corp] = (await stage.status()).connectors;
      const isDone = corp?.due === 0 && Object.keys(corp.imports).length === 0;
      return isDone && (await messages()) === before;
    });
    const before = await messages();
    await more(250);
    expect((await messages()) - before).toBe(0);
    expect((await stage.status()).findings).toEqual([]);
  } finally {
    ended.abort();
    await writing;
  }
  expect(stage.timesSaid('import complete', since)).toBe(1);
  const complaints = [...stage.agentLog.slice(since), ...logLines(stage.cloud).slice(hostSince)].filter(
    ({ level }) => level === 'warn' || level === 'error',
  );
  expect(complaints).toEqual([]);
});
