import { PresenceFilter } from 'ldapts';
import { SyncError } from '../../errors/sync-error.ts';
import { LdapConnection, type LdapEndpoint, type SearchParameters } from './ldap-connection.ts';
import { attributeOf, bytesOf, textOf, type LdapEntry } from './ldap-entry.ts';
import { resultCodeOf } from './ldap-errors.ts';

export interface DirectoryAccess {
  /** In order of preference. */
  readonly urls: readonly string[];
  readonly tls: LdapEndpoint['tls'];
  readonly user: string;
  readonly password: string;
  readonly timeoutMs: number;
}

/** Who answers: USNs and cookies mean something only together with the invocation id of the database behind them. */
export interface ControllerFacts {
  readonly url: string;
  /** A name may lead to several domain controllers: further connections go to this one. */
  readonly address: string | undefined;
  /** Name of the settings object, which no two domain controllers share. */
  readonly service: string;
  readonly server: string;
  /** Lower-case hex of the 16 bytes, as they lie in cookies and vectors. */
  readonly invocationId: string;
  readonly defaultNamingContext: string;
  readonly namingContexts: readonly string[];
  readonly highestUsn: bigint;
}

export const anyObject = new PresenceFilter({ attribute: 'objectClass' });
const noSuchObject = 32;

/** Connects, encrypts and binds. */
export async function connectController(
  access: DirectoryAccess,
  url: string,
  address?: string,
): Promise<LdapConnection> {
  const { tls, timeoutMs } = access;
  const connection = await LdapConnection.open({ url, address, tls, timeoutMs });
  try {
    await connection.bind(access.user, access.password);
    return connection;
  } catch (error) {
    connection.close();
    throw error;
  }
}

/** All entries of a search that is known to be small. */
export async function readEntries(
  connection: LdapConnection,
  parameters: SearchParameters,
): Promise<readonly LdapEntry[]> {
  const entries: LdapEntry[] = [];
  for await (const batch of connection.search(parameters).batches()) entries.push(...batch);
  return entries;
}

/** The object with this name (`<GUID=…>` too), or undefined where the server says that there is none. */
export async function readObject(
  connection: LdapConnection,
  base: string,
  attributes: readonly string[],
  options: Partial<Pick<SearchParameters, 'controls' | 'filter'>> = {},
): Promise<LdapEntry | undefined> {
  try {
    const entries = await readEntries(connection, {
      base,
      scope: 'base',
      filter: options.filter ?? anyObject,
      attributes,
      controls: options.controls ?? [],
      operation: 'the reading of one object',
    });
    return entries[0];
  } catch (error) {
    if (resultCodeOf(error) === noSuchObject) return undefined;
    throw error;
  }
}

/** Another connection to the domain controller of `facts`. @throws SyncError when somebody else answers. */
export async function connectSame(access: DirectoryAccess, facts: ControllerFacts): Promise<LdapConnection> {
  const connection = await connectController(access, facts.url, facts.address);
  try {
    const rootDse = await readObject(connection, '', ['dsServiceName']);
    if (required(rootDse, 'dsServiceName', connection) === facts.service) return connection;
  } catch (error) {
    connection.close();
    throw error;
  }
  connection.close();
  throw new SyncError(
    'LDAP_UNREACHABLE',
    `behind ${facts.url} more than one domain controller answers; name each by itself in directory.urls`,
    { context: { server: facts.server } },
  );
}

export async function readHighestUsn(connection: LdapConnection): Promise<bigint> {
  const rootDse = await readObject(connection, '', ['highestCommittedUSN']);
  return BigInt(required(rootDse, 'highestCommittedUSN', connection));
}

export async function readFacts(connection: LdapConnection, url: string): Promise<ControllerFacts> {
  const attributes = [
    'dsServiceName',
    'dnsHostName',
    'highestCommittedUSN',
    'defaultNamingContext',
    'namingContexts',
  ];
  const rootDse = await readObject(connection, '', attributes);
  const service = required(rootDse, 'dsServiceName', connection);
  const settings = await readObject(connection, service, ['invocationId']);
  const invocationId = settings === undefined ? undefined : bytesOf(settings, 'invocationid');
  if (invocationId === undefined) {
    throw new SyncError('LDAP_RIGHTS', `the bind account cannot read invocationId of ${connection.server}`, {
      context: { server: connection.server },
    });
  }
  const contexts = rootDse === undefined ? undefined : attributeOf(rootDse, 'namingcontexts');
  return {
    url,
    address: connection.address,
    service,
    server: (rootDse === undefined ? undefined : textOf(rootDse, 'dnshostname')) ?? connection.server,
    invocationId: invocationId.toString('hex'),
    defaultNamingContext: required(rootDse, 'defaultNamingContext', connection),
    namingContexts: (contexts?.values ?? []).map((value) => value.toString('utf8')),
    highestUsn: BigInt(required(rootDse, 'highestCommittedUSN', connection)),
  };
}

/**
 * Up to which USN of every other domain controller this one has the changes of the naming context, by invocation id;
 * null where it cannot be read. One that never heard of another shows none, which looks like a missing right: whoever must
 * not confuse them says so. Form of version 2 (MS-DRSR 5.209): version, reserved, count, reserved, then
 * invocation id, USN and time of last contact each.
 */
export async function readUpToDateVector(
  connection: LdapConnection,
  namingContext: string,
): Promise<ReadonlyMap<string, bigint> | null> {
  const head = await readObject(connection, namingContext, ['replUpToDateVector']);
  const bytes = head === undefined ? undefined : bytesOf(head, 'repluptodatevector');
  if (bytes === undefined || bytes.length < 16 || bytes.readUInt32LE(0) !== 2) return null;
  const vector = new Map<string, bigint>();
  const count = bytes.readUInt32LE(8);
  for (let i = 0, at = 16; i < count && at + 32 <= bytes.length; i += 1, at += 32) {
    vector.set(bytes.toString('hex', at, at + 16), bytes.readBigUInt64LE(at + 16));
  }
  return vector;
}

function required(entry: LdapEntry | undefined, name: string, connection: LdapConnection): string {
  const value = entry === undefined ? undefined : textOf(entry, name.toLowerCase());
  if (value !== undefined) return value;
  throw new SyncError(
    'LDAP_REFUSED',
    `${connection.server} does not show ${name}: is it a domain controller?`,
    {
      context: { server: connection.server, attribute: name },
    },
  );
}
