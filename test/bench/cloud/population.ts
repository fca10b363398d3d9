import type { ObjectChange } from '../../../shared/contracts/change-set.v1.ts';
import { groupRead, keyOf, userRead } from '../../e2e/support/relay.ts';
import { seededRandom } from './seeded-random.ts';

export interface PopulationSize {
  readonly users: number;
  readonly groups: number;
  readonly memberships: number;
}

export interface Population {
  /** As an import reads them: in the order in which they were created, users and groups mixed. */
  readonly objects: readonly ObjectChange[];
  readonly managers: number;
  readonly memberships: number;
  /** Members of each group, the largest first. */
  readonly groupSizes: readonly number[];
  /** Writes that no way of using Graph gets below: one an object, one a manager, one for 20 members of a group. */
  readonly floor: number;
}

const membersPerWrite = 20;
/** A manager has so many people, who have people of their own. */
const span = 8;
/** How unequal groups are: the k-th largest has k to the minus this times the members of the largest. */
const skew = 0.9;

/** The same people and groups for a size on every machine. */
export function population(size: PopulationSize): Population {
  const random = seededRandom(20_261_123);
  const users = Array.from({ length: size.users }, (_, index) => user(index));
  const sizes = groupSizes(size);
  const groups = sizes.map((members, index) =>
    groupRead(`team-${index}`, sample(size.users, members, random).map(userName)),
  );
  const memberships = sizes.reduce((sum, members) => sum + members, 0);
  const managers = Math.max(0, size.users - 1);
  const memberWrites = sizes.reduce((sum, members) => sum + Math.ceil(members / membersPerWrite), 0);
  return {
    objects: shuffled([...users, ...groups], random),
    managers,
    memberships,
    groupSizes: sizes,
    floor: size.users + size.groups + managers + memberWrites,
  };
}

export const userName = (index: number): string => `person-${index}`;

function user(index: number): ObjectChange {
  const name = userName(index);
  const read = userRead(name, {
    givenName: ['Person'],
    sn: [`Number ${index}`],
    mail: [`${name}@contoso.com`],
    telephoneNumber: [`+1 555 ${String(index).padStart(7, '0')}`],
    title: [`Engineer ${index % 40}`],
    department: [`Department ${index % 25}`],
    company: ['Contoso'],
    physicalDeliveryOfficeName: [`Building ${index % 12}`],
    streetAddress: [`${index} Main Street`],
    l: ['Redmond'],
    st: ['WA'],
    postalCode: ['98052'],
    co: ['United States'],
    c: ['US'],
    employeeID: [String(100_000 + index)],
  });
  if (index === 0) return read;
  const manager = [{ r: keyOf(userName(Math.floor((index - 1) / span))) }];
  return { ...read, attributes: { ...read.attributes, manager } };
}

/** Zipf, scaled so that the sum is as asked for. */
function groupSizes({ groups, memberships, users }: PopulationSize): readonly number[] {
  const weights = Array.from({ length: groups }, (_, index) => (index + 1) ** -skew);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const sizes = weights.map((weight) => Math.min(users, Math.floor((weight / total) * memberships)));
  let left = memberships - sizes.reduce((sum, members) => sum + members, 0);
  for (let index = 0; left > 0; index = (index + 1) % groups) {
    const members = sizes[index] ?? 0;
    if (members >= users) continue;
    sizes[index] = members + 1;
    left -= 1;
  }
  return sizes;
}

/** `count` different numbers below `below`. */
function sample(below: number, count: number, random: () => number): readonly number[] {
  const chosen = new Set<number>();
  while (chosen.size < count) chosen.add(Math.floor(random() * below));
  return [...chosen];
}

function shuffled<T>(items: readonly T[], random: () => number): readonly T[] {
  const all = [...items];
  for (let at = all.length - 1; at > 0; at -= 1) {
    const other = Math.floor(random() * (at + 1));
    const [a, b] = [all[at], all[other]];
    if (a === undefined || b === undefined) continue;
    all[at] = b;
    all[other] = a;
  }
  return all;
}
