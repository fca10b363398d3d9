import type { DirectoryClient, Values } from './directory-client.ts';
import { planGroups } from './groups.ts';
import { personAt, units, type Person } from './people.ts';

export const company = 'OU=Contoso';
const securityGroup = '-2147483646';
const mailList = '2';

export interface Seeded {
  readonly users: number;
  readonly groups: number;
}

/** Makes the company in an empty domain: people, groups, and what no synchronization should touch. */
export async function seedDirectory(client: DirectoryClient, count: number): Promise<Seeded> {
  const base = `${company},${client.baseDn}`;
  await client.add(base, { objectClass: ['organizationalUnit'] });
  for (const unit of [...units, 'Groups', 'System'])
    await client.add(`OU=${unit},${base}`, { objectClass: ['organizationalUnit'] });
  const people = Array.from({ length: count }, (_, index) => personAt(index));
  for (const person of people) await addPerson(client, person);
  const groups = planGroups(count);
  for (const group of groups) {
    const members = [
      ...group.people.map((index) => dnOf(client, personAt(index))),
      ...group.groups.map((cn) => groupDn(client, cn)),
    ];
    await client.add(groupDn(client, group.cn), {
      objectClass: ['group'],
      sAMAccountName: [group.account],
      groupType: [securityGroup],
      ...(group.description === null ? {} : { description: [group.description] }),
      ...(members.length === 0 ? {} : { member: members }),
    });
  }
  await makePrimary(
    client,
    planGroups(count)
      .find((group) => group.cn === 'Contractors')
      ?.people.at(-1),
  );
  await addForeign(client, base);
  return { users: count, groups: groups.length };
}

/** A contractor whose primary group is the contractors': such a membership is in no member list. */
async function makePrimary(client: DirectoryClient, index: number | undefined): Promise<void> {
  if (index === undefined) return;
  const primaryGroupID = await client.relativeIdOf(groupDn(client, 'Contractors'));
  await client.replace(dnOf(client, personAt(index)), { primaryGroupID: [primaryGroupID] });
}

export async function addPerson(client: DirectoryClient, person: Person): Promise<void> {
  await client.add(dnOf(client, person), { objectClass: [person.objectClass], ...valuesOf(client, person) });
}

/** Everything but the class; also what a restored object has to be given again. */
export function valuesOf(client: DirectoryClient, person: Person): Values {
  const values = Object.entries(person.attributes).map(([name, value]) => [name, [value]] as const);
  const { manager, consistencyGuid } = person;
  return {
    ...Object.fromEntries(values),
    ...(manager === null ? {} : { manager: [dnOf(client, personAt(manager))] }),
    ...(consistencyGuid === null ? {} : { 'mS-DS-ConsistencyGuid': [consistencyGuid] }),
  };
}

export const dnOf = (client: DirectoryClient, person: Person): string =>
  `CN=${person.cn},OU=${person.unit},${company},${client.baseDn}`;

export const groupDn = (client: DirectoryClient, cn: string): string =>
  `CN=${cn},OU=Groups,${company},${client.baseDn}`;

/** Inside the scope of the rules, but left out by default: nothing of it may reach the cloud. */
async function addForeign(client: DirectoryClient, base: string): Promise<void> {
  const system = `OU=System,${base}`;
  const account = (cn: string, name: string, more: Values = {}): Promise<void> =>
    client.add(`CN=${cn},${system}`, {
      objectClass: ['user'],
      sAMAccountName: [name],
      userAccountControl: ['546'],
      ...more,
    });
  await account('Connect account', 'MSOL_8a3f5c0be712');
  await account('Cloud sync account', 'AAD_42d1c7');
  await account('System mailbox', 'SM_1f05a927', { mailNickname: ['SystemMailbox{1f05a927-0001}'] });
  await account('Client access', 'CAS_{9b21e0d7f3}');
  await client.add(`CN=Newsletter,${system}`, {
    objectClass: ['group'],
    sAMAccountName: ['Newsletter'],
    groupType: [mailList],
  });
  await client.add(`CN=PC-0815,${system}`, {
    objectClass: ['computer'],
    sAMAccountName: ['PC-0815$'],
    userAccountControl: ['4096'],
  });
  await client.add(`CN=Supplier,${system}`, { objectClass: ['contact'], mail: ['sales@supplier.example'] });
}
