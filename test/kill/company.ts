import { guidText, type DirectoryClient } from '../../local/demo/directory-client.ts';
import { planGroups } from '../../local/demo/groups.ts';
import { personAt, type Person } from '../../local/demo/people.ts';
import { addPerson, company, dnOf, groupDn, seedDirectory } from '../../local/demo/seed-directory.ts';

/** A number that only grows: values that carry one can be told older from newer. */
export const marked = (name: string, number: number): string => `${name} ${String(number).padStart(6, '0')}`;

/** What may really change in the cloud, by name of a property as Graph counts it. */
export type Allowed = Map<string, number>;

interface Employee {
  dn: string;
  readonly person: Person;
  /** Source key. */
  readonly key: string;
  /** Source key. */
  manager: string | null;
  isDisabled: boolean;
}
interface Team {
  dn: string;
  /** Source key. */
  readonly key: string;
  readonly members: Set<string>;
}

/** Source key of a GUID as its bytes stand, and back: the text form has its first three groups the other way round. */
const keyOf = (hex: string): string => guidText(hex).replaceAll('-', '');

const securityGroup = '-2147483646';

/**
 * The directory of a run and all that is done to it. For each object it adds up how often which property may change in
 * the cloud: once for each change here. Many changes may become one, but none may become two.
 */
export class Company {
  readonly client: DirectoryClient;
  /** By source key. */
  readonly employees = new Map<string, Employee>();
  readonly teams = new Map<string, Team>();
  readonly #allowed = new Map<string, Allowed>();
  readonly #anchors = new Map<string, string>();
  readonly #names = new Map<string, string>();
  #people = 0;
  #mark = 0;

  constructor(client: DirectoryClient) {
    this.client = client;
  }

  get base(): string {
    return `${company},${this.client.baseDn}`;
  }

  allowed(key: string): ReadonlyMap<string, number> {
    return this.#allowed.get(key) ?? new Map<string, number>();
  }

  /** As the cloud knows it: immutable id of a user, unique name of a group. */
  anchorOf(key: string): string {
    return this.#anchors.get(key) ?? key;
  }

  nameOf(key: string): string {
    return this.#names.get(key) ?? key;
  }

  get known(): readonly string[] {
    return [...this.#allowed.keys()];
  }

  async seed(people: number): Promise<void> {
    await seedDirectory(this.client, people);
    this.#people = people;
    const keys = new Map<string, string>();
    for (const entry of await this.client.readAll(this.base)) {
      const key = keyOf((entry['objectGUID'] as Buffer).toString('hex'));
      keys.set(entry.dn.toLowerCase(), key);
    }
    const keyOfDn = (dn: string): string => {
      const key = keys.get(dn.toLowerCase());
      if (key === undefined) throw new Error(`${dn} was not made`);
      return key;
    };
    const keyAt = (index: number): string => keyOfDn(dnOf(this.client, personAt(index)));
    for (let index = 0; index < people; index += 1) {
      const person = personAt(index);
      this.#enter(person, keyAt(index), person.manager === null ? null : keyAt(person.manager));
    }
    for (const { cn, people: indexes, groups } of planGroups(people)) {
      const dn = groupDn(this.client, cn);
      const members = new Set([
        ...indexes.map(keyAt),
        ...groups.map((name) => keyOfDn(groupDn(this.client, name))),
      ]);
      this.#enterTeam(dn, keyOfDn(dn), members);
    }
    // One has the contractors as primary group, which makes a member twice over.
    for (const [key] of this.teams) this.#allow(key, 'members', 1);
  }

  /** To wait for it before it is written. */
  nextTitle(): string {
    return marked('Title', ++this.#mark);
  }

  async retitle(key: string, title = this.nextTitle()): Promise<string> {
    this.#allow(key, 'jobTitle');
    await this.client.replace(this.#employee(key).dn, { title: [title] });
    return title;
  }

  async redisplay(key: string): Promise<void> {
    this.#allow(key, 'displayName');
    await this.client.replace(this.#employee(key).dn, { displayName: [marked('Name', ++this.#mark)] });
  }

  /** The name in the directory; it is shown where there is no display name. */
  async rename(key: string): Promise<void> {
    const employee = this.#employee(key);
    const cn = marked('Renamed', ++this.#mark);
    this.#allow(key, 'displayName');
    await this.client.rename(employee.dn, `CN=${cn}`);
    employee.dn = employee.dn.replace(/^CN=(?:[^,\\]|\\.)+/, `CN=${cn}`);
  }

  async toggle(key: string): Promise<void> {
    const employee = this.#employee(key);
    employee.isDisabled = !employee.isDisabled;
    this.#allow(key, 'accountEnabled');
    await this.client.replace(employee.dn, { userAccountControl: [employee.isDisabled ? '546' : '544'] });
  }

  async assign(key: string, manager: string): Promise<void> {
    const employee = this.#employee(key);
    employee.manager = manager;
    this.#allow(key, 'manager');
    await this.client.replace(employee.dn, { manager: [this.#employee(manager).dn] });
  }

  /** Of whom `hire` makes next: it stands in the creation and nowhere else. */
  nextBadge(): string {
    return personAt(this.#people).attributes['employeeID'] ?? '';
  }

  /** @returns the new one's source key. */
  async hire(): Promise<string> {
    const person = { ...personAt(this.#people), manager: null };
    this.#people += 1;
    await addPerson(this.client, person);
    const key = keyOf(await this.client.guidOf(dnOf(this.client, person)));
    this.#enter(person, key, null);
    return key;
  }

  async dismiss(key: string): Promise<void> {
    const { dn } = this.#employee(key);
    this.employees.delete(key);
    this.#allow(key, 'deleted');
    this.#allow(key, 'accountEnabled');
    this.#forget(key);
    for (const other of this.employees.values()) {
      if (other.manager !== key) continue;
      other.manager = null;
      this.#allow(other.key, 'manager');
    }
    await this.client.delete(dn);
  }

  async found(members: readonly string[]): Promise<string> {
    const cn = marked('Team', ++this.#mark);
    const dn = groupDn(this.client, cn);
    const dns = members.map((key) => this.#employee(key).dn);
    await this.client.add(dn, {
      objectClass: ['group'],
      sAMAccountName: [cn.replace(' ', '')],
      groupType: [securityGroup],
      ...(dns.length === 0 ? {} : { member: dns }),
    });
    const key = keyOf(await this.client.guidOf(dn));
    this.#enterTeam(dn, key, new Set(members));
    return key;
  }

  async dissolve(team: string): Promise<void> {
    const { dn } = this.#team(team);
    this.teams.delete(team);
    this.#allow(team, 'deleted');
    this.#forget(team);
    await this.client.delete(dn);
  }

  async describe(team: string): Promise<void> {
    this.#allow(team, 'description');
    await this.client.replace(this.#team(team).dn, { description: [marked('About', ++this.#mark)] });
  }

  async join(team: string, key: string): Promise<void> {
    const { dn, members } = this.#team(team);
    if (members.has(key)) return;
    members.add(key);
    this.#allow(team, 'members');
    await this.client.addValue(dn, 'member', this.#employee(key).dn);
  }

  async leave(team: string, key: string): Promise<void> {
    const { dn, members } = this.#team(team);
    if (!members.delete(key)) return;
    this.#allow(team, 'members');
    await this.client.removeValue(dn, 'member', this.#employee(key).dn);
  }

  #forget(key: string): void {
    for (const [team, { members }] of this.teams) if (members.delete(key)) this.#allow(team, 'members');
  }

  #enter(person: Person, key: string, manager: string | null): void {
    const isDisabled = person.attributes['userAccountControl'] === '546';
    const dn = dnOf(this.client, person);
    this.employees.set(key, { dn, person, key, manager, isDisabled });
    this.#names.set(key, person.cn);
    const anchor = person.consistencyGuid ?? Buffer.from(keyOf(key), 'hex');
    this.#anchors.set(key, anchor.toString('base64'));
    this.#allow(key, 'created');
    if (manager !== null) this.#allow(key, 'manager');
  }

  #enterTeam(dn: string, key: string, members: Set<string>): void {
    this.teams.set(key, { dn, key, members });
    this.#names.set(key, dn);
    this.#anchors.set(key, keyOf(key));
    this.#allow(key, 'created');
    this.#allow(key, 'members', members.size);
  }

  #allow(key: string, property: string, times = 1): void {
    const allowed: Allowed = this.#allowed.get(key) ?? new Map<string, number>();
    this.#allowed.set(key, allowed.set(property, (allowed.get(property) ?? 0) + times));
  }

  #employee(key: string): Employee {
    const employee = this.employees.get(key);
    if (employee === undefined) throw new Error(`${key} works here no more`);
    return employee;
  }

  #team(key: string): Team {
    const team = this.teams.get(key);
    if (team === undefined) throw new Error(`there is no team ${key}`);
    return team;
  }
}
