import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sambaAvailability } from '../../local/samba/samba-availability.ts';
import { AgentLab, journeyNeeds } from '../e2e/agent-lab.ts';
import type { AgentProcess } from '../e2e/support/agent-process.ts';
import { openPairStage, type PairStage, type Person } from './support/pair-stage.ts';

const availability = sambaAvailability();
const patienceMs = 300_000;

/** Two real domain controllers of one domain. Nothing replicates between them but by command, so each can lag at will. */
describe('Samba: two domain controllers', () => {
  const started: (() => Promise<void>)[] = [];
  let stage: PairStage;
  let lab: AgentLab;
  let agent: AgentProcess;
  let anna: Person;
  let bert: Person;

  beforeAll(async () => {
    if (!availability.available) return;
    [stage, lab] = await Promise.all([openPairStage(), AgentLab.start()]);
    started.push(
      () => stage.stop(),
      () => lab.stop(),
    );
    const { first, second } = stage;
    [anna, bert] = [await first.add('anna', { title: 'Clerk' }), await first.add('bert')];
    // Once in each direction: a domain controller that never heard of the other has no vector at all.
    await second.controller.pullFrom(first.controller);
    await first.controller.pullFrom(second.controller);
    await second.controller.pullFrom(first.controller);
    agent = lab.startAgent(stage.fixture, { urls: [first.url, second.url] });
    await lab.command('configure', journeyNeeds);
    await lab.until('import', () => lab.bodies('import-complete')[0]);
  }, patienceMs);
  afterAll(async () => {
    for (const stop of started.reverse()) await stop();
  }, patienceMs);

  const onSamba = (title: string, run: () => Promise<void>) =>
    it(title, { timeout: patienceMs }, async (context) => {
      if (!availability.available) context.skip(availability.cause);
      await run();
      expect(lab.faults).toEqual([]);
      expect(lab.bodies('vanished')).toEqual([]);
      expect(lab.bodies('import-complete')).toHaveLength(1);
    });
  const refusals = () => lab.bodies('problem').filter(({ code }) => code === 'LDAP_BEHIND');
  const titlesOf = (person: Person, since: number) =>
    lab.changes
      .slice(since)
      .flatMap(({ key, attributes }) => (key === person.key ? (attributes['title'] ?? []) : []));
  const titled = (person: Person, title: string, since: number) =>
    lab.change(title, person.key, ({ attributes }) => attributes['title']?.[0] === title, since);
  const readsFrom = (server: string, since: number) =>
    lab.until(`a watermark of ${server}`, () =>
      lab.messages.slice(since).some(({ envelope, body }) => {
        const { watermarks } = body as { watermarks?: readonly { server: string }[] };
        return envelope.kind === 'heartbeat' && watermarks?.[0]?.server === server;
      }),
    );

  onSamba(
    'goes on at once with the other that has everything, though writes elsewhere moved the numbers',
    async () => {
      const { first, second } = stage;
      const [since, heard] = [lab.changes.length, lab.messages.length];
      const stored = () => agent.lines.filter(({ msg }) => msg === 'the watermark is stored').length;
      const before = stored();
      await first.set(anna, 'title', 'Cook');
      await titled(anna, 'Cook', since);
      await expect.poll(stored, { timeout: 60_000 }).toBeGreaterThan(before);
      await second.controller.pullFrom(first.controller);
      await first.addElsewhere('Atlantis');
      await first.door.shut();
      await readsFrom('dc2.corp.example', heard);
      await second.set(bert, 'title', 'Baker');
      await titled(bert, 'Baker', since);
      expect(refusals()).toEqual([]);
      expect(new Set(titlesOf(anna, since))).toEqual(new Set(['Cook']));
    },
  );

  onSamba('refuses one that lacks what was told, says so, and takes it once it has caught up', async () => {
    const { first, second } = stage;
    const [since, heard] = [lab.changes.length, lab.messages.length];
    await second.set(anna, 'title', 'Captain');
    await titled(anna, 'Captain', since);
    await second.door.shut();
    await first.door.open();
    const [problem] = await lab.until('a problem report', () =>
      refusals().length > 0 ? refusals() : undefined,
    );
    expect(problem?.message).toContain('dc1.corp.example lacks changes that dc2.corp.example told already');
    expect(await agent.untilSaid('dc1.corp.example lacks changes')).toMatchObject({ code: 'LDAP_BEHIND' });
    // Changed where the agent may not read yet.
    await first.set(bert, 'title', 'Builder');
    const told = lab.changes.length;
    await first.controller.pullFrom(second.controller);
    await titled(bert, 'Builder', told);
    await readsFrom('dc1.corp.example', heard);
    expect(titlesOf(anna, since).every((title) => title === 'Captain')).toBe(true);
    expect(refusals()).toHaveLength(1);
  });

  onSamba('an object that came back is not deleted by one that has not heard of it', async () => {
    const { first, second } = stage;
    const since = lab.changes.length;
    await first.delete(bert);
    await lab.change('the deletion', bert.key, ({ deleted }) => deleted === true, since);
    await second.controller.pullFrom(first.controller);
    await first.undelete(bert);
    const back = await lab.change('its return', bert.key, ({ whole }) => whole !== undefined, since);
    expect(back.deleted).toBe(false);
    const told = lab.changes.length;
    await first.door.shut();
    await second.door.open();
    await lab.until('a second refusal', () => refusals().length === 2);
    await second.set(anna, 'title', 'Admiral');
    await second.controller.pullFrom(first.controller);
    await titled(anna, 'Admiral', told);
    expect(lab.changes.slice(told).some(({ deleted }) => deleted === true)).toBe(false);
  });

  onSamba('an object that is deleted stays so, though one that lags still shows it', async () => {
    const { first, second } = stage;
    await first.controller.pullFrom(second.controller);
    const since = lab.changes.length;
    await second.delete(bert);
    await lab.change('the deletion', bert.key, ({ deleted }) => deleted === true, since);
    const told = lab.changes.length;
    await second.door.shut();
    await first.door.open();
    await lab.until('a third refusal', () => refusals().length === 3);
    await first.set(anna, 'title', 'Pilot');
    await first.controller.pullFrom(second.controller);
    await titled(anna, 'Pilot', told);
    const later = lab.changes.slice(told).filter(({ key }) => key === bert.key);
    expect(later.filter(({ deleted }) => deleted !== true)).toEqual([]);
    expect(await agent.stop()).toBe(0);
  });
});

describe('Samba: a domain controller that goes back in time', () => {
  const started: (() => Promise<void>)[] = [];
  let stage: PairStage;
  let lab: AgentLab;
  let agent: AgentProcess;
  let count = 0;

  beforeAll(async () => {
    if (!availability.available) return;
    [stage, lab] = await Promise.all([openPairStage(), AgentLab.start()]);
    started.push(
      () => stage.stop(),
      () => lab.stop(),
    );
    await stage.first.add('early');
    agent = lab.startAgent(stage.fixture, { urls: [stage.first.url] });
    await lab.command('configure', journeyNeeds);
    await lab.until('import', () => lab.bodies('import-complete')[0]);
  }, patienceMs);
  afterAll(async () => {
    for (const stop of started.reverse()) await stop();
  }, patienceMs);

  const cases = [
    { what: 'a snapshot is put back', isRenewed: false, writes: 0 },
    { what: 'a snapshot is put back and more is written than was lost', isRenewed: false, writes: 30 },
    { what: 'a backup is restored as it should be, under a new invocation id', isRenewed: true, writes: 0 },
  ] as const;
  it.for(cases)(
    'everything is read again when $what, and nothing is deleted or disabled',
    { timeout: patienceMs },
    async ({ isRenewed, writes }, context) => {
      if (!availability.available) context.skip(availability.cause);
      const { first } = stage;
      const { controller, door } = first;
      const [imports, problems] = [lab.bodies('import-complete').length, lab.bodies('problem').length];
      const name = (text: string) => `${text}${++count}`;
      const kept = await first.add(name('kept'), { userAccountControl: '544' });
      await lab.change('one that stays', kept.key, ({ whole }) => whole !== undefined);
      await door.shut();
      await controller.stop();
      const putBack = await controller.snapshot();
      await controller.start();
      await door.open();
      const lost = await first.add(name('lost'));
      await lab.change('one that is lost', lost.key, ({ whole }) => whole !== undefined);
      for (let at = 0; at < 5; at += 1) await first.set(kept, 'title', `Title ${at}`);
      await lab.change(
        'the last title',
        kept.key,
        ({ attributes }) => attributes['title']?.[0] === 'Title 4',
      );
      await door.shut();
      await controller.stop();
      await putBack();
      await controller.start();
      if (isRenewed) await controller.renewInvocationId();
      for (let at = 0; at < writes; at += 1) await first.set(kept, 'description', `later ${at}`);
      const since = lab.changes.length;
      await door.open();
      await lab.until('another import', () => lab.bodies('import-complete')[imports]);
      const told = lab
        .bodies('problem')
        .slice(problems)
        .map(({ code }) => code);
      expect(told.filter((code) => code !== 'LDAP_UNREACHABLE')).toEqual(['USN_ROLLBACK']);
      const again = lab.changes.slice(since);
      expect(again.some(({ key, whole }) => key === kept.key && whole !== undefined)).toBe(true);
      expect(again.filter(({ deleted }) => deleted === true)).toEqual([]);
      expect(again.filter(({ key }) => key === lost.key)).toEqual([]);
      const controls = again.flatMap(({ key, attributes }) =>
        key === kept.key ? (attributes['userAccountControl'] ?? []) : [],
      );
      expect(new Set(controls)).toEqual(new Set(['544']));
      const after = await first.add(name('after'));
      await lab.change('one that comes afterwards', after.key, ({ whole }) => whole !== undefined);
      expect(lab.bodies('vanished')).toEqual([]);
      expect(lab.faults).toEqual([]);
      expect(agent.process.exitCode).toBeNull();
    },
  );
});
