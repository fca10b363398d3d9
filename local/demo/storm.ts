import { setTimeout as sleep } from 'node:timers/promises';
import type { Mark } from './directory-client.ts';
import { findPerson, keyOf, stormSize, stormVictims, type Place } from './cast.ts';
import type { Picture } from './picture.ts';
import { findEffect, type Played, type Stage, type StepResult } from './stage.ts';
import type { World } from './world.ts';

/** Of the 21 that rules/demo.yaml lets go in a day, the story has spent one. */
const budgetLeft = 20;

type Victim = Place & { readonly cause: Mark };

/** Thirty deletions at once: so many go as the budget has left, the others are held until a person decides. */
export async function playStorm(
  world: World,
  stage: Stage,
  tell: (result: StepResult, latency?: string) => void,
  doing: (name: string) => void,
): Promise<void> {
  doing('delete storm');
  const before = await world.expected();
  const victims: Victim[] = [];
  const storm = await stage.play(`delete storm (${stormSize})`, async () => {
    const places = await Promise.all(stormVictims(world).map((person) => findPerson(world, person)));
    for (const place of places)
      victims.push({
        ...place,
        cause: await world.client.timed(place.guid, () => world.client.delete(place.dn)),
      });
    return {
      effects: [],
      touched: victims.map(({ anchor }) => anchor),
      noticed: () => decided(world, victims, before),
    };
  });
  const holds = await listHolds(world);
  const { ids } = await world.cloud.state();
  const held = victims.filter(
    (victim) => findEffect(storm.entries, ids, { ...victim, change: 'deleted' }) === undefined,
  );
  const deleted = victims.length - held.length;
  const missing = [...storm.missing];
  if (deleted !== budgetLeft) missing.push(`${deleted} were deleted, ${budgetLeft} of the budget were left`);
  if (!sameKeys(held, holds))
    missing.push(`${held.length} are held, but "dirbridge holds list" shows ${holds.length} others`);
  // Thirty at once tell of throughput, not of latency: they stay out of the median.
  tell(
    { ...storm, missing, written: `${deleted} deleted, ${held.length} held` },
    'see: dirbridge holds list',
  );
  await decide(world, stage, held, holds, before, tell, doing);
}

async function decide(
  world: World,
  stage: Stage,
  held: readonly Victim[],
  holds: readonly Hold[],
  before: Picture,
  tell: (result: StepResult) => void,
  doing: (name: string) => void,
): Promise<void> {
  const [first] = holds;
  const chosen = held.find(({ guid }) => keyOf(guid) === first?.key);
  if (first === undefined || chosen === undefined) return;
  doing('approve');
  const rest = held.filter((victim) => victim !== chosen);
  world.keep(new Set(rest.map(({ anchor }) => anchor)), before);
  const approved = await stage.play('one approved', async () => {
    const at = performance.timeOrigin + performance.now();
    await command(world, 'holds', 'approve', first.hash, '--yes');
    return { effects: [{ cause: { guid: chosen.guid, at }, anchor: chosen.anchor, change: 'deleted' }] };
  });
  // Counted from the start of the command, so no measure of the product alone.
  tell({ ...approved, latencies: [] });
  doing('reject');
  const rejected = await stage.play(`${rest.length} rejected`, async (): Promise<Played> => {
    await command(world, 'holds', 'reject', '--all', '--yes');
    return { effects: [] };
  });
  const left = await listHolds(world);
  tell({
    ...rejected,
    missing: left.length === 0 ? rejected.missing : [...rejected.missing, `${left.length} are still held`],
  });
}

/** Each is deleted or held; what is neither after the time is found out by the comparison. */
async function decided(world: World, victims: readonly Victim[], before: Picture): Promise<boolean> {
  const deadline = Date.now() + 30_000;
  while (Date.now() < deadline) {
    const { picture } = await world.cloud.state();
    const present = victims.filter(({ anchor }) => picture.has(anchor));
    world.keep(new Set(present.map(({ anchor }) => anchor)), before);
    if (present.length <= stormSize - budgetLeft && sameKeys(present, await listHolds(world))) return true;
    await sleep(100);
  }
  return false;
}

interface Hold {
  readonly hash: string;
  readonly key: string;
  readonly status: string;
}

async function listHolds(world: World): Promise<readonly Hold[]> {
  const { holds } = JSON.parse(await command(world, 'holds', 'list', '--json')) as { holds: readonly Hold[] };
  return holds.filter(({ status }) => status === 'held');
}

function sameKeys(victims: readonly Victim[], holds: readonly Hold[]): boolean {
  const keys = new Set(holds.map(({ key }) => key));
  return victims.length === keys.size && victims.every(({ guid }) => keys.has(keyOf(guid)));
}

async function command(world: World, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await world.laptop.command(...args);
  if (code !== 0)
    throw new Error(`dirbridge ${args.join(' ')} ended with ${code}: ${`${stderr}${stdout}`.trim()}`);
  return stdout;
}
