import type { ServiceBusClient } from '@azure/service-bus';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startChild, type Child } from '../../local/children.ts';
import { busClient } from '../../shared/adapters/service-bus/bus-client.ts';
import { messageSender } from '../../shared/adapters/service-bus/message-sender.ts';
import { queueName } from '../../shared/adapters/service-bus/queue-name.ts';
import type { Envelope } from '../../shared/contracts/envelope.v1.ts';
import { SyncError } from '../../shared/errors/sync-error.ts';

let bus: Child;
let client: ServiceBusClient;
let serial = 0;

const startBus = (port = 0) =>
  startChild('bus', [process.execPath, 'local/bus/main.ts', '--port', String(port)]);
const connectionOf = (child: Child) =>
  ({ kind: 'connection-string', connectionString: String(child.ready['connectionString']) }) as const;

const envelope = (payload: unknown = {}): Envelope => ({
  kind: 'work',
  version: 1,
  id: `t${process.pid}-${serial++}`,
  connector: 'corp',
  agent: null,
  epoch: null,
  partition: 'p07',
  traceparent: null,
  createdAt: '2026-11-23T00:00:00.000Z',
  keyId: null,
  signature: null,
  payload: JSON.stringify(payload),
});

const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'no error',
    (error: unknown) => (error instanceof SyncError ? error.code : error),
  );

async function drainSession(queue: string, sessionId: string, count: number) {
  const receiver = await client.acceptSession(queue, sessionId, { receiveMode: 'receiveAndDelete' });
  const messages = [];
  while (messages.length < count) {
    const received = await receiver.receiveMessages(count - messages.length, { maxWaitTimeInMs: 5_000 });
    if (received.length === 0) break;
    messages.push(...received);
  }
  await receiver.close();
  return messages;
}

beforeAll(async () => {
  bus = await startBus();
  client = busClient(connectionOf(bus));
});
afterAll(async () => {
  await client.close();
  await bus.stop(2_000);
});

describe('what arrives', () => {
  test('one message: envelope as the only member of a JSON body, id, session and time to live', async () => {
    const sender = messageSender(client);
    const sent = envelope({ text: 'é "quoted" ✓' });
    await sender.send([
      { queue: queueName('changes'), envelope: sent, sessionId: 'p07', timeToLiveMs: 60_000 },
    ]);
    const [received] = await drainSession('changes', 'p07', 1);
    expect(received).toMatchObject({
      body: { envelope: sent },
      contentType: 'application/json',
      messageId: sent.id,
      sessionId: 'p07',
      timeToLive: 60_000,
    });
    await sender.close();
  });

  test('many messages to several sessions and queues arrive once each, in order within a session', async () => {
    const sender = messageSender(client);
    const outgoing = Array.from({ length: 90 }, (_, i) => ({
      queue: queueName('changes'),
      envelope: envelope({ i }),
      sessionId: `p${10 + (i % 3)}`,
    }));
    const bulk = { queue: queueName('changes-bulk'), envelope: envelope('bulk') };
    await sender.send([...outgoing, bulk]);
    for (const sessionId of ['p10', 'p11', 'p12']) {
      const ids = (await drainSession('changes', sessionId, 30)).map((message) => message.messageId);
      expect(ids).toEqual(
        outgoing.filter((message) => message.sessionId === sessionId).map(({ envelope: { id } }) => id),
      );
    }
    const receiver = client.createReceiver('changes-bulk', { receiveMode: 'receiveAndDelete' });
    expect((await receiver.receiveMessages(1, { maxWaitTimeInMs: 5_000 }))[0]?.messageId).toBe(
      bulk.envelope.id,
    );
    await receiver.close();
    await sender.close();
  });

  test('more than one batch can hold is sent in several', async () => {
    const sender = messageSender(client);
    const outgoing = Array.from({ length: 5 }, (_, i) => ({
      queue: queueName('agent-commands', 'corp'),
      envelope: envelope(`${i}${'x'.repeat(100_000)}`),
      sessionId: 'p20',
    }));
    await sender.send(outgoing);
    expect((await drainSession('agent-commands-corp', 'p20', 5)).map((message) => message.messageId)).toEqual(
      outgoing.map(({ envelope: { id } }) => id),
    );
    await sender.close();
  });

  test('a message for later is not there before its time', async () => {
    const sender = messageSender(client);
    const notBefore = Date.now() + 700;
    await sender.send([{ queue: queueName('changes'), envelope: envelope(), sessionId: 'p21', notBefore }]);
    const [received] = await drainSession('changes', 'p21', 1);
    expect(received?.enqueuedTimeUtc?.getTime()).toBeGreaterThanOrEqual(notBefore);
    await sender.close();
  });

  test('nothing to send is no request', async () => {
    await messageSender(client).send([]);
  });
});

describe('failures', () => {
  test('an unknown queue and a message over the limit are refused, and others still go through', async () => {
    const sender = messageSender(client);
    expect(await codeOf(sender.send([{ queue: 'nowhere', envelope: envelope() }]))).toBe('BUS_REFUSED');
    const large = { queue: 'changes', envelope: envelope('x'.repeat(400_000)), sessionId: 'p22' };
    expect(await codeOf(sender.send([large]))).toBe('BUS_REFUSED');
    expect(await codeOf(sender.send([{ ...large, envelope: envelope() }, large]))).toBe('BUS_REFUSED');
    expect(await codeOf(sender.send([{ queue: 'changes', envelope: envelope() }]))).toBe('BUS_REFUSED');
    await sender.send([{ queue: 'changes', envelope: envelope(), sessionId: 'p23' }]);
    expect(await drainSession('changes', 'p23', 1)).toHaveLength(1);
    await sender.close();
  });

  test('a broker that is not there shows as unreachable within seconds', async () => {
    const connectionString = String(bus.ready['connectionString']).replace(/127\.0\.0\.1:\d+/, '127.0.0.1:1');
    const lost = busClient({ kind: 'connection-string', connectionString });
    const sender = messageSender(lost);
    const started = performance.now();
    expect(await codeOf(sender.send([{ queue: 'changes', envelope: envelope(), sessionId: 'p24' }]))).toBe(
      'BUS_UNREACHABLE',
    );
    expect(performance.now() - started).toBeLessThan(5_000);
    await sender.close();
    await lost.close();
  });

  test('after the broker was away the same sender works again by itself', async () => {
    const first = await startBus();
    const port = Number(first.ready['port']);
    const own = busClient(connectionOf(first));
    const sender = messageSender(own);
    const message = () => ({ queue: 'changes', envelope: envelope(), sessionId: 'p25' });
    await sender.send([message()]);
    await first.stop(2_000);
    expect(await codeOf(sender.send([message()]))).toBe('BUS_UNREACHABLE');
    const second = await startBus(port);
    try {
      await sender.send([message(), message()]);
    } finally {
      await sender.close();
      await own.close();
      await second.stop(2_000);
    }
  });
});

test('queue names: the connector belongs to those that exist once a connector, and only to them', () => {
  expect(queueName('agent-leases', 'corp')).toBe('agent-leases-corp');
  expect(() => queueName('agent-leases')).toThrow('once a connector');
  expect(() => queueName('changes', 'corp')).toThrow('the same for all');
});
