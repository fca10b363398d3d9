import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { randomUUID } from 'node:crypto';
import type { Directory } from '../carry-out.ts';
import { findAttribute } from '../schema/schema.ts';
import type { DirectoryObject } from '../store/directory-object.ts';
import { createAccount } from '../store/create-account.ts';
import { noFaults } from './faults.ts';

type Body = Readonly<Record<string, unknown>>;

interface ControlContext {
  readonly directory: Directory;
  readonly disconnect: () => void;
}

class BadCall extends Error {}

/** What a test does to the directory beside LDAP: rights of accounts, and misbehaviour. README.md lists the calls. */
const calls: Readonly<Record<string, (context: ControlContext, body: Body) => unknown>> = {
  'GET /': ({ directory }) => ({
    highestCommittedUSN: directory.store.highestUsn,
    invocationId: directory.store.invocationId,
    faults: { ...directory.faults, busy: String(directory.faults.busy), drop: String(directory.faults.drop) },
  }),
  'POST /accounts': ({ directory }, body) => {
    const name = body['account'];
    if (typeof name !== 'string') throw new BadCall('`account` must be a name');
    if (directory.store.byAccountName(name) !== undefined)
      throw new BadCall(`there is an account ${name} already`);
    return createAccount(directory.store, name, Date.now());
  },
  'POST /grants/deleted-objects': ({ directory }, body) => {
    directory.access.deletedObjectsReaders.add(account(directory, body));
  },
  'DELETE /grants/deleted-objects': ({ directory }, body) => {
    directory.access.deletedObjectsReaders.delete(account(directory, body));
  },
  'POST /grants/replication': ({ directory }, body) => {
    directory.access.replicators.add(account(directory, body));
  },
  'POST /grants/write': ({ directory }, body) => {
    directory.access.allowWrite(account(directory, body), object(directory, body));
  },
  'POST /denials': ({ directory }, body) => {
    const denied = account(directory, body);
    if (typeof body['attribute'] === 'string') {
      const definition = findAttribute(body['attribute']);
      if (definition === undefined) throw new BadCall(`no attribute ${body['attribute']}`);
      directory.access.denyAttribute(denied, definition.key);
    } else directory.access.denySubtree(denied, object(directory, body));
  },
  'DELETE /denials': ({ directory }, body) => {
    directory.access.clearDenials(account(directory, body));
  },
  'POST /faults': ({ directory }, body) => {
    const { faults } = directory;
    if (typeof body['hang'] === 'boolean') faults.isHanging = body['hang'];
    if (typeof body['refuseCookies'] === 'boolean') faults.refusesCookies = body['refuseCookies'];
    if (typeof body['refusePages'] === 'boolean') faults.refusesPages = body['refusePages'];
    if (body['busy'] !== undefined) faults.busy = count(body['busy']);
    if (body['drop'] !== undefined) faults.drop = count(body['drop']);
    if (body['delayMs'] !== undefined) faults.delayMs = count(body['delayMs']);
  },
  'DELETE /faults': ({ directory }) => {
    Object.assign(directory.faults, noFaults());
  },
  'POST /disconnect': ({ disconnect }) => disconnect(),
  'POST /rollback': ({ directory: { store } }, body) => {
    const usn = store.highestUsn - count(body['by']);
    if (usn < 1) throw new BadCall('cannot go below 1');
    store.rollBack(usn);
    return { highestCommittedUSN: usn };
  },
  'POST /invocation-id': ({ directory: { store } }) => {
    store.setInvocationId(randomUUID());
    return { invocationId: store.invocationId };
  },
};

export async function startControlServer(
  directory: Directory,
  disconnect: () => void,
  port: number,
): Promise<{ readonly url: string; stop(): Promise<void> }> {
  const server = createServer((request, response) => {
    const reply = (status: number, body: unknown) => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(body ?? {}));
    };
    readBody(request)
      .then((body) => {
        const call = calls[`${request.method ?? ''} ${request.url ?? ''}`];
        if (call === undefined) reply(404, { error: 'no such call', calls: Object.keys(calls) });
        else reply(200, call({ directory, disconnect }, body));
      })
      .catch((error: unknown) => {
        const isBad = error instanceof BadCall || error instanceof SyntaxError;
        reply(isBad ? 400 : 500, { error: error instanceof Error ? error.message : 'unknown' });
      });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function readBody(request: IncomingMessage): Promise<Body> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  const body: unknown = text === '' ? {} : JSON.parse(text);
  if (typeof body !== 'object' || body === null) throw new BadCall('the body must be a JSON object');
  return body as Body;
}

function account(directory: Directory, body: Body): DirectoryObject {
  const name = body['account'];
  const found = typeof name === 'string' ? directory.store.byAccountName(name) : undefined;
  if (found === undefined) throw new BadCall('`account` must be the sAMAccountName of an account');
  return found;
}

function object(directory: Directory, body: Body): DirectoryObject {
  const dn = body['dn'];
  const found = typeof dn === 'string' ? directory.store.find(dn) : undefined;
  if (found === undefined || found === 'malformed') throw new BadCall('`dn` must name an object');
  return found;
}

/** A number, or true for "until switched off". */
function count(value: unknown): number {
  if (value === true) return Infinity;
  if (value === false) return 0;
  if (typeof value === 'number' && value >= 0) return value;
  throw new BadCall('expected a number or a boolean');
}
