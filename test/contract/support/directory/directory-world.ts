import type { ConnectionOptions } from 'node:tls';

import { Attribute, Change, Client } from 'ldapts';

import { dirSync, matchesNothing, type DirSyncAnswer, type DirSyncOptions } from './dir-sync.ts';
import { openEntryStream, type EntryStream, type SentEntry } from './entry-stream.ts';
import type { Account, DirectoryFixture } from './fixture.ts';

export type Values = Readonly<Record<string, string | readonly string[] | Buffer>>;

export interface CreatedObject {
  readonly dn: string;
  readonly guid: Buffer;
  /** sAMAccountName where it has one. */
  readonly account: string;
}

/** What a case works with: an organizational unit of its own, an administrator's clients, and ways to make objects. */
export interface DirectoryWorld {
  readonly fixture: DirectoryFixture;
  readonly admin: Client;
  readonly stream: EntryStream;
  readonly ou: string;
  /** A name that no other case uses. */
  name(prefix: string): string;
  /** A client that verifies the server and is closed after the case; not bound yet. */
  connect(url?: string): Client;
  /** The same over LDAPS, with other ideas of whom to trust. */
  connectWith(tlsOptions: ConnectionOptions): Client;
  connectAs(account: Pick<Account, 'user' | 'password'>): Promise<Client>;
  streamAs(account: Pick<Account, 'user' | 'password'>): Promise<EntryStream>;
  addOu(name: string): Promise<CreatedObject>;
  addUser(values?: Values, parent?: string): Promise<CreatedObject>;
  addGroup(values?: Values): Promise<CreatedObject>;
  modify(
    dn: string,
    operation: 'add' | 'delete' | 'replace',
    type: string,
    values?: readonly (Buffer | string)[],
  ): Promise<void>;
  read(dn: string, attributes: readonly string[]): Promise<SentEntry>;
  dirSync(options?: DirSyncOptions): Promise<DirSyncAnswer>;
  /** What DirSync reports of this case's objects for the writes that `work` does. */
  changesOf(work: () => Promise<unknown>, options?: DirSyncOptions): Promise<readonly SentEntry[]>;
}

interface OpenWorld extends DirectoryWorld {
  close(): Promise<void>;
}

let caseCount = 0;

export async function openDirectoryWorld(fixture: DirectoryFixture): Promise<OpenWorld> {
  caseCount += 1;
  const prefix = `c${caseCount}`;
  let nameCount = 0;
  const clients: Client[] = [];
  const streams: EntryStream[] = [];
  const name = (kind: string) => `${prefix}-${kind}${++nameCount}`;
  const connect = (url = fixture.ldapsUrl) => {
    const isTls = url.startsWith('ldaps:');
    const client = new Client({ url, timeout: 20_000, ...(isTls && { tlsOptions: fixture.tls }) });
    clients.push(client);
    return client;
  };
  const connectWith = (tlsOptions: ConnectionOptions) => {
    const client = new Client({ url: fixture.ldapsUrl, timeout: 20_000, tlsOptions });
    clients.push(client);
    return client;
  };
  const connectAs = async ({ user, password }: Pick<Account, 'user' | 'password'>) => {
    const client = connect();
    await client.bind(user, password);
    return client;
  };
  const streamAs = async (account: Pick<Account, 'user' | 'password'>) => {
    const stream = await openEntryStream(fixture, account);
    streams.push(stream);
    return stream;
  };
  const admin = await connectAs(fixture.admin);
  const stream = await streamAs(fixture.admin);
  const ou = `OU=${prefix},${fixture.baseDn}`;

  const read = async (dn: string, attributes: readonly string[]) => {
    const found: SentEntry[] = [];
    const result = await stream.search({
      base: dn,
      scope: 'base',
      attributes,
      onEntry: (entry) => found.push(entry),
    });
    const entry = found[0];
    if (result.code !== 0 || entry === undefined)
      throw Object.assign(new Error(result.message), { code: result.code });
    return entry;
  };
  const add = async (dn: string, values: Values) => {
    const attributes = Object.entries(values).map(
      ([type, value]) => new Attribute({ type, values: listed(value) }),
    );
    await admin.add(dn, attributes);
    const { attributes: sent } = await read(dn, ['objectGUID', 'sAMAccountName']);
    return {
      dn,
      guid: sent.get('objectGUID')?.[0] as Buffer,
      account: String(sent.get('sAMAccountName')?.[0] ?? ''),
    };
  };
  const sync = (options: DirSyncOptions = {}) => dirSync(stream, fixture.baseDn, options);

  await add(ou, { objectClass: ['organizationalUnit'] });
  return {
    fixture,
    admin,
    stream,
    ou,
    name,
    connect,
    connectWith,
    connectAs,
    streamAs,
    read,
    addOu: (ouName) => add(`OU=${ouName},${ou}`, { objectClass: ['organizationalUnit'] }),
    addUser: (values = {}, parent = ou) => {
      const account = name('u');
      return add(`CN=${account},${parent}`, { objectClass: ['user'], sAMAccountName: account, ...values });
    },
    addGroup: (values = {}) => {
      const account = name('g');
      return add(`CN=${account},${ou}`, { objectClass: ['group'], sAMAccountName: account, ...values });
    },
    async modify(dn, operation, type, values = []) {
      const modification = new Attribute({ type, values: listed(values) });
      await admin.modify(dn, new Change({ operation, modification }));
    },
    dirSync: sync,
    async changesOf(work, options = {}) {
      const { cookie } = await sync({ filter: matchesNothing });
      await work();
      return (await sync({ ...options, cookie })).entries;
    },
    async close() {
      for (const open of streams) open.close();
      for (const client of clients) await client.unbind().catch(() => undefined);
    },
  };
}

/** ldapts sends either texts or bytes; one byte value makes all of them bytes. */
function listed(value: Buffer | string | readonly (Buffer | string)[]): string[] | Buffer[] {
  const values = typeof value === 'string' || Buffer.isBuffer(value) ? [value] : [...value];
  if (values.every((item) => typeof item === 'string')) return values;
  return values.map((item) => Buffer.from(item as string));
}
