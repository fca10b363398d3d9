import {
  openDirectoryWorld,
  type CreatedObject,
  type DirectoryWorld,
  type Values,
} from '../../contract/support/directory/directory-world.ts';
import type { DirectoryFixture } from '../../contract/support/directory/fixture.ts';
import { AgentLab, journeyNeeds, type SeenChange } from '../agent-lab.ts';
import type { AgentProcess } from '../support/agent-process.ts';
import { keyOf } from '../support/key-of.ts';

/** A test that makes something happen and looks at what is told. */
export type Journey = (title: string, run: (stage: JourneyStage) => Promise<void>) => void;

/** What was in the directory before the agent came. */
interface Populated {
  readonly ou: CreatedObject;
  readonly boss: CreatedObject;
  readonly user: CreatedObject;
  readonly group: CreatedObject;
  readonly outer: CreatedObject;
}

/** A directory, and an agent that has told all that it found there. */
export class JourneyStage {
  readonly fixture: DirectoryFixture;
  readonly world: DirectoryWorld;
  readonly lab: AgentLab;
  readonly before: Populated;
  /** Whoever stops it starts the next one. */
  agent: AgentProcess;

  private constructor(
    fixture: DirectoryFixture,
    world: DirectoryWorld,
    lab: AgentLab,
    before: Populated,
    agent: AgentProcess,
  ) {
    this.fixture = fixture;
    this.world = world;
    this.lab = lab;
    this.before = before;
    this.agent = agent;
  }

  /** @param started takes what is to be released at the end, also where this fails half-way. */
  static async open(
    makeFixture: () => Promise<DirectoryFixture>,
    started: (() => Promise<void>)[],
  ): Promise<JourneyStage> {
    const [fixture, lab] = await Promise.all([makeFixture(), AgentLab.start()]);
    started.push(
      () => fixture.stop(),
      () => lab.stop(),
    );
    const world = await openDirectoryWorld(fixture);
    started.push(() => world.close());
    const before = await populate(world);
    const agent = lab.startAgent(fixture);
    await agent.untilSaid('waiting for "configure"');
    await lab.command('configure', {
      ...journeyNeeds,
      containers: [before.ou.dn, `OU=nobody,${fixture.baseDn}`],
    });
    await lab.until('import-complete', () => lab.bodies('import-complete')[0]);
    return new JourneyStage(fixture, world, lab, before, agent);
  }

  /** What is told about an object because of `work`. */
  readonly told = async (
    object: CreatedObject,
    work: () => Promise<unknown>,
    is: (change: SeenChange) => boolean,
  ): Promise<SeenChange> => {
    const since = this.lab.changes.length;
    await work();
    return this.lab.change(object.dn, keyOf(object), is, since);
  };

  readonly addUser = async (values: Values = {}, parent?: string): Promise<CreatedObject> => {
    const user = await this.world.addUser(values, parent);
    await this.lab.change(user.dn, keyOf(user), ({ whole }) => whole !== undefined);
    return user;
  };

  readonly addGroup = async (values: Values = {}): Promise<CreatedObject> => {
    const group = await this.world.addGroup(values);
    await this.lab.change(group.dn, keyOf(group), ({ whole }) => whole !== undefined);
    return group;
  };
}

async function populate(world: DirectoryWorld): Promise<Populated> {
  const { guid } = await worldOu(world);
  const boss = await world.addUser({ displayName: 'Boss' });
  const user = await world.addUser({
    displayName: 'Émile Zola',
    title: 'Clerk',
    manager: boss.dn,
    'mS-DS-ConsistencyGuid': Buffer.from('00ff10', 'hex'),
  });
  const group = await world.addGroup({ member: user.dn });
  const outer = await world.addGroup({ member: group.dn });
  return { ou: { dn: world.ou, guid, account: '' }, boss, user, group, outer };
}

async function worldOu(world: DirectoryWorld): Promise<{ guid: Buffer }> {
  const { attributes } = await world.read(world.ou, ['objectGUID']);
  return { guid: attributes.get('objectGUID')?.[0] as Buffer };
}
