import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  openDirectoryWorld,
  type CreatedObject,
  type DirectoryWorld,
} from '../contract/support/directory/directory-world.ts';
import { journeyNeeds, type SeenChange } from './agent-lab.ts';
import type { AgentProcess } from './support/agent-process.ts';
import { openAgentStage, type AgentStage } from './support/agent-stage.ts';
import { controlDirectory } from './support/control-directory.ts';
import { keyOf } from './support/key-of.ts';

describe('an agent that begins while people work', () => {
  it('misses nothing that is created between its first look and the end of its import', async () => {
    const stage = await openAgentStage();
    const { lab, running, fixture } = stage;
    const world = await openDirectoryWorld(fixture);
    await controlDirectory(running, 'POST', '/faults', { delayMs: 30 });
    lab.startAgent(fixture);
    await lab.command('configure', journeyNeeds);
    const hired: Promise<CreatedObject>[] = [];
    const done = lab.until('import', () => lab.bodies('import-complete')[0]);
    while (lab.bodies('import-complete').length === 0) {
      hired.push(world.addUser());
      await Promise.race([done, hired.at(-1)]);
    }
    await controlDirectory(running, 'DELETE', '/faults');
    for (const user of await Promise.all(hired))
      await lab.change('a hire', keyOf(user), ({ whole }) => whole !== undefined);
    expect(hired.length).toBeGreaterThan(5);
    await world.close();
    await stage.stop();
  });
});

describe('an agent whose import is refused half-way', () => {
  let stage: AgentStage;
  beforeAll(async () => {
    stage = await openAgentStage({ generate: 600 });
  });
  afterAll(() => stage.stop());

  it('names it in its heartbeats although polls are answered, until the import moves', async () => {
    const troubled = (since: number) =>
      stage.lab
        .bodies('heartbeat')
        .slice(since)
        .map(({ troubles }) => (troubles ?? []).map(({ code }) => code));
    await controlDirectory(stage.running, 'POST', '/faults', { refusePages: true });
    stage.lab.startAgent(stage.fixture);
    await stage.lab.command('configure', journeyNeeds);
    await stage.lab.until('named', () => troubled(0).some((codes) => codes.length > 0));
    expect(stage.lab.bodies('import-complete')).toEqual([]);
    const before = stage.lab.bodies('heartbeat').length;
    await controlDirectory(stage.running, 'POST', '/faults', { refusePages: false });
    await stage.lab.until('import', () => stage.lab.bodies('import-complete')[0]);
    await stage.lab.until('over', () => troubled(before).at(-1)?.length === 0);
  });
});

describe('an agent with much to tell', () => {
  let stage: AgentStage;
  let world: DirectoryWorld & { close(): Promise<void> };
  let agent: AgentProcess;
  const generated = 1_600;
  beforeAll(async () => {
    stage = await openAgentStage({ generate: generated });
    world = await openDirectoryWorld(stage.fixture);
  });
  afterAll(async () => {
    await world.close();
    await stage.stop();
  });

  it('resumes a first import after a kill where the broker had accepted it', async () => {
    const { lab, running, fixture } = stage;
    await controlDirectory(running, 'POST', '/faults', { delayMs: 12 });
    agent = lab.startAgent(fixture);
    await lab.command('configure', journeyNeeds);
    await lab.until('a part of the import', () => lab.changes.length > 500);
    await agent.kill();
    await controlDirectory(running, 'DELETE', '/faults');
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
    await controlDirectory(running, 'POST', '/faults', { delayMs: 12 });
    await lab.command('full-import', { reason: 'first' });
    await lab.until('a part of it', () => lab.changes.length - since > 300);
    await lab.command('full-import', { reason: 'second' });
    await lab.until('a part of the second', () => new Set(lab.changes.map(({ set }) => set.import)).size > 2);
    await controlDirectory(running, 'DELETE', '/faults');
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
    await controlDirectory(running, 'POST', '/faults', { delayMs: 10 });
    await lab.command('refresh', { requests: [{ key: long?.key ?? '' }] });
    const open = () => lab.bodies('problem').find(({ code }) => code === 'LIST_OPEN');
    for (let at = 0; open() === undefined && at < 1_000; at += 1)
      await world.modify(dn, 'replace', 'description', [`change ${at}`]);
    await controlDirectory(running, 'DELETE', '/faults');
    expect(open()).toMatchObject({ key: long?.key, attribute: 'member' });
    expect(lab.bodies('list-complete').length).toBe(lists);
    await lab.until('a heartbeat that names it', () => lastTroubles().includes('LIST_OPEN'));
    await world.admin.del(dn);
    await lab.until('a heartbeat without it', () => !lastTroubles().includes('LIST_OPEN'));

    function lastTroubles(): readonly string[] {
      return (
        lab
          .bodies('heartbeat')
          .at(-1)
          ?.troubles?.map(({ code }) => code) ?? []
      );
    }
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
