import { randomUUID } from 'node:crypto';
import { TableClient, type TransactionAction } from '@azure/data-tables';
import { ServiceBusClient } from '@azure/service-bus';
import { Client, Control } from 'ldapts';
import { startChild } from '../../../local/children.ts';
import { readCa, type Laptop } from '../../../local/laptop.ts';
import { root } from '../../../local/product.ts';
import { dirSyncControl } from '../../../shared/adapters/active-directory/ldap-controls.ts';
import { partitions } from '../../../shared/model/partition.ts';
import type { SyncedPerson } from './synced-laptop.ts';

/** What each station of the way costs by itself, asked by its own client library and without any of our code between. */
export interface BareHops {
  /** Looking whether something was written, then what: one read of the root entry and one DirSync. */
  readonly directoryPoll: number[];
  /** From the call that sends to the message in the hands of who waits for the next session. */
  readonly sendAndReceive: number[];
  /** Six rows in one transaction. */
  readonly tableTransaction: number[];
  readonly graphPatch: number[];
}

export interface BareHopsLab {
  readonly times: BareHops;
  /** Each hop once. */
  measure(): Promise<void>;
  stop(): Promise<void>;
}

/** Takes its own broker: in the laptop's, the function app would take the messages. Tables and Graph are the laptop's. */
export async function openBareHops(laptop: Laptop, subject: SyncedPerson): Promise<BareHopsLab> {
  const broker = await startChild('bus', [process.execPath, 'local/bus/main.ts', '--connectors', 'corp'], {
    cwd: root,
  });
  const bus = new ServiceBusClient(String(broker.ready['connectionString']));
  const directory = await openDirectory(laptop);
  const table = await openTable(laptop);
  const patch = await openGraph(laptop, subject);
  const sender = bus.createSender('changes');
  const times: BareHops = { directoryPoll: [], sendAndReceive: [], tableTransaction: [], graphPatch: [] };
  let round = 0;
  return {
    times,
    async measure() {
      round += 1;
      times.directoryPoll.push(await timed(() => directory.poll()));
      times.sendAndReceive.push(await sendAndReceive(bus, sender, round));
      times.tableTransaction.push(await timed(() => table.submitTransaction(rows(round))));
      times.graphPatch.push(await timed(() => patch(round)));
    },
    async stop() {
      await directory.close();
      await sender.close().catch(() => undefined);
      await bus.close().catch(() => undefined);
      await broker.stop();
    },
  };
}

async function timed(act: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await act();
  return performance.now() - began;
}

async function sendAndReceive(
  bus: ServiceBusClient,
  sender: ReturnType<ServiceBusClient['createSender']>,
  round: number,
): Promise<number> {
  // Waiting before anything is sent, as the Functions host waits.
  const accepting = bus.acceptNextSession('changes');
  const body = { envelope: { payload: 'x'.repeat(1_200) } };
  const sessionId = partitions[round % partitions.length] ?? 'p00';
  const began = performance.now();
  const sending = sender.sendMessages({ body, sessionId, messageId: `m${randomUUID()}` });
  const receiver = await accepting;
  const [message] = await receiver.receiveMessages(1, { maxWaitTimeInMs: 30_000 });
  const took = performance.now() - began;
  await sending;
  if (message === undefined) throw new Error('the broker did not deliver');
  await receiver.completeMessage(message);
  await receiver.close();
  return took;
}

async function openDirectory(laptop: Laptop): Promise<{ poll(): Promise<void>; close(): Promise<void> }> {
  const { directory } = laptop;
  const tlsOptions = { ca: await readCa(directory), servername: directory.servername };
  const client = new Client({ url: directory.ldaps, tlsOptions, timeout: 30_000 });
  await client.bind(directory.account.user, directory.account.password);
  const cookie = new Cookie();
  const poll = async (): Promise<void> => {
    await client.search('', { scope: 'base', attributes: ['highestCommittedUSN'] });
    const options = {
      scope: 'sub' as const,
      filter: '(objectClass=user)',
      attributes: ['title', 'name', 'isDeleted'],
      timeLimit: 0,
    };
    await client.search(directory.baseDn, options, cookie.control());
  };
  // Everything that there is; from then on only what is new.
  await poll();
  return { poll, close: () => client.unbind().catch(() => undefined) };
}

/** Hands each answer's cookie to the next request: ldapts gives the value of a control only to the control itself. */
class Cookie {
  #value: Buffer = Buffer.alloc(0);

  control(): Control {
    const control = dirSyncControl(this.#value);
    Object.assign(control, {
      parseControl: (reader: {
        readSequence(): void;
        readInt(): number;
        readString(tag: number, raw: boolean): Buffer | null;
      }) => {
        reader.readSequence();
        reader.readInt();
        reader.readInt();
        this.#value = reader.readString(4, true) ?? Buffer.alloc(0);
      },
    });
    return control;
  }
}

async function openTable(laptop: Laptop): Promise<TableClient> {
  const { tables = '' } = laptop.addresses;
  const client = TableClient.fromConnectionString(tables, 'BenchHops', { allowInsecureConnection: true });
  await client.createTable();
  return client;
}

function rows(round: number): TransactionAction[] {
  return Array.from({ length: 6 }, (_, row): TransactionAction => [
    'upsert',
    { partitionKey: `p${round % 64}`, rowKey: `r${row}`, data: Buffer.alloc(600, round), schema: 1 },
    'Replace',
  ]);
}

async function openGraph(laptop: Laptop, subject: SyncedPerson): Promise<(round: number) => Promise<void>> {
  const { IDENTITY_ENDPOINT: endpoint = '', IDENTITY_HEADER: header = '' } = laptop.commandEnvironment;
  const query = `api-version=2019-08-01&resource=${encodeURIComponent('https://graph.microsoft.com')}`;
  const answer = await fetch(`${endpoint}?${query}`, { headers: { 'X-IDENTITY-HEADER': header } });
  const { access_token: token } = (await answer.json()) as { access_token: string };
  return async (round) => {
    const patched = await fetch(`${laptop.graphUrl}/v1.0/users/${subject.cloudId}`, {
      method: 'PATCH',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ jobTitle: `Hop ${round}` }),
    });
    if (!patched.ok) throw new Error(`graph answered ${patched.status}: ${await patched.text()}`);
  };
}
