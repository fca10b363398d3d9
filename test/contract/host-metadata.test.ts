import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ServiceBusMessage } from '@azure/service-bus';
import { isEmpty, startTestBus, startTestHost } from './support/host/start-fixture.ts';
import type { Bus, HostUnderTest, Seen } from './support/host/start-fixture.ts';

/** What a handler is given: the real library on the far side of the real SDK. One case a trap of the real host. */
describe('Service Bus input and metadata', () => {
  let bus: Bus;
  let host: HostUnderTest;

  beforeAll(async () => {
    bus = await startTestBus();
    // A zone ahead of UTC, so that a date read as local time shows.
    host = await startTestHost({ TEST_BUS: bus.connectionString, TZ: 'Asia/Tokyo' });
  });
  afterAll(async () => {
    await host.child.stop();
    await bus.stop();
  });

  /** Sends to the plain queue, where messages of one sender are handled as they come, and returns what the handler saw. */
  const deliver = async (message: ServiceBusMessage): Promise<Seen> => {
    const before = (await host.seen('onPlain', 0, 'start')).length;
    await bus.send('changes-bulk', { contentType: 'text/plain', ...message });
    const seen = (await host.seen('onPlain', before + 1, 'start'))[before];
    if (seen?.metadata === undefined) throw new Error('the handler was not called');
    return seen;
  };
  const metadataOf = async (message: ServiceBusMessage) => (await deliver(message)).metadata ?? {};

  test('every property of a message under its name', async () => {
    const metadata = await metadataOf({
      body: { envelope: {} },
      messageId: 'm-all',
      subject: 'about',
      to: 'you',
      replyTo: 'me',
      correlationId: 'c-1',
      replyToSessionId: 'rs',
      contentType: 'application/json',
      applicationProperties: { tenant: 'contoso', n: 7, yes: true },
      timeToLive: 3_600_000,
    });
    expect(metadata).toMatchObject({
      messageId: 'm-all',
      subject: 'about',
      label: 'about',
      to: 'you',
      replyTo: 'me',
      correlationId: 'c-1',
      replyToSessionId: 'rs',
      contentType: 'application/json',
      applicationProperties: { tenant: 'contoso', n: 7, yes: true },
      userProperties: { tenant: 'contoso', n: 7, yes: true },
      deliveryCount: 1,
    });
    expect(metadata['sequenceNumber']).toBeTypeOf('number');
    expect(metadata['lockToken']).toMatch(/^[0-9a-f-]{36}$/);
    const lifetime = Date.parse(String(metadata['expiresAt'])) - Date.parse(String(metadata['enqueuedTime']));
    expect(lifetime).toBe(3_600_000);
  });

  test('what a message does not have is left out', async () => {
    const metadata = await metadataOf({ body: { envelope: {} } });
    for (const name of [
      'subject',
      'label',
      'to',
      'replyTo',
      'correlationId',
      'sessionId',
      'deadLetterSource',
      'partitionKey',
    ]) {
      expect(metadata).not.toHaveProperty(name);
    }
    expect(metadata['applicationProperties']).toEqual({});
  });

  test('trap 1: members of the body overwrite metadata, whatever their case', async () => {
    const metadata = await metadataOf({
      body: {
        MESSAGEID: 'from the body',
        deliveryCount: 99,
        Subject: null,
        label: ['an', 'array'],
        flag: true,
        off: false,
        when: '2026-03-04T05:06:07Z',
        nested: { Inner: 1 },
      },
      messageId: 'm-real',
      subject: 'real',
    });
    expect(metadata).toMatchObject({
      messageId: 'from the body',
      deliveryCount: 99,
      subject: 'real',
      label: 'real',
      flag: 'True',
      off: 'False',
      when: '03/04/2026 05:06:07',
      nested: { inner: 1 },
    });
    expect(metadata).not.toHaveProperty('MESSAGEID');
  });

  test('trap 1: a binary trigger copies nothing from the body', async () => {
    await bus.send('poison', { body: { messageId: 'from the body' }, messageId: 'm-binary' });
    const [seen] = await host.seen('onBinary', 1);
    expect(seen).toMatchObject({
      isBuffer: true,
      text: '{"messageId":"from the body"}',
      metadata: { messageId: 'm-binary' },
    });
  });

  test.each([
    ['42', 42],
    ['12345678901234567890', 12345678901234567000],
    ['true', true],
    ['007', '007'],
    ['m42', 'm42'],
  ])('trap 2: the message id %s arrives as JSON reads it', async (messageId, expected) => {
    const metadata = await metadataOf({ body: { envelope: {} }, messageId });
    expect(metadata['messageId']).toStrictEqual(expected);
  });

  test('trap 2: the correlation id "null" arrives as null', async () => {
    const metadata = await metadataOf({ body: { envelope: {} }, correlationId: 'null' });
    expect(metadata['correlationId']).toBeNull();
  });

  test.each([
    ['a quoted string loses its quotes', '"quoted"', 'quoted', 'string'],
    ['digits become a number', '123', 123, 'number'],
    ['null becomes null', 'null', null, 'object'],
    ['what is no JSON stays text', '{broken', '{broken', 'string'],
    ['JSON becomes an object', '{"envelope":{}}', { envelope: {} }, 'object'],
  ])('trap 3: %s', async (_what, body, expected, type) => {
    const seen = await deliver({ body: Buffer.from(body) });
    expect(seen.body).toStrictEqual(expected);
    expect(seen.type).toBe(type);
  });

  test('trap 4: application properties lose their capital first letter', async () => {
    const metadata = await metadataOf({
      body: { envelope: {} },
      applicationProperties: { Tenant: 'a', traceId: 'b' },
    });
    expect(metadata['applicationProperties']).toEqual({ tenant: 'a', traceId: 'b' });
  });

  test('a date among application properties keeps its zone', async () => {
    const at = new Date('2026-03-04T05:06:07.100Z');
    const metadata = await metadataOf({ body: { envelope: {} }, applicationProperties: { at } });
    expect(metadata['applicationProperties']).toEqual({ at: '2026-03-04T05:06:07.1Z' });
  });

  test('trap 5: the Utc dates carry no zone, their twins do', async () => {
    const metadata = await metadataOf({ body: { envelope: {} } });
    expect(metadata['enqueuedTimeUtc']).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,3})?$/);
    expect(metadata['enqueuedTime']).toBe(`${String(metadata['enqueuedTimeUtc'])}+00:00`);
    expect(metadata['expiresAtUtc']).not.toMatch(/(Z|\+00:00)$/);
    expect(Date.now() - Date.parse(String(metadata['enqueuedTime']))).toBeLessThan(60_000);
  });

  test('trap 6: a batch is arrays by name, and its sequence numbers are Long objects', async () => {
    await bus.send(
      'agent-reports',
      { body: { id: 1 }, messageId: 'b1', subject: 's' },
      { body: { id: 2 }, messageId: 'b2' },
    );
    const [seen] = await host.seen('onBatch', 1);
    expect(seen?.['bodies']).toEqual([{ id: 1 }, { id: 2 }]);
    expect(seen?.metadata).toMatchObject({
      messageIdArray: ['b1', 'b2'],
      subjectArray: ['s', ''],
      deliveryCountArray: [1, 1],
    });
    expect(seen?.metadata).not.toHaveProperty('id');
    expect(seen?.['sequenceKeys']).toEqual([
      ['high', 'low', 'unsigned'],
      ['high', 'low', 'unsigned'],
    ]);
  });

  test('trap 7: throwing nothing counts as success', async () => {
    await deliver({ body: { envelope: { id: 'nothing', throwNothing: true } } });
    const fails = await host.seen('onPlain', 1, 'fail');
    expect(fails).toHaveLength(1);
    expect(host.log.filter((line) => line.includes('(Failed'))).toEqual([]);
    expect(await isEmpty(bus, 'changes-bulk')).toBe(true);
  });

  test('a message carries its trace on', async () => {
    const trace = '0af7651916cd43dd8448eb211c80319c';
    const seen = await deliver({
      body: { envelope: {} },
      applicationProperties: { traceparent: `00-${trace}-b7ad6b7169203331-01` },
    });
    expect((seen['trace'] as { traceParent: string }).traceParent).toMatch(
      new RegExp(`^00-${trace}-(?!b7ad6b71)[0-9a-f]{16}-01$`),
    );
  });
});
