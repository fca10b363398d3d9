import { readFileSync, statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Attribute, Change, Client, Control } from 'ldapts';
import { readCa, type DirectoryFacts } from '../laptop.ts';

/** One write: the object, and when the directory had answered (epoch ms). */
export interface Mark {
  readonly guid: string;
  readonly at: number;
}

export type Values = Readonly<Record<string, readonly string[] | readonly Buffer[]>>;
export type Entry = Readonly<Record<string, unknown>> & { readonly dn: string };

const binary = ['objectGUID', 'objectSid', 'mS-DS-ConsistencyGuid'];
const showDeleted = (): Control => new Control('1.2.840.113556.1.4.417', { critical: true });

/** An administrator at the directory, who notes when each write was answered. */
export class DirectoryClient {
  readonly #client: Client;
  readonly #facts: DirectoryFacts;

  private constructor(client: Client, facts: DirectoryFacts) {
    this.#client = client;
    this.#facts = facts;
  }

  static async open(facts: DirectoryFacts): Promise<DirectoryClient> {
    const tlsOptions = { ca: await readCa(facts), servername: facts.servername };
    const client = new Client({ url: facts.ldaps, tlsOptions, timeout: 30_000, connectTimeout: 10_000 });
    await client.bind(facts.admin.user, facts.admin.password);
    return new DirectoryClient(client, facts);
  }

  get baseDn(): string {
    return this.#facts.baseDn;
  }

  async add(dn: string, values: Values): Promise<void> {
    const attributes = Object.entries(values).map(
      ([type, list]) => new Attribute({ type, values: [...list] as string[] }),
    );
    await this.#client.add(dn, attributes);
  }

  async replace(dn: string, values: Values): Promise<void> {
    await this.#modify(dn, 'replace', values);
  }

  async addValue(dn: string, type: string, value: string): Promise<void> {
    await this.#modify(dn, 'add', { [type]: [value] });
  }

  async removeValue(dn: string, type: string, value: string): Promise<void> {
    await this.#modify(dn, 'delete', { [type]: [value] });
  }

  async rename(dn: string, newName: string): Promise<void> {
    await this.#client.modifyDN(dn, newName);
  }

  async delete(dn: string): Promise<void> {
    await this.#client.del(dn);
  }

  /** Brings a tombstone back; named by its own DN, since Samba's undelete fails on an object named by GUID. */
  async undelete(guid: string, dn: string): Promise<void> {
    const options = { scope: 'base' as const, attributes: ['isDeleted'] };
    const { searchEntries } = await this.#client.search(`<GUID=${guidText(guid)}>`, options, showDeleted());
    const tombstone = searchEntries[0]?.dn;
    if (tombstone === undefined) throw new Error(`the directory keeps no tombstone of ${dn}`);
    const changes = [
      new Change({ operation: 'delete', modification: new Attribute({ type: 'isDeleted', values: [] }) }),
      new Change({
        operation: 'replace',
        modification: new Attribute({ type: 'distinguishedName', values: [dn] }),
      }),
    ];
    await this.#client.modify(tombstone, changes, showDeleted());
  }

  /** Runs one write and says when it was answered: by the directory's own log where there is one, else by this clock. */
  async timed(guid: string | (() => Promise<string>), write: () => Promise<void>): Promise<Mark> {
    const { log } = this.#facts;
    const logged = log === null ? 0 : statSync(log).size;
    await write();
    const answered = performance.timeOrigin + performance.now();
    const known = typeof guid === 'string' ? guid : await guid();
    return { guid: known, at: log === null ? answered : await readLogged(log, logged, known) };
  }

  async guidOf(dn: string): Promise<string> {
    const options = { scope: 'base' as const, attributes: ['objectGUID'], explicitBufferAttributes: binary };
    const { searchEntries } = await this.#client.search(dn, options);
    const guid = searchEntries[0]?.['objectGUID'];
    if (!Buffer.isBuffer(guid)) throw new Error(`${dn} has no objectGUID`);
    return guid.toString('hex');
  }

  /** The last part of the security identifier. */
  async relativeIdOf(dn: string): Promise<string> {
    const options = { scope: 'base' as const, attributes: ['objectSid'], explicitBufferAttributes: binary };
    const { searchEntries } = await this.#client.search(dn, options);
    const sid = searchEntries[0]?.['objectSid'];
    if (!Buffer.isBuffer(sid)) throw new Error(`${dn} has no objectSid`);
    return String(sid.readUInt32LE(sid.length - 4));
  }

  async dnOf(filter: string): Promise<string> {
    const { searchEntries } = await this.#client.search(this.baseDn, { filter, attributes: ['1.1'] });
    const dn = searchEntries[0]?.dn;
    if (dn === undefined) throw new Error(`nothing in the directory is ${filter}`);
    return dn;
  }

  /** All users and groups below; whole member lists, whatever range the directory answers with. */
  async readAll(base: string): Promise<readonly Entry[]> {
    const { searchEntries } = await this.#client.search(base, {
      filter: '(&(|(objectClass=user)(objectClass=group))(!(objectClass=computer)))',
      attributes: ['*'],
      explicitBufferAttributes: binary,
      paged: { pageSize: 200 },
    });
    return Promise.all(searchEntries.map((entry) => this.#wholeMembers(entry)));
  }

  async #wholeMembers(entry: Entry): Promise<Entry> {
    const members = [...textsOf(entry, 'member')];
    let range = rangeOf(entry);
    while (range !== undefined) {
      members.push(...textsOf(range.entry, range.name));
      if (range.last === '*') break;
      const attributes = [`member;range=${Number(range.last) + 1}-*`];
      const { searchEntries } = await this.#client.search(entry.dn, { scope: 'base', attributes });
      range = searchEntries[0] === undefined ? undefined : rangeOf(searchEntries[0]);
    }
    return { ...entry, member: members };
  }

  async #modify(dn: string, operation: 'add' | 'delete' | 'replace', values: Values): Promise<void> {
    const changes = Object.entries(values).map(
      ([type, list]) =>
        new Change({ operation, modification: new Attribute({ type, values: [...list] as string[] }) }),
    );
    await this.#client.modify(dn, changes);
  }

  async close(): Promise<void> {
    await this.#client.unbind().catch(() => undefined);
  }
}

/** The values of an attribute as texts; one value comes as itself, none as nothing or as an empty list. */
export function textsOf(entry: Entry, name: string): readonly string[] {
  const value = entry[name];
  if (value === undefined) return [];
  return (Array.isArray(value) ? value : [value]).map(String);
}

function rangeOf(entry: Entry): { entry: Entry; name: string; last: string } | undefined {
  for (const name of Object.keys(entry)) {
    const last = /^member;range=\d+-(\d+|\*)$/.exec(name)?.[1];
    if (last !== undefined) return { entry, name, last };
  }
  return undefined;
}

/** The directory appends its line right after the answer, so that it may come a moment later than the answer. */
async function readLogged(log: string, from: number, guid: string): Promise<number> {
  const deadline = Date.now() + 2_000;
  while (Date.now() < deadline) {
    const lines = readFileSync(log).subarray(from).toString('utf8').split('\n').slice(0, -1);
    const own = lines.findLast((line) => line.includes(`"guid":"${guidText(guid)}"`));
    if (own !== undefined) return (JSON.parse(own) as { readonly at: number }).at;
    await sleep(2);
  }
  throw new Error(`the directory has not logged its write to ${guidText(guid)}`);
}

/** The text form, whose first three groups are numbers of the least byte first. */
export function guidText(hex: string): string {
  const bytes = Buffer.from(hex, 'hex');
  for (const [from, to] of [
    [0, 4],
    [4, 6],
    [6, 8],
  ])
    bytes.subarray(from, to).reverse();
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
