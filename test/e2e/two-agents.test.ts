import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startDirectory, type RunningDirectory } from '../../local/directory/start-directory.ts';
import { openDirectoryWorld, type DirectoryWorld } from '../contract/support/directory/directory-world.ts';
import { openDoor, type Door } from '../support/door.ts';
import { AgentLab, journeyNeeds, type SeenChange } from './agent-lab.ts';
import { AgentProcess } from './support/agent-process.ts';
import { controlDirectory } from './support/control-directory.ts';
import { embeddedFixture } from './support/embedded-fixture.ts';
import { keyOf } from './support/key-of.ts';

const generated = 2_500;
const patienceMs = 300_000;

/** Leadership of a connector passes from one agent to another in every way it can, and nothing is lost or undone. */
describe('two agents of one connector', () => {
  const started: (() => Promise<void>)[] = [];
  let running: RunningDirectory;
  let lab: AgentLab;
  let world: Awaited<ReturnType<typeof openDirectoryWorld>>;
  let door: Door;
  /** It reaches the broker through the door. */
  let early: AgentProcess;
  let late: AgentProcess;

  beforeAll(async () => {
    [running, lab] = await Promise.all([
      startDirectory({ generate: generated }),
      AgentLab.start({ lock: 'PT5S' }),
    ]);
    world = await openDirectoryWorld(embeddedFixture(running));
    started.push(
      () => running.stop(),
      () => lab.stop(),
      () => world.close(),
    );
    const { hostname: host, port } = new URL(
      lab.connectionString.replace(/^Endpoint=sb:(\/\/[^;/]+).*$/, 'http:$1'),
    );
    door = await openDoor({ host, port: Number(port) });
    started.push(
      () => door.shut(),
      () => early.kill(),
    );
  }, patienceMs);
  afterAll(async () => {
    for (const stop of started.reverse()) await stop();
  }, patienceMs);

  const startEarly = (): AgentProcess => {
    const connectionString = lab.connectionString.replace(/:\d+/, `:${door.port}`);
    const options = { name: 'relay-early', requestTimeout: 'PT60S' };
    return new AgentProcess({ folder: lab.folder, connectionString }, embeddedFixture(running), options);
  };
  const delay = (delayMs: number) => controlDirectory(running, 'POST', '/faults', { delayMs });
  const epochOf = ({ set }: SeenChange): number => set.version.epoch;
  const epochs = (since: number): Set<number> => new Set(lab.changes.slice(since).map(epochOf));
  const ledSince = async (agent: AgentProcess): Promise<number> =>
    Number((await agent.untilSaid('leading'))['epoch']);
  const times = (agent: AgentProcess, message: string): number =>
    agent.lines.filter((line) => String(line['msg']).startsWith(message)).length;

  it(
    'one that is stopped for longer than the lock, in the middle of an import, does no harm when it wakes',
    { timeout: patienceMs },
    async () => {
      // So slow that what is seen here is not far behind what it has read.
      await delay(60);
      early = startEarly();
      await early.untilSaid('leading');
      late = lab.startAgent(embeddedFixture(running), { name: 'relay-late' });
      await late.untilSaid('standby');
      await lab.command('configure', journeyNeeds);
      // The first windows have been accepted then, and are not read again.
      await lab.until('a part of the import', () => lab.changes.length > 1_000);
      early.process.kill('SIGSTOP');
      const before = lab.changes.length;
      const epoch = await ledSince(late);
      await delay(0);
      const complete = await lab.until('the end of the import', () => lab.bodies('import-complete')[0]);
      const woken = lab.messages.length;
      early.process.kill('SIGCONT');
      await early.untilSaid('leadership was lost');
      await early.untilSaid('standby');
      // One import, begun by the one and ended by the other; what the first had sent counts.
      expect(new Set(lab.changes.map(({ set }) => set.import))).toEqual(new Set([complete.import]));
      const counted = Object.values(complete.counts).reduce((sum, count) => sum + count, 0);
      expect(counted).toBe(new Set(lab.changes.map(({ key }) => key)).size);
      expect(counted).toBeGreaterThanOrEqual(generated);
      expect(lab.changes.length - before).toBeLessThan(generated);
      // Whatever it had still to say is older than all that the other one says, and it ends no import.
      const said = lab.messages
        .slice(woken)
        .filter(({ envelope }) => envelope.agent === 'relay-early' && envelope.epoch !== null);
      expect(said.filter(({ envelope }) => (envelope.epoch ?? 0) >= epoch)).toEqual([]);
      expect(lab.bodies('import-complete')).toHaveLength(1);
      expect(times(late, 'leading')).toBe(1);
    },
  );

  it(
    'one that is killed in the middle of a poll leaves the rest to the other',
    { timeout: patienceMs },
    async () => {
      const users = generatedUsers().slice(0, 400);
      const since = lab.changes.length;
      await delay(5);
      const write = async (): Promise<void> => {
        for (const { dn } of users) await world.modify(dn, 'replace', 'title', ['Killed']);
      };
      const written = write();
      await lab.until('a part of it', () => lab.changes.length - since > 100);
      await late.kill();
      await written;
      await delay(0);
      const told = () =>
        new Set(
          lab.changes.slice(since).flatMap(({ key, attributes }) => ('title' in attributes ? [key] : [])),
        );
      await lab.until('all of it', () => users.every(({ key }) => told().has(key)));
      expect(epochs(since).size).toBe(2);
      expect(times(early, 'leading')).toBe(2);
      expect(lab.bodies('import-complete')).toHaveLength(1);
    },
  );

  it(
    'what one had on its way when its network stalled counts as the older word that it is',
    { timeout: patienceMs },
    async () => {
      late = lab.startAgent(embeddedFixture(running), { name: 'relay-late-2' });
      await late.untilSaid('standby');
      const stored = times(early, 'the watermark is stored');
      const user = await world.addUser({ title: 'Nobody' });
      await lab.change('the user', keyOf(user), ({ whole }) => whole !== undefined);
      // Else it would wait for the broker with that, and not look at the directory any more.
      await expect
        .poll(() => times(early, 'the watermark is stored'), { timeout: 60_000 })
        .toBeGreaterThan(stored);
      const since = lab.changes.length;
      door.hold();
      await world.modify(user.dn, 'replace', 'title', ['First']);
      const epoch = await ledSince(late);
      await world.modify(user.dn, 'replace', 'title', ['Second']);
      const second = await lab.change('the second', keyOf(user), titled('Second'), since);
      expect(epochOf(second)).toBe(epoch);
      const released = lab.changes.length;
      door.release();
      const first = await lab.change('the first, late', keyOf(user), titled('First'), released);
      expect(epochOf(first)).toBeLessThan(epoch);
      await lab.until('the end of its term', () => times(early, 'leadership was lost') === 2);
      // Its watermark was not written: what the other has told is not told again.
      const again = lab.changes.length;
      expect(await late.stop()).toBe(0);
      await lab.until('the first leads again', () => times(early, 'leading') === 3);
      await world.modify(user.dn, 'replace', 'description', ['Third']);
      await lab.change('the third', keyOf(user), ({ attributes }) => 'description' in attributes, again);
      expect(lab.changes.slice(again).filter(titled('Second'))).toEqual([]);
      expect(lab.changes.slice(again).filter(titled('First'))).toEqual([]);
      expect(lab.bodies('import-complete')).toHaveLength(1);
      expect(lab.faults).toEqual([]);
    },
  );

  const titled =
    (title: string) =>
    ({ attributes }: Pick<SeenChange, 'attributes'>): boolean =>
      attributes['title']?.[0] === title;
  const generatedUsers = (): { key: string; dn: string }[] => [
    ...new Map(
      lab.changes.flatMap(({ key, dn }) =>
        dn?.includes('OU=Generated') === true ? [[key, { key, dn }] as const] : [],
      ),
    ).values(),
  ];
});

describe('an agent that is stopped in order', () => {
  it('hands leadership over without waiting for the lock to run out', { timeout: patienceMs }, async () => {
    const lock = 'PT5M';
    const [running, lab] = await Promise.all([startDirectory(), AgentLab.start({ lock })]);
    const world: DirectoryWorld & { close(): Promise<void> } = await openDirectoryWorld(
      embeddedFixture(running),
    );
    const first = lab.startAgent(embeddedFixture(running));
    await lab.command('configure', journeyNeeds);
    await lab.until('import', () => lab.bodies('import-complete')[0]);
    const second = lab.startAgent(embeddedFixture(running));
    await second.untilSaid('standby');
    expect(await first.stop()).toBe(0);
    // Far sooner than the lock, or this fails by its own deadline.
    await second.untilSaid('leading');
    const user = await world.addUser();
    await lab.change('a user', keyOf(user), ({ whole }) => whole !== undefined);
    expect(lab.bodies('import-complete')).toHaveLength(1);
    expect(lab.faults).toEqual([]);
    await world.close();
    await lab.stop();
    await running.stop();
  });
});
