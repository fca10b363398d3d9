import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startDirectory } from '../../local/directory/start-directory.ts';
import {
  connectController,
  connectSame,
  readFacts,
  type DirectoryAccess,
} from '../../shared/adapters/active-directory/domain-controller.ts';
import { openDirectoryWorld, type CreatedObject } from '../contract/support/directory/directory-world.ts';
import { AgentLab, journeyNeeds } from './agent-lab.ts';
import { describeAgentRefusals } from './agent-refusals.ts';
import type { AgentProcess } from './support/agent-process.ts';
import { openAgentStage, type AgentStage } from './support/agent-stage.ts';
import { controlDirectory } from './support/control-directory.ts';
import { embeddedFixture } from './support/embedded-fixture.ts';
import { keyOf } from './support/key-of.ts';

describeAgentRefusals('embedded directory', async () => embeddedFixture(await startDirectory()));

describe('an agent whose surroundings fail', () => {
  let stage: AgentStage;
  let agent: AgentProcess;
  beforeAll(async () => {
    stage = await openAgentStage({ lock: 'PT5S' });
    agent = stage.lab.startAgent(stage.fixture, { requestTimeout: 'PT1S' });
    await stage.lab.command('configure', journeyNeeds);
    await stage.lab.until('import', () => stage.lab.bodies('import-complete')[0]);
  });
  afterAll(async () => {
    await controlDirectory(stage.running, 'DELETE', '/faults');
    await stage.stop();
  });

  /** By a connection of its own, which the faults of the case before cannot have touched. */
  const addUser = async (): Promise<CreatedObject> => {
    const world = await openDirectoryWorld(stage.fixture);
    const user = await world.addUser();
    await world.close();
    return user;
  };
  /** A change made now arrives. */
  const flows = async (): Promise<void> => {
    const user = await addUser();
    await stage.lab.change('a new user', keyOf(user), ({ whole }) => whole !== undefined);
    expect(stage.lab.faults).toEqual([]);
  };
  const times = (message: string): number =>
    agent.lines.filter((line) => String(line['msg']).startsWith(message)).length;

  it('waits for a directory that hangs, says it once, and goes on', async () => {
    await controlDirectory(stage.running, 'POST', '/faults', { hang: true });
    const away = await agent.untilSaid('the directory is away');
    expect(away['code']).toBe('LDAP_TIMEOUT');
    await controlDirectory(stage.running, 'POST', '/faults', { hang: false });
    await agent.untilSaid('the directory is back');
    await flows();
    expect([times('the directory is away'), times('the directory is back')]).toEqual([1, 1]);
  });

  it.each([
    { what: 'is busy', fault: { busy: 3 }, left: 'busy' as const },
    { what: 'drops connections', fault: { drop: 2 }, left: 'drop' as const },
  ])('goes on after a directory that $what', async ({ fault, left }) => {
    await controlDirectory(stage.running, 'POST', '/faults', fault);
    // The agent asks often, so it meets all of them.
    await expect.poll(() => stage.running.directory.faults[left], { timeout: 10_000 }).toBe(0);
    await flows();
  });

  it('goes on after its connections to the broker are cut, under a new epoch', async () => {
    const epoch = stage.lab.changes.at(-1)?.set.version.epoch ?? Infinity;
    const user = await addUser();
    await fetch(`${stage.lab.admin}/connections`, { method: 'DELETE' });
    await stage.lab.change('a user', keyOf(user), ({ whole }) => whole !== undefined);
    await flows();
    expect(stage.lab.changes.at(-1)?.set.version.epoch).toBeGreaterThanOrEqual(epoch);
    expect(stage.lab.bodies('import-complete').length).toBe(1);
  });

  it.each([
    [
      'cookies are refused',
      async () => controlDirectory(stage.running, 'POST', '/faults', { refuseCookies: true }),
      'COOKIE_REJECTED',
    ],
    [
      'its database was restored',
      async () => {
        await controlDirectory(stage.running, 'POST', '/invocation-id');
        await controlDirectory(stage.running, 'POST', '/disconnect');
      },
      'USN_ROLLBACK',
    ],
    [
      'it went back in time',
      async () => {
        await controlDirectory(stage.running, 'POST', '/rollback', { by: 5 });
        await controlDirectory(stage.running, 'POST', '/disconnect');
      },
      'USN_ROLLBACK',
    ],
  ])('reads everything again when %s, and deletes nothing', async (_what, spoil, code) => {
    const [imports, problems] = [
      stage.lab.bodies('import-complete').length,
      stage.lab.bodies('problem').length,
    ];
    const since = stage.lab.changes.length;
    await spoil();
    const user = await addUser();
    await stage.lab.until('a problem report', () => stage.lab.bodies('problem')[problems]?.code === code);
    await controlDirectory(stage.running, 'DELETE', '/faults');
    await stage.lab.until('another import', () => stage.lab.bodies('import-complete')[imports]);
    await stage.lab.change('the user', keyOf(user), ({ whole }) => whole !== undefined, since);
    expect(stage.lab.changes.slice(since).some(({ deleted }) => deleted === true)).toBe(false);
    await flows();
  });

  it('leaves leadership to a standby when it is killed, which goes on without an import', async () => {
    const imports = stage.lab.bodies('import-complete').length;
    const standby = stage.lab.startAgent(stage.fixture);
    await standby.untilSaid('standby');
    const epoch = stage.lab.changes.at(-1)?.set.version.epoch ?? Infinity;
    await agent.kill();
    const user = await addUser();
    const change = await stage.lab.change('a user', keyOf(user), ({ whole }) => whole !== undefined);
    expect(change.set.version.epoch).toBeGreaterThan(epoch);
    await standby.untilSaid('leading');
    expect(stage.lab.bodies('import-complete').length).toBe(imports);
    agent = standby;
    await flows();
  });
});

describe('further connections to a domain controller', () => {
  it('go to its address, whatever its name leads to by now, and to nobody else', async () => {
    const running = await startDirectory();
    const fixture = embeddedFixture(running);
    const access: DirectoryAccess = {
      urls: [running.ldaps],
      tls: { mode: 'ldaps', ca: running.ca, servername: running.servername },
      ...fixture.admin,
      timeoutMs: 5_000,
    };
    const connection = await connectController(access, running.ldaps);
    const facts = await readFacts(connection, running.ldaps);
    connection.close();
    const elsewhere = running.ldaps.replace('127.0.0.1', 'nobody.invalid');
    (await connectSame(access, { ...facts, url: elsewhere })).close();
    await expect(connectSame(access, { ...facts, service: 'CN=NTDS Settings,CN=DC2' })).rejects.toMatchObject(
      {
        code: 'LDAP_UNREACHABLE',
      },
    );
    await running.stop();
  });
});

describe('an agent with two domain controllers', () => {
  it('waits for the one it knows, then reads the other completely, and what cannot be asked has not vanished', async () => {
    const [first, second, lab] = await Promise.all([
      startDirectory({ adminPassword: 'Both-know-it-1' }),
      startDirectory({ adminPassword: 'Both-know-it-1', generate: 20 }),
      AgentLab.start(),
    ]);
    // The embedded directory has one name only, and the same name with another database means a restore.
    const { store } = second.directory;
    Object.defineProperty(store, 'settingsDn', { value: store.settingsDn });
    Object.assign(store.names, { hostName: 'dc2.corp.example' });
    const world = await openDirectoryWorld(embeddedFixture(first));
    const user = await world.addUser();
    const agent = lab.startAgent(embeddedFixture(first), {
      urls: [first.ldaps, second.ldaps],
      ca: `${first.ca}\n${second.ca}`,
      patience: 'PT1.5S',
    });
    await lab.command('configure', journeyNeeds);
    await lab.until('import', () => lab.bodies('import-complete')[0]);
    const nowhere = '00112233445566778899aabbccddeeff';
    await lab.command('probe', { keys: [nowhere] });
    const vanished = await lab.until('vanished', () => lab.bodies('vanished')[0]);
    expect(vanished.keys).toEqual([nowhere]);
    await controlDirectory(second, 'POST', '/faults', { drop: true });
    await lab.command('probe', { keys: [nowhere, keyOf(user)] });
    await lab.until('a problem report', () =>
      lab.bodies('problem').find(({ message }) => message.includes('not all domain controllers')),
    );
    expect(lab.bodies('vanished')).toHaveLength(1);
    await controlDirectory(second, 'DELETE', '/faults');
    const since = lab.changes.length;
    await world.close();
    await first.stop();
    const away = await agent.untilSaid('the directory is away');
    const complete = await lab.until('another import', () => lab.bodies('import-complete')[1]);
    const back = await agent.untilSaid('the directory is back');
    expect(Date.parse(String(back['time'])) - Date.parse(String(away['time']))).toBeGreaterThanOrEqual(1_500);
    const told = lab.changes.slice(since);
    expect(new Set(told.map(({ set }) => set.import))).toEqual(new Set([complete.import]));
    expect(told.some(({ deleted }) => deleted === true)).toBe(false);
    expect(told.filter(({ dn }) => dn?.includes('OU=Generated')).length).toBe(20);
    const refusals = lab.bodies('problem').filter(({ code }) => code === 'LDAP_BEHIND');
    expect(refusals.map(({ message }) => message)).toEqual([
      expect.stringContaining('cannot be read from it'),
      expect.stringContaining('waiting was in vain'),
    ]);
    await lab.stop();
    await second.stop();
  });
});
