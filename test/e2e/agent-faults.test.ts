import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startDirectory, type RunningDirectory } from '../../local/directory/start-directory.ts';
import {
  connectController,
  connectSame,
  readFacts,
  type DirectoryAccess,
} from '../../shared/adapters/active-directory/domain-controller.ts';
import { keyFromGuidBytes } from '../../shared/model/guid.ts';
import {
  openDirectoryWorld,
  type CreatedObject,
  type DirectoryWorld,
} from '../contract/support/directory/directory-world.ts';
import type { DirectoryFixture } from '../contract/support/directory/fixture.ts';
import { AgentLab, journeyNeeds, type AgentProcess, type SeenChange } from './agent-lab.ts';
import { describeAgentRefusals } from './agent-refusals.ts';

const keyOf = ({ guid }: CreatedObject): string => keyFromGuidBytes(guid);

function toFixture(running: RunningDirectory): DirectoryFixture {
  return {
    ldapUrl: running.ldap,
    ldapsUrl: running.ldaps,
    tls: { ca: running.ca, servername: running.servername },
    baseDn: running.baseDn,
    admin: running.admin,
    createDelegatedAccount: (name) => Promise.resolve(running.createAccount(name)),
    grantDeletedObjectsRead: (name) => {
      running.grantDeletedObjectsRead(name);
      return Promise.resolve();
    },
    stop: () => running.stop(),
  };
}

async function control(
  running: RunningDirectory,
  method: string,
  path: string,
  body: unknown = {},
): Promise<void> {
  const response = await fetch(`${running.control}${path}`, { method, body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
}

interface Stage {
  readonly running: RunningDirectory;
  readonly fixture: DirectoryFixture;
  readonly lab: AgentLab;
  stop(): Promise<void>;
}

async function openStage(options: { generate?: number; lock?: string } = {}): Promise<Stage> {
  const running = await startDirectory({ generate: options.generate ?? 0 });
  const lab = await AgentLab.start(options.lock === undefined ? {} : { lock: options.lock });
  return {
    running,
    fixture: toFixture(running),
    lab,
    async stop() {
      await lab.stop();
      await running.stop();
    },
  };
}

describeAgentRefusals('embedded directory', async () => toFixture(await startDirectory()));

describe('an agent whose surroundings fail', () => {
  let stage: Stage;
  let agent: AgentProcess;
  beforeAll(async () => {
    stage = await openStage({ lock: 'PT5S' });
    agent = stage.lab.startAgent(stage.fixture, { requestTimeout: 'PT1S' });
    await stage.lab.command('configure', journeyNeeds);
    await stage.lab.until('import', () => stage.lab.bodies('import-complete')[0]);
  });
  afterAll(async () => {
    await control(stage.running, 'DELETE', '/faults');
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
    await control(stage.running, 'POST', '/faults', { hang: true });
    const away = await agent.untilSaid('the directory is away');
    expect(away['code']).toBe('LDAP_TIMEOUT');
    await control(stage.running, 'POST', '/faults', { hang: false });
    await agent.untilSaid('the directory is back');
    await flows();
    expect([times('the directory is away'), times('the directory is back')]).toEqual([1, 1]);
  });

  it.each([
    { what: 'is busy', fault: { busy: 3 }, left: 'busy' as const },
    { what: 'drops connections', fault: { drop: 2 }, left: 'drop' as const },
  ])('goes on after a directory that $what', async ({ fault, left }) => {
    await control(stage.running, 'POST', '/faults', fault);
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
      async () => control(stage.running, 'POST', '/faults', { refuseCookies: true }),
      'COOKIE_REJECTED',
    ],
    [
      'its database was restored',
      async () => {
        await control(stage.running, 'POST', '/invocation-id');
        await control(stage.running, 'POST', '/disconnect');
      },
      'USN_ROLLBACK',
    ],
    [
      'it went back in time',
      async () => {
        await control(stage.running, 'POST', '/rollback', { by: 5 });
        await control(stage.running, 'POST', '/disconnect');
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
    await control(stage.running, 'DELETE', '/faults');
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
    const fixture = toFixture(running);
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
    const world = await openDirectoryWorld(toFixture(first));
    const user = await world.addUser();
    const agent = lab.startAgent(toFixture(first), {
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
    await control(second, 'POST', '/faults', { drop: true });
    await lab.command('probe', { keys: [nowhere, keyOf(user)] });
    await lab.until('a problem report', () =>
      lab.bodies('problem').find(({ message }) => message.includes('not all domain controllers')),
    );
    expect(lab.bodies('vanished')).toHaveLength(1);
    await control(second, 'DELETE', '/faults');
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

describe('an agent that begins while people work', () => {
  it('misses nothing that is created between its first look and the end of its import', async () => {
    const stage = await openStage();
    const { lab, running, fixture } = stage;
    const world = await openDirectoryWorld(fixture);
    await control(running, 'POST', '/faults', { delayMs: 30 });
    lab.startAgent(fixture);
    await lab.command('configure', journeyNeeds);
    const hired: Promise<CreatedObject>[] = [];
    const done = lab.until('import', () => lab.bodies('import-complete')[0]);
    while (lab.bodies('import-complete').length === 0) {
      hired.push(world.addUser());
      await Promise.race([done, hired.at(-1)]);
    }
    await control(running, 'DELETE', '/faults');
    for (const user of await Promise.all(hired))
      await lab.change('a hire', keyOf(user), ({ whole }) => whole !== undefined);
    expect(hired.length).toBeGreaterThan(5);
    await world.close();
    await stage.stop();
  });
});

describe('an agent whose import is refused half-way', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage({ generate: 600 });
  });
  afterAll(() => stage.stop());

  it('names it in its heartbeats although polls are answered, until the import moves', async () => {
    const troubled = (since: number) =>
      stage.lab
        .bodies('heartbeat')
        .slice(since)
        .map(({ troubles }) => (troubles ?? []).map(({ code }) => code));
    await control(stage.running, 'POST', '/faults', { refusePages: true });
    stage.lab.startAgent(stage.fixture);
    await stage.lab.command('configure', journeyNeeds);
    await stage.lab.until('named', () => troubled(0).some((codes) => codes.length > 0));
    expect(stage.lab.bodies('import-complete')).toEqual([]);
    const before = stage.lab.bodies('heartbeat').length;
    await control(stage.running, 'POST', '/faults', { refusePages: false });
    await stage.lab.until('import', () => stage.lab.bodies('import-complete')[0]);
    await stage.lab.until('over', () => troubled(before).at(-1)?.length === 0);
  });
});

describe('an agent with much to tell', () => {
  let stage: Stage;
  let world: DirectoryWorld & { close(): Promise<void> };
  let agent: AgentProcess;
  const generated = 1_600;
  beforeAll(async () => {
    stage = await openStage({ generate: generated });
    world = await openDirectoryWorld(stage.fixture);
  });
  afterAll(async () => {
    await world.close();
    await stage.stop();
  });

  it('resumes a first import after a kill where the broker had accepted it', async () => {
    const { lab, running, fixture } = stage;
    await control(running, 'POST', '/faults', { delayMs: 12 });
    agent = lab.startAgent(fixture);
    await lab.command('configure', journeyNeeds);
    await lab.until('a part of the import', () => lab.changes.length > 500);
    await agent.kill();
    await control(running, 'DELETE', '/faults');
    const first = lab.changes.length;
    agent = lab.startAgent(fixture);
    const complete = await lab.until('import-complete', () => lab.bodies('import-complete')[0]);
    const ids = new Set(lab.changes.map(({ set }) => set.import));
    expect([...ids]).toEqual([complete.import]);
    const keys = new Set(lab.changes.filter(({ class: name }) => name === 'user').map(({ key }) => key));
    expect(keys.size).toBeGreaterThanOrEqual(generated);
    const counted = Object.values(complete.counts).reduce((sum, count) => sum + count, 0);
    expect(counted).toBe(new Set(lab.changes.map(({ key }) => key)).size);
    // Only the window that had not been accepted was read twice.
    expect(lab.changes.length - first).toBeLessThan(generated - 300);
    expect(lab.changes.length).toBeLessThan(generated + 1_200);
  });

  it('an import that is asked for during another counts what carries its own id, and all of it', async () => {
    const { lab, running } = stage;
    const imports = lab.bodies('import-complete').length;
    const since = lab.changes.length;
    await control(running, 'POST', '/faults', { delayMs: 12 });
    await lab.command('full-import', { reason: 'first' });
    await lab.until('a part of it', () => lab.changes.length - since > 300);
    await lab.command('full-import', { reason: 'second' });
    await lab.until('a part of the second', () => new Set(lab.changes.map(({ set }) => set.import)).size > 2);
    await control(running, 'DELETE', '/faults');
    const complete = await lab.until('import-complete', () => lab.bodies('import-complete')[imports]);
    const own = lab.changes.filter(({ set }) => set.import === complete.import);
    const counted = Object.values(complete.counts).reduce((sum, count) => sum + count, 0);
    expect(new Set(own.map(({ key }) => key)).size).toBe(counted);
    expect(counted).toBeGreaterThan(generated);
    expect(lab.bodies('import-complete').length).toBe(imports + 1);
  });

  it('reads a member list in ranges and closes it', async () => {
    const { lab } = stage;
    const users = [
      ...new Map(
        lab.changes
          .filter((change) => change.dn?.includes('OU=Generated'))
          .map((change) => [change.key, change.dn ?? '']),
      ),
    ];
    const group = await world.addGroup();
    await lab.change('group', keyOf(group), ({ whole }) => whole !== undefined);
    const since = lab.changes.length;
    await world.modify(
      group.dn,
      'add',
      'member',
      users.map(([, dn]) => dn),
    );
    const told = () =>
      lab.changes
        .slice(since)
        .filter(({ key }) => key === keyOf(group))
        .flatMap(({ links }) => links?.['member']?.added ?? []);
    await lab.until('all members by DirSync', () => new Set(told()).size === users.length);
    await lab.command('refresh', { requests: [{ key: keyOf(group) }] });
    const closed = await lab.until('list-complete', () =>
      lab.bodies('list-complete').find(({ key, total }) => key === keyOf(group) && total > 0),
    );
    expect(closed.total).toBe(users.length);
    const listed = lab.changes.filter(
      ({ key, links }) => key === keyOf(group) && links?.['member']?.list?.n === closed.version.n,
    );
    expect(listed.length).toBeGreaterThan(1);
    expect(new Set(listed.flatMap(({ links }) => links?.['member']?.added ?? []))).toEqual(
      new Set(users.map(([key]) => key)),
    );
  });

  it('leaves a list open that changes all the time, and says so', async () => {
    const { lab, running } = stage;
    const long = lab.bodies('list-complete').find(({ total }) => total > 1_500);
    const dn = lab.changes.find(({ key, whole }) => key === long?.key && whole !== undefined)?.dn ?? '';
    const lists = lab.bodies('list-complete').length;
    await control(running, 'POST', '/faults', { delayMs: 10 });
    await lab.command('refresh', { requests: [{ key: long?.key ?? '' }] });
    const open = () => lab.bodies('problem').find(({ code }) => code === 'LIST_OPEN');
    for (let at = 0; open() === undefined && at < 1_000; at += 1)
      await world.modify(dn, 'replace', 'description', [`change ${at}`]);
    await control(running, 'DELETE', '/faults');
    expect(open()).toMatchObject({ key: long?.key, attribute: 'member' });
    expect(lab.bodies('list-complete').length).toBe(lists);
  });

  it('reads all values of an attribute that comes in ranges, and says what is too large to carry', async () => {
    const { lab } = stage;
    const addresses = (length: number, tail: string): string[] =>
      Array.from({ length }, (_, at) => `smtp:a${at}@${tail}example.com`);
    const many = await world.addUser({ proxyAddresses: addresses(1_600, '') });
    const large = await world.addUser({ title: 'Kept', proxyAddresses: addresses(2_000, 'x'.repeat(90)) });
    await lab.change('creation', keyOf(large), ({ whole }) => whole !== undefined);
    const since = lab.changes.length;
    await lab.command('refresh', {
      requests: [
        { key: keyOf(many) },
        { key: keyOf(many), attributes: ['proxyAddresses'] },
        { key: keyOf(large) },
      ],
    });
    const refused = await lab.change('large', keyOf(large), ({ whole }) => whole !== undefined, since);
    expect(refused).toMatchObject({ attributes: { title: ['Kept'] }, oversized: ['proxyAddresses'] });
    expect(refused.asked).not.toContain('proxyAddresses');
    const read = lab.changes.slice(since).filter(({ key }) => key === keyOf(many));
    expect(read.map(({ attributes }) => attributes['proxyAddresses']?.length)).toEqual([1_600, 1_600]);
    const problem = await lab.until('a problem report', () =>
      lab.bodies('problem').find(({ key }) => key === keyOf(large)),
    );
    expect(problem).toMatchObject({ code: 'OBJECT_TOO_LARGE', attribute: 'proxyAddresses' });
  });

  it('sends a storm by the bulk lane, but what is urgent live', async () => {
    const { lab, fixture } = stage;
    const [group, hidden] = [await world.addGroup(), await world.addUser()];
    await world.modify(group.dn, 'add', 'member', [hidden.dn]);
    await lab.change('member', keyOf(group), ({ links }) => links?.['member']?.added.length === 1);
    expect(await agent.stop()).toBe(0);
    // Told in one answer: the group's removal first, and far behind it the account that is a member all the same.
    const { attributes } = await world.read(group.dn, ['objectSid']);
    const sid = attributes.get('objectSid')?.[0] as Buffer;
    await world.modify(hidden.dn, 'replace', 'primaryGroupID', [String(sid.readUInt32LE(sid.length - 4))]);
    const users = [
      ...new Map(
        lab.changes
          .filter((change) => change.dn?.includes('OU=Generated'))
          .map((change) => [change.key, change.dn ?? '']),
      ),
    ].slice(0, 700);
    for (const [, dn] of users) await world.modify(dn, 'replace', 'title', ['Storm']);
    const [leaver, gone] = users;
    await world.modify(leaver?.[1] ?? '', 'replace', 'userAccountControl', ['514']);
    await world.admin.del(gone?.[1] ?? '');
    await world.modify(hidden.dn, 'replace', 'title', ['Last']);
    const since = lab.changes.length;
    agent = lab.startAgent(fixture);
    await lab.change(
      'the last of the storm',
      keyOf(hidden),
      ({ attributes }) => 'title' in attributes,
      since,
    );
    const isMember = ({ links }: SeenChange): boolean => links?.['member'] !== undefined;
    const change = await lab.change('hidden member', keyOf(group), isMember, since);
    expect(change.links?.['member']).toEqual({ added: [keyOf(hidden)], removed: [] });
    await lab.until('the storm', () => lab.changes.length - since >= users.length + 2);
    const own = new Set([keyOf(group), keyOf(hidden)]);
    const told = lab.changes.slice(since).filter(({ key }) => !own.has(key));
    const live = told.filter(({ queue }) => queue === 'changes').map(({ key }) => key);
    expect(new Set(live)).toEqual(new Set([leaver?.[0], gone?.[0]]));
    expect(new Set(told.map(({ key }) => key)).size).toBe(users.length);
    expect(lab.faults).toEqual([]);
  });
});
