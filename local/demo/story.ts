import { setTimeout as sleep } from 'node:timers/promises';
import { actor, findGroup, findPerson, type Place } from './cast.ts';
import { council, everyone } from './groups.ts';
import { personAt, type Person } from './people.ts';
import { addPerson, company, valuesOf } from './seed-directory.ts';
import type { Effect, Played, Stage, StepResult } from './stage.ts';
import { playStorm } from './storm.ts';
import type { World } from './world.ts';

type Step = (world: World) => Promise<Played>;

const titleChanges: Step = async (world) => {
  const { dn, guid, anchor } = await findPerson(world, actor(world, 'title'));
  const title = ['Head of Überraschungen'];
  const cause = await world.client.timed(guid, () => world.client.replace(dn, { title }));
  return { effects: [{ cause, anchor, change: 'jobTitle' }] };
};

const hire: Step = async (world) => {
  const { client } = world;
  const person = personAt(world.users);
  const find = async (): Promise<string> => (await findPerson(world, person)).guid;
  const added = await client.timed(find, () => addPerson(client, person));
  const { dn, anchor } = await findPerson(world, person);
  const effects: Effect[] = ['created', 'manager'].map((change) => ({ cause: added, anchor, change }));
  for (const cn of [everyone, person.unit]) {
    const group = await findGroup(world, cn);
    const cause = await client.timed(group.guid, () => client.addValue(group.dn, 'member', dn));
    effects.push({ cause, anchor: group.anchor, change: 'members' });
  }
  return { effects };
};

const leaver: Step = async (world) => {
  const { dn, guid, anchor } = await findPerson(world, actor(world, 'leaver'));
  const disable = (): Promise<void> => world.client.replace(dn, { userAccountControl: ['546'] });
  const cause = await world.client.timed(guid, disable);
  const changes = ['accountEnabled', 'signInSessionsValidFromDateTime'];
  return { effects: changes.map((change) => ({ cause, anchor, change })) };
};

const memberAdded: Step = async (world) => {
  const { dn } = await findPerson(world, actor(world, 'member'));
  const group = await findGroup(world, council);
  const cause = await world.client.timed(group.guid, () => world.client.addValue(group.dn, 'member', dn));
  return { effects: [{ cause, anchor: group.anchor, change: 'members' }] };
};

const memberRemoved: Step = async (world) => {
  const { dn } = await findPerson(world, actor(world, 'member'));
  const group = await findGroup(world, everyone);
  const cause = await world.client.timed(group.guid, () => world.client.removeValue(group.dn, 'member', dn));
  return { effects: [{ cause, anchor: group.anchor, change: 'members' }] };
};

/** No rule of the demo reads the place of an object: the whole unit moves, and nothing is to be written. */
const unitRenamed: Step = async (world) => {
  const { client, laptop } = world;
  const sent = async (): Promise<number> => {
    const queues = (await (await fetch(`${laptop.busAdmin}/queues`)).json()) as Record<
      string,
      { sent: number }
    >;
    return queues['changes']?.sent ?? 0;
  };
  const before = await sent();
  await client.rename(`OU=Sales,${company},${client.baseDn}`, 'OU=Sales EMEA');
  const noticed = async (): Promise<boolean> => {
    const deadline = Date.now() + 20_000;
    while (Date.now() < deadline) {
      if ((await sent()) > before) return true;
      await sleep(50);
    }
    return false;
  };
  return { effects: [], noticed };
};

const restoreWith = (person: Person, gone: Place, groups: readonly Place[]): Step => {
  return async (world) => {
    const { client } = world;
    const cause = await client.timed(gone.guid, () => client.undelete(gone.guid, gone.dn));
    // A directory without recycle bin keeps a tombstone's identity and little else: a person gives the rest back.
    await client.replace(gone.dn, valuesOf(client, person));
    for (const group of groups) await client.addValue(group.dn, 'member', gone.dn);
    return {
      effects: [{ cause, anchor: gone.anchor, change: 'restored' }],
      touched: groups.map(({ anchor }) => anchor),
    };
  };
};

export async function playStory(
  world: World,
  stage: Stage,
  tell: (result: StepResult, latency?: string) => void,
  doing: (name: string) => void,
): Promise<void> {
  const play = async (name: string, step: Step): Promise<void> => {
    doing(name);
    tell(await stage.play(name, () => step(world)));
  };
  await play('title changes', titleChanges);
  await play('hire', hire);
  await play('leaver', leaver);
  await play('member added', memberAdded);
  await play('member removed', memberRemoved);
  await play('unit renamed', unitRenamed);

  const person = actor(world, 'deleted');
  const gone = await findPerson(world, person);
  const groups = await groupsOf(world, gone.dn);
  await play('delete', async () => {
    const cause = await world.client.timed(gone.guid, () => world.client.delete(gone.dn));
    return { effects: [{ cause, anchor: gone.anchor, change: 'deleted' }] };
  });
  await play('restore', restoreWith(person, gone, groups));
  await playStorm(world, stage, tell, doing);
}

async function groupsOf(world: World, dn: string): Promise<readonly Place[]> {
  const all = await world.client.readAll(`OU=Groups,${company},${world.client.baseDn}`);
  const own = all.filter((group) => (group['member'] as readonly string[]).includes(dn));
  return own.map((group) => {
    const guid = (group['objectGUID'] as Buffer).toString('hex');
    return { dn: group.dn, guid, anchor: guid };
  });
}
