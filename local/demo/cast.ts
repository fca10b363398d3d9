import { guidText } from './directory-client.ts';
import { groupDn } from './seed-directory.ts';
import { firstWithoutReports, personAt, type Person } from './people.ts';
import type { World } from './world.ts';

/** So many accounts are deleted at once. */
export const stormSize = 30;
/** Those of the story and those of the storm must be different people without reports. */
export const usersMin = 40;

/** Some living object of the directory. */
export interface Place {
  readonly dn: string;
  readonly guid: string;
  readonly anchor: string;
}

/** Wherever the person stands now: units are renamed. */
export async function findPerson(world: World, { attributes, consistencyGuid }: Person): Promise<Place> {
  const dn = await world.client.dnOf(`(sAMAccountName=${attributes['sAMAccountName'] ?? ''})`);
  const guid = await world.client.guidOf(dn);
  return { dn, guid, anchor: (consistencyGuid ?? Buffer.from(guid, 'hex')).toString('base64') };
}

export async function findGroup(world: World, cn: string): Promise<Place> {
  const dn = groupDn(world.client, cn);
  const guid = await world.client.guidOf(dn);
  return { dn, guid, anchor: guid };
}

/** Ordinary people, enabled and for ever, to whom nobody reports, the one who is hired neither. */
function cast(users: number): readonly Person[] {
  const isPlain = ({ attributes, consistencyGuid }: Person): boolean =>
    attributes['userAccountControl'] === '544' &&
    attributes['accountExpires'] === undefined &&
    consistencyGuid === null;
  return withoutReports(users).filter(isPlain);
}

function withoutReports(users: number): readonly Person[] {
  const all = Array.from({ length: users }, (_, index) => personAt(index));
  return all.slice(firstWithoutReports(users + 1));
}

export type Part = 'title' | 'leaver' | 'member' | 'deleted';
const parts: readonly Part[] = ['title', 'leaver', 'member', 'deleted'];

export function actor(world: World, part: Part): Person {
  const person = cast(world.users)[parts.indexOf(part)];
  if (person === undefined) throw new Error(`the demo needs ${usersMin} users at least`);
  return person;
}

/** The last of the company, but those who play a part before. */
export function stormVictims(world: World): readonly Person[] {
  const playing = new Set(parts.map((part) => actor(world, part).index));
  const free = withoutReports(world.users).filter(({ index }) => !playing.has(index));
  if (free.length < stormSize) throw new Error(`the demo needs ${usersMin} users at least`);
  return free.slice(-stormSize);
}

/** How the product names an object of the directory. */
export const keyOf = (guid: string): string => guidText(guid).replaceAll('-', '');
