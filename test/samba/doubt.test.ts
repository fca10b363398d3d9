import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sambaAvailability } from '../../local/samba/samba-availability.ts';
import { AgentLab, journeyNeeds } from '../e2e/agent-lab.ts';
import type { AgentProcess } from '../e2e/support/agent-process.ts';
import { openPairStage, type PairStage, type Person } from './support/pair-stage.ts';

const availability = sambaAvailability();
const patienceMs = 300_000;

/** The one that told the latest is given up by a person; the other provably lacks something, until it has come there. */
describe('Samba: a domain controller that is read although it lags', () => {
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

  const marksSince = (since: number) => new Set(lab.changes.slice(since).map(({ set }) => set.inDoubt));
  const titled = (title: string, since: number) =>
    lab.change(title, anna.key, ({ attributes }) => attributes['title']?.[0] === title, since);
  const onSamba = (title: string, run: () => Promise<void>) =>
    it(title, { timeout: patienceMs }, async (context) => {
      if (!availability.available) context.skip(availability.cause);
      await run();
      expect(lab.faults).toEqual([]);
    });

  onSamba('marks all that it reads there, also after a restart', async () => {
    const { first, second } = stage;
    expect(marksSince(0)).toEqual(new Set([undefined]));
    await first.set(anna, 'title', 'Cook');
    await titled('Cook', 0);
    await first.door.shut();
    expect(await agent.stop()).toBe(0);
    const since = lab.changes.length;
    agent = lab.startAgent(stage.fixture, { urls: [second.url], patience: 'PT2S' });
    await lab.until('an import of the other', () => lab.bodies('import-complete')[1]);
    expect(await titled('Clerk', since)).toMatchObject({ set: { inDoubt: true } });
    expect(await agent.untilSaid('waiting was in vain')).toMatchObject({ code: 'LDAP_BEHIND' });
    await agent.kill();
    agent = lab.startAgent(stage.fixture, { urls: [second.url], patience: 'PT2S' });
    await agent.untilSaid('capturing');
    await second.delete(bert);
    await lab.change('a deletion', bert.key, ({ deleted }) => deleted === true, since);
    expect(marksSince(since)).toEqual(new Set([true]));
    expect(agent.said('the directory is away')).toBeUndefined();
    expect(lab.bodies('import-complete')).toHaveLength(2);
  });

  onSamba('reads everything again without the mark once it has what it lacked', async () => {
    const { first, second } = stage;
    await second.controller.pullFrom(first.controller);
    await agent.untilSaid('the directory is read without doubt again');
    const complete = await lab.until('a certain import', () => lab.bodies('import-complete')[2]);
    const again = lab.changes.filter(({ set }) => set.import === complete.import);
    expect(new Set(again.map(({ set }) => set.inDoubt))).toEqual(new Set([undefined]));
    expect(again.find(({ key }) => key === anna.key)?.attributes['title']).toEqual(['Cook']);
    const since = lab.changes.length;
    await second.set(anna, 'title', 'Captain');
    expect((await titled('Captain', since)).set.inDoubt).toBeUndefined();
    await lab.until('a heartbeat that does not name it any more', () => {
      const { troubles = [] } = lab.bodies('heartbeat').at(-1) ?? {};
      return troubles.every(({ message }) => !message.includes('in vain'));
    });
    expect(await agent.stop()).toBe(0);
  });
});
