import { randomBytes } from 'node:crypto';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createSecureContext, createServer as createTlsServer } from 'node:tls';
import type { Directory } from './carry-out.ts';
import { startControlServer } from './control/control-server.ts';
import { noFaults } from './control/faults.ts';
import { LdapConnection } from './ldap-connection.ts';
import type { WriteRecord } from './operations/operation-context.ts';
import { Access } from './store/access.ts';
import { createAccount, type Account } from './store/create-account.ts';
import { generateUsers } from './store/generate-users.ts';
import { seedDomain } from './store/seed-domain.ts';
import { makeServerCertificate } from './tls/certificate.ts';
import { WriteLog } from './write-log.ts';

export interface DirectoryOptions {
  /** 0 takes a free one; the same for the others. */
  readonly port?: number;
  readonly tlsPort?: number;
  readonly controlPort?: number;
  readonly domain?: string;
  readonly adminPassword?: string;
  /** Users to make before the start. */
  readonly generate?: number;
  /** File for one line per write. */
  readonly log?: string;
  /** Objects in one DirSync answer at most. */
  readonly dirSyncPage?: number;
  /** Takes simple binds without TLS. */
  readonly allowPlainBind?: boolean;
}

export interface RunningDirectory {
  readonly port: number;
  readonly ldap: string;
  readonly ldaps: string;
  /** Base address of the HTTP interface for rights and faults. */
  readonly control: string;
  /** Certificate of the authority, PEM. */
  readonly ca: string;
  readonly servername: string;
  readonly baseDn: string;
  readonly admin: { readonly user: string; readonly password: string };
  readonly directory: Directory;
  /** An ordinary account that may bind and read; grants come by `control`. */
  createAccount(name: string): Account;
  grantDeletedObjectsRead(name: string): void;
  stop(): Promise<void>;
}

const LOOPBACK = '127.0.0.1';

/** Starts a fresh domain; everything is in memory and gone with `stop`. */
export async function startDirectory(options: DirectoryOptions = {}): Promise<RunningDirectory> {
  const { domain = 'corp.example', adminPassword = `Aa1!${randomBytes(12).toString('base64url')}` } = options;
  const now = Date.now();
  const store = seedDomain({ domain, adminPassword, now });
  generateUsers(store, options.generate ?? 0, now);
  const directory: Directory = {
    store,
    access: new Access(),
    faults: noFaults(),
    allowsPlainBind: options.allowPlainBind ?? false,
    dirSyncPage: options.dirSyncPage ?? 1000,
  };
  const log = options.log === undefined ? undefined : new WriteLog(options.log);
  const connections = new Set<LdapConnection>();
  const onWrites = (records: readonly WriteRecord[]) => {
    log?.append(records, performance.timeOrigin + performance.now());
    for (const record of records) for (const connection of connections) connection.notify(record);
  };
  const { ca, cert, key } = makeServerCertificate(['localhost', store.names.hostName], [LOOPBACK], now);
  const secureContext = createSecureContext({ cert, key });
  const accept = (socket: Socket, isEncrypted: boolean) => {
    const connection = new LdapConnection(socket, { directory, secureContext, isEncrypted, onWrites });
    connections.add(connection);
    socket.once('close', () => connections.delete(connection));
  };
  const plain = createServer((socket) => accept(socket, false));
  const secure = createTlsServer({ cert, key }, (socket) => accept(socket, true));
  // A client that does not trust the certificate breaks off the handshake.
  secure.on('tlsClientError', () => undefined);
  const port = await listen(plain, options.port ?? 0);
  const tlsPort = await listen(secure, options.tlsPort ?? 0);
  const disconnect = () => connections.forEach((connection) => connection.close());
  const control = await startControlServer(directory, disconnect, options.controlPort ?? 0);
  return {
    port,
    ldap: `ldap://${LOOPBACK}:${port}`,
    ldaps: `ldaps://${LOOPBACK}:${tlsPort}`,
    control: control.url,
    ca,
    servername: 'localhost',
    baseDn: store.names.baseDn,
    admin: { user: `administrator@${domain}`, password: adminPassword },
    directory,
    createAccount: (name) => createAccount(store, name, Date.now()),
    grantDeletedObjectsRead: (name) => {
      const account = store.byAccountName(name);
      if (account === undefined) throw new Error(`there is no account ${name}`);
      directory.access.deletedObjectsReaders.add(account);
    },
    stop: async () => {
      disconnect();
      await Promise.all([close(plain), close(secure), control.stop()]);
    },
  };
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, LOOPBACK, () => resolve((server.address() as AddressInfo).port));
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}
