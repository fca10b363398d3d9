import {
  isServiceBusError,
  ServiceBusClient,
  type ServiceBusReceivedMessage,
  type ServiceBusReceiver,
  type ServiceBusSender,
} from '@azure/service-bus';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

/** What the cases need of a broker; they talk to it only through the real SDK, but for breaking connections. */
interface BusUnderTest {
  readonly connectionString: string;
  cutConnections(): Promise<void>;
}

const plain = (name: string, more: object = {}) => ({
  name,
  requiresSession: false,
  lockDuration: 'PT2S',
  maxDeliveryCount: 3,
  defaultMessageTimeToLive: 'P1D',
  ...more,
});
const sessions = (name: string, more: object = {}) => plain(name, { requiresSession: true, ...more });

/** The queues the cases use, in the shape of infra/queues.json; one a case, so that no case sees another's messages. */
export const CONTRACT_QUEUES = {
  queues: [
    ...['round-trip', 'types', 'abandon', 'dead', 'max', 'expiry', 'renew', 'compete', 'defer', 'peek'].map(
      (name) => plain(name),
    ),
    ...['schedule', 'cancel', 'batch', 'size', 'drain', 'delete', 'closed', 'stream', 'cut', 'many'].map(
      (name) => plain(name),
    ),
    plain('lifetime-locked', { deadLetteringOnMessageExpiration: true }),
    plain('lifetime', { deadLetteringOnMessageExpiration: true }),
    plain('lifetime-default', { defaultMessageTimeToLive: 'PT0.3S' }),
    plain('duplicates', { requiresDuplicateDetection: true, duplicateDetectionHistoryTimeWindow: 'PT1S' }),
    ...['s-order', 's-state', 's-lost', 's-renew', 's-next', 's-named', 's-closed', 's-kinds', 's-free'].map(
      (name) => sessions(name),
    ),
    ...['s-cut', 's-many', 's-stale', 's-deferred', 's-stream', 's-scheduled', 's-peek'].map((name) =>
      sessions(name),
    ),
  ],
};

const LOCK = 2_000;
const QUICK = { retryOptions: { maxRetries: 0, timeoutInMs: 5_000 } };

/** Waits until `check` holds; what it stands for is in the message when it never does. */
async function until(what: string, check: () => boolean | Promise<boolean>, ms = 10_000): Promise<void> {
  const end = Date.now() + ms;
  while (!(await check())) {
    if (Date.now() > end) throw new Error(`never happened: ${what}`);
    await pause(10);
  }
}

const codeOf = async (work: Promise<unknown>): Promise<string> => {
  try {
    await work;
    return 'no error';
  } catch (error) {
    return isServiceBusError(error) ? error.code : String(error);
  }
};

const one = async (receiver: ServiceBusReceiver, ms = 4_000): Promise<ServiceBusReceivedMessage> => {
  const [message] = await receiver.receiveMessages(1, { maxWaitTimeInMs: ms });
  if (message === undefined) throw new Error(`no message within ${ms} ms`);
  return message;
};
const none = async (receiver: ServiceBusReceiver, ms = 150) =>
  receiver.receiveMessages(1, { maxWaitTimeInMs: ms });
const bodies = (messages: readonly ServiceBusReceivedMessage[]) =>
  messages.map(({ body }) => body as unknown);
const numbered = (count: number, more: object = {}) =>
  Array.from({ length: count }, (_, n) => ({ body: n, ...more }));

/** Receives until `count` messages are there, completing each. */
const take = async (receiver: ServiceBusReceiver, count: number) => {
  const taken: ServiceBusReceivedMessage[] = [];
  while (taken.length < count) {
    const messages = await receiver.receiveMessages(count - taken.length, { maxWaitTimeInMs: 4_000 });
    if (messages.length === 0) throw new Error(`${taken.length} of ${count} messages came`);
    for (const message of messages) await receiver.completeMessage(message);
    taken.push(...messages);
  }
  return taken;
};

export function busContract(start: () => Promise<BusUnderTest>): void {
  let bus: BusUnderTest;
  let client: ServiceBusClient;
  const senders = new Map<string, ServiceBusSender>();
  const send = async (queue: string, messages: object | object[]) => {
    const sender = senders.get(queue) ?? client.createSender(queue);
    senders.set(queue, sender);
    await sender.sendMessages(messages as never);
  };
  const dead = (queue: string) => client.createReceiver(queue, { subQueueType: 'deadLetter' });

  beforeAll(async () => {
    bus = await start();
    client = new ServiceBusClient(bus.connectionString, QUICK);
  });
  afterAll(async () => client.close());

  describe('messages', () => {
    it('arrive with body, properties and system properties, and are gone once completed', async () => {
      const before = Date.now();
      await send('Round-Trip', {
        body: { a: [1, 'ü'] },
        messageId: 'id-1',
        subject: 's',
        contentType: 'application/json',
        correlationId: 'c',
        timeToLive: 60_000,
        applicationProperties: { text: 'x', number: 1.5, yes: true },
      });
      const receiver = client.createReceiver('round-trip');
      const message = await one(receiver);
      expect(message).toMatchObject({
        body: { a: [1, 'ü'] },
        messageId: 'id-1',
        subject: 's',
        contentType: 'application/json',
        correlationId: 'c',
        timeToLive: 60_000,
        applicationProperties: { text: 'x', number: 1.5, yes: true },
        deliveryCount: 0,
        state: 'active',
      });
      expect(message.sequenceNumber?.toNumber()).toBe(1);
      expect(Math.abs(Number(message.enqueuedTimeUtc) - before)).toBeLessThan(2_000);
      expect(Math.abs(Number(message.lockedUntilUtc) - before - LOCK)).toBeLessThan(2_000);
      await receiver.completeMessage(message);
      expect(await receiver.peekMessages(1)).toEqual([]);
      expect(await codeOf(receiver.completeMessage(message))).not.toBe('no error');
    });

    it('keep their bytes: value bodies, types of annotations and properties, and get an id when they have none', async () => {
      const date = new Date(1_700_000_000_000);
      await send('types', {
        bodyType: 'value',
        body: [1, 2.5, 'three', null],
        applicationProperties: { date, big: 2 ** 40, negative: -7 },
        messageAnnotations: { 'x-mine': 12 },
      });
      await send('types', { body: Buffer.from([0, 255, 1]) });
      const receiver = client.createReceiver('types');
      const [value, binary] = await take(receiver, 2);
      // The SDK itself turns dates into numbers on receipt.
      expect(value?.body).toEqual([1, 2.5, 'three', null]);
      expect(value?._rawAmqpMessage.bodyType).toBe('value');
      expect(value?.applicationProperties).toEqual({ date: date.getTime(), big: 2 ** 40, negative: -7 });
      expect(value?._rawAmqpMessage.messageAnnotations).toMatchObject({ 'x-mine': 12 });
      expect(binary?.body).toEqual(Buffer.from([0, 255, 1]));
      expect(binary?.messageId).toMatch(/^[0-9a-f]{32}$/);
    });

    it('are delivered again at once, one delivery more and at their old place, when abandoned', async () => {
      await send('abandon', numbered(3));
      const receiver = client.createReceiver('abandon');
      const first = await one(receiver);
      const second = await one(receiver);
      await receiver.abandonMessage(first, { why: 'busy' });
      const again = await one(receiver);
      expect(again).toMatchObject({ body: 0, deliveryCount: 1, applicationProperties: { why: 'busy' } });
      expect(again.sequenceNumber).toEqual(first.sequenceNumber);
      await receiver.completeMessage(second);
      await receiver.completeMessage(again);
      expect(await one(receiver)).toMatchObject({ body: 2, deliveryCount: 0 });
    });

    it('go to the dead letters with reason and properties, and cannot be dead-lettered twice', async () => {
      await send('dead', { body: 'bad', messageId: 'd' });
      const receiver = client.createReceiver('dead');
      await receiver.deadLetterMessage(await one(receiver), {
        deadLetterReason: 'broken',
        deadLetterErrorDescription: 'cannot be read',
        hint: 1,
      });
      const letters = dead('dead');
      const letter = await one(letters);
      expect(letter).toMatchObject({
        body: 'bad',
        messageId: 'd',
        deliveryCount: 0,
        deadLetterReason: 'broken',
        deadLetterErrorDescription: 'cannot be read',
        deadLetterSource: 'dead',
      });
      expect(letter.applicationProperties).toMatchObject({ hint: 1 });
      expect(await codeOf(letters.deadLetterMessage(letter))).toBe('GeneralError');
      await letters.completeMessage(await one(letters));
      expect(await letters.peekMessages(1)).toEqual([]);
    });

    it('go to the dead letters when they were delivered as often as allowed', async () => {
      await send('max', { body: 'x' });
      const receiver = client.createReceiver('max');
      for (const count of [0, 1, 2]) {
        const message = await one(receiver);
        expect(message.deliveryCount).toBe(count);
        await receiver.abandonMessage(message);
      }
      expect(await none(receiver)).toEqual([]);
      expect(await one(dead('max'))).toMatchObject({
        deliveryCount: 3,
        deadLetterReason: 'MaxDeliveryCountExceeded',
      });
    });

    it('come back one delivery more when the lock runs out, and the old lock settles nothing', async () => {
      await send('expiry', { body: 'x' });
      const receiver = client.createReceiver('expiry', { maxAutoLockRenewalDurationInMs: 0 });
      const message = await one(receiver);
      const lockedAt = Date.now();
      const again = await one(receiver);
      expect(Date.now() - lockedAt).toBeGreaterThan(LOCK - 300);
      expect(Date.now() - lockedAt).toBeLessThan(LOCK + 1_000);
      expect(again.deliveryCount).toBe(1);
      expect(await codeOf(receiver.completeMessage(message))).toBe('MessageLockLost');
      await receiver.completeMessage(again);
    });

    it('stay locked while the lock is renewed', async () => {
      await send('renew', { body: 'x' });
      const receiver = client.createReceiver('renew', { maxAutoLockRenewalDurationInMs: 0 });
      const message = await one(receiver);
      for (let n = 0; n < 3; n += 1) {
        await pause(LOCK / 2);
        expect(Number(await receiver.renewMessageLock(message))).toBeGreaterThan(Date.now() + LOCK - 300);
      }
      await receiver.completeMessage(message);
      expect(await codeOf(receiver.renewMessageLock(message))).toBe('MessageLockLost');
    });

    it('go to one of two receivers that compete, never to both', async () => {
      const seen: unknown[] = [];
      const shares = [0, 0];
      const open = [0, 1].map((index) => {
        const receiver = client.createReceiver('compete');
        receiver.subscribe({
          processMessage: async ({ body }) => {
            shares[index] = (shares[index] ?? 0) + 1;
            seen.push(body);
            await Promise.resolve();
          },
          processError: ({ error }) => Promise.reject(error),
        });
        return receiver;
      });
      await send('compete', numbered(200));
      await until('all 200 seen', () => seen.length >= 200);
      await Promise.all(open.map((receiver) => receiver.close()));
      expect(new Set(seen).size).toBe(200);
      expect(seen.length).toBe(200);
      expect(Math.min(...shares)).toBeGreaterThan(20);
    });

    it('wait aside when deferred, and are had by sequence number', async () => {
      await send('defer', numbered(2));
      const receiver = client.createReceiver('defer');
      const message = await one(receiver);
      const number = message.sequenceNumber ?? never();
      await receiver.deferMessage(message, { later: true });
      expect((await one(receiver)).body).toBe(1);
      const [deferred] = await receiver.receiveDeferredMessages(number);
      expect(deferred).toMatchObject({
        body: 0,
        state: 'deferred',
        deliveryCount: 1,
        applicationProperties: { later: true },
      });
      expect(await codeOf(receiver.receiveDeferredMessages(number))).toBe('MessageNotFound');
      await receiver.completeMessage(deferred ?? never());
      expect(await codeOf(receiver.receiveDeferredMessages(number))).toBe('MessageNotFound');
    });

    it('are peeked without being locked, scheduled and locked ones too', async () => {
      await send('peek', numbered(3));
      const sender = client.createSender('peek');
      await sender.scheduleMessages({ body: 3 }, new Date(Date.now() + 60_000));
      const receiver = client.createReceiver('peek');
      await one(receiver);
      const peeker = client.createReceiver('peek');
      const all = await peeker.peekMessages(10);
      expect(bodies(all)).toEqual([0, 1, 2, 3]);
      expect(await peeker.peekMessages(10)).toEqual([]);
      const [scheduled] = await peeker.peekMessages(1, {
        fromSequenceNumber: all[3]?.sequenceNumber ?? never(),
      });
      expect(scheduled).toMatchObject({ body: 3, state: 'scheduled', deliveryCount: 0 });
    });

    it('scheduled ones arrive not before their time, by operation and by annotation', async () => {
      const sender = client.createSender('schedule');
      const at = new Date(Date.now() + 700);
      const [number] = await sender.scheduleMessages([{ body: 'operation' }], at);
      expect(number?.toNumber()).toBe(1);
      await sender.sendMessages([
        { body: 'annotation', scheduledEnqueueTimeUtc: at },
        { body: 'past', scheduledEnqueueTimeUtc: new Date(Date.now() - 1) },
      ]);
      const receiver = client.createReceiver('schedule');
      const first = await take(receiver, 1);
      expect(bodies(first)).toEqual(['past']);
      expect(Date.now()).toBeLessThan(at.getTime());
      const later = await take(receiver, 2);
      expect(Date.now()).toBeGreaterThanOrEqual(at.getTime());
      expect(Date.now()).toBeLessThan(at.getTime() + 1_500);
      expect(bodies(later).sort()).toEqual(['annotation', 'operation']);
      for (const message of later)
        expect(Number(message.enqueuedTimeUtc)).toBeGreaterThanOrEqual(at.getTime());
    });

    it('scheduled ones can be cancelled until their time has come', async () => {
      const sender = client.createSender('cancel');
      const at = new Date(Date.now() + 400);
      const numbers = await sender.scheduleMessages(numbered(2), at);
      await sender.cancelScheduledMessages(numbers[0] ?? never());
      expect(await codeOf(sender.cancelScheduledMessages(numbers[0] ?? never()))).toBe('MessageNotFound');
      const receiver = client.createReceiver('cancel');
      expect(bodies(await take(receiver, 1))).toEqual([1]);
      expect(await none(receiver)).toEqual([]);
    });

    it("expire: dead-lettered or dropped as the queue says, by their own lifetime or the queue's", async () => {
      await send('lifetime', [{ body: 'short', timeToLive: 200 }, { body: 'long' }]);
      expect(await one(dead('lifetime'))).toMatchObject({
        body: 'short',
        deadLetterReason: 'TTLExpiredException',
      });
      expect(await one(client.createReceiver('lifetime'))).toMatchObject({ body: 'long' });
      await send('lifetime-default', { body: 'x', timeToLive: 60_000 });
      const receiver = client.createReceiver('lifetime-default');
      expect((await receiver.peekMessages(1)).length).toBe(1);
      await until(
        'dropped',
        async () => (await client.createReceiver('lifetime-default').peekMessages(1)).length === 0,
      );
      expect(await none(dead('lifetime-default'))).toEqual([]);
    });

    it('do not expire while locked', async () => {
      await send('lifetime-locked', { body: 'locked', timeToLive: 400 });
      const receiver = client.createReceiver('lifetime-locked');
      const message = await one(receiver);
      await pause(700);
      expect(await none(dead('lifetime-locked'))).toEqual([]);
      await receiver.completeMessage(message);
    });

    it('with an id seen within the window are taken and dropped, in batches too, and taken again after it', async () => {
      await send('duplicates', { body: 1, messageId: 'a' });
      await send('duplicates', { body: 2, messageId: 'a' });
      await send('duplicates', [
        { body: 3, messageId: 'a' },
        { body: 4, messageId: 'b' },
        { body: 5, messageId: 'b' },
      ]);
      const receiver = client.createReceiver('duplicates');
      expect(bodies(await take(receiver, 2))).toEqual([1, 4]);
      expect(await none(receiver)).toEqual([]);
      await pause(1_100);
      await send('duplicates', { body: 6, messageId: 'a' });
      expect(bodies(await take(receiver, 1))).toEqual([6]);
    });

    it('sent as a batch arrive all, in order, each with its own properties', async () => {
      const sender = client.createSender('batch');
      const batch = await sender.createMessageBatch();
      for (let n = 0; n < 300; n += 1) {
        expect(batch.tryAddMessage({ body: { n }, messageId: `m${n}`, applicationProperties: { n } })).toBe(
          true,
        );
      }
      expect(batch.maxSizeInBytes).toBe(256 * 1024);
      await sender.sendMessages(batch);
      const messages = await take(client.createReceiver('batch'), 300);
      expect(messages.map(({ messageId }) => messageId)).toEqual(
        Array.from({ length: 300 }, (_, n) => `m${n}`),
      );
      expect(messages[299]).toMatchObject({ body: { n: 299 }, applicationProperties: { n: 299 } });
    });

    it('of 200 KB pass, larger ones than 256 KiB are refused by name, and the sender goes on', async () => {
      const sender = client.createSender('size');
      const body = 'x'.repeat(200_000);
      await sender.sendMessages({ body });
      expect(await codeOf(sender.sendMessages({ body: 'x'.repeat(300_000) }))).toBe('MessageSizeExceeded');
      expect(
        await codeOf(sender.scheduleMessages({ body: 'x'.repeat(300_000) }, new Date(Date.now() + 60_000))),
      ).toBe('MessageSizeExceeded');
      await sender.sendMessages({ body: 'after' });
      expect(bodies(await take(client.createReceiver('size'), 2))).toEqual([body, 'after']);
    });

    it('are not lost to a receiver that has stopped asking', async () => {
      const receiver = client.createReceiver('drain');
      for (let round = 0; round < 5; round += 1) {
        const begun = Date.now();
        expect(await none(receiver, 100)).toEqual([]);
        expect(Date.now() - begun).toBeLessThan(1_000);
      }
      await send('drain', numbered(2));
      const got = await receiver.receiveMessages(10, { maxWaitTimeInMs: 2_000 });
      for (const message of got) await receiver.completeMessage(message);
      expect(bodies(got)).toEqual([0, 1]);
      await send('drain', { body: 2 });
      const sentAt = Date.now();
      expect(bodies(await take(client.createReceiver('drain'), 1))).toEqual([2]);
      // Later would be the lock of a delivery to the first receiver running out.
      expect(Date.now() - sentAt).toBeLessThan(LOCK / 2);
    });

    it('are gone with their delivery in receiveAndDelete', async () => {
      await send('delete', numbered(3));
      const receiver = client.createReceiver('delete', { receiveMode: 'receiveAndDelete' });
      expect((await one(receiver)).body).toBe(0);
      await receiver.close();
      const left = client.createReceiver('delete');
      expect(bodies(await take(left, 2))).toEqual([1, 2]);
    });

    it('stay locked until the lock runs out when their receiver is closed', async () => {
      await send('closed', { body: 'x' });
      const receiver = client.createReceiver('closed', { maxAutoLockRenewalDurationInMs: 0 });
      await one(receiver);
      const lockedAt = Date.now();
      await receiver.close();
      const again = await one(client.createReceiver('closed'));
      expect(Date.now() - lockedAt).toBeGreaterThan(LOCK - 400);
      expect(again.deliveryCount).toBe(1);
    });

    it('to or from an unknown queue are refused by name', async () => {
      expect(await codeOf(client.createSender('nowhere').sendMessages({ body: 1 }))).toBe(
        'MessagingEntityNotFound',
      );
      expect(
        await codeOf(client.createReceiver('nowhere').receiveMessages(1, { maxWaitTimeInMs: 500 })),
      ).toBe('MessagingEntityNotFound');
    });

    it('10,000 pass one receiver without a stall, far beyond the ring of unsettled deliveries', async () => {
      const seen = new Set<unknown>();
      const receiver = client.createReceiver('many');
      receiver.subscribe(
        {
          processMessage: async ({ body }) => {
            seen.add(body);
            await Promise.resolve();
          },
          processError: ({ error }) => Promise.reject(error),
        },
        { maxConcurrentCalls: 50 },
      );
      const sender = client.createSender('many');
      for (let n = 0; n < 10_000; n += 500) {
        await sender.sendMessages(Array.from({ length: 500 }, (_, index) => ({ body: n + index })));
      }
      await until('10,000 seen', () => seen.size === 10_000, 25_120);
      await receiver.close();
      expect(await client.createReceiver('many').peekMessages(1)).toEqual([]);
    });
  });

  describe('sessions', () => {
    it('keep the order of each, beside one another', async () => {
      for (let n = 0; n < 20; n += 1)
        await send('s-order', [
          { body: n, sessionId: 'a' },
          { body: n, sessionId: 'b' },
        ]);
      const [a, b] = [await client.acceptSession('s-order', 'a'), await client.acceptSession('s-order', 'b')];
      const expected = Array.from({ length: 20 }, (_, n) => n);
      expect(bodies(await take(a, 20))).toEqual(expected);
      expect(bodies(await take(b, 20))).toEqual(expected);
      await Promise.all([a.close(), b.close()]);
    });

    it('carry a state that outlives messages and holders', async () => {
      const holder = await client.acceptSession('s-state', 'lease');
      expect(await holder.getSessionState()).toBeNull();
      await holder.setSessionState({ epoch: 7, at: 'x' });
      await holder.close();
      const next = await client.acceptSession('s-state', 'lease');
      expect(await next.getSessionState()).toEqual({ epoch: 7, at: 'x' });
      await next.close();
    });

    it('cannot be written by a holder that lost the lock while another holds it', async () => {
      const client2 = new ServiceBusClient(bus.connectionString, QUICK);
      const old = await client.acceptSession('s-stale', 'lease', { maxAutoLockRenewalDurationInMs: 0 });
      await old.setSessionState('old');
      await until(
        'the session is free',
        async () => (await codeOf(client2.acceptSession('s-stale', 'lease'))) === 'no error',
      );
      expect(await codeOf(old.setSessionState('stale'))).toBe('SessionLockLost');
      expect(await codeOf(old.renewSessionLock())).toBe('SessionLockLost');
      expect(await codeOf(old.getSessionState())).toBe('SessionLockLost');
      // The client above had noticed by itself; one that was stopped meanwhile has not, and asks in its old link's name.
      const holder = await client2.acceptSession('s-stale', 'other');
      expect(
        await codeOf(
          managementOf(client2, 's-stale').setSessionState('other', 'stale', {
            associatedLinkName: 'no-link',
          }),
        ),
      ).toBe('SessionLockLost');
      expect(await holder.getSessionState()).toBeNull();
      await client2.close();
      const next = await client.acceptSession('s-stale', 'lease');
      expect(await next.getSessionState()).toBe('old');
      await next.close();
    });

    it('are lost on time when not renewed: settling fails, the message comes again one delivery more', async () => {
      await send('s-lost', [
        { body: 1, sessionId: 'a' },
        { body: 2, sessionId: 'a' },
      ]);
      const holder = await client.acceptSession('s-lost', 'a', { maxAutoLockRenewalDurationInMs: 0 });
      const begun = Date.now();
      const message = await one(holder);
      const next = await client.acceptNextSession('s-lost', { maxAutoLockRenewalDurationInMs: 0 });
      expect(Date.now() - begun).toBeGreaterThan(LOCK - 400);
      expect(Date.now() - begun).toBeLessThan(LOCK + 1_000);
      expect(next.sessionId).toBe('a');
      expect(await codeOf(holder.completeMessage(message))).toBe('SessionLockLost');
      const got = await take(next, 2);
      expect(got.map(({ body, deliveryCount }) => [body as number, deliveryCount])).toEqual([
        [1, 1],
        [2, 0],
      ]);
      await next.close();
    });

    it('are kept by renewing', async () => {
      const holder = await client.acceptSession('s-renew', 'a', { maxAutoLockRenewalDurationInMs: 0 });
      await send('s-renew', { body: 1, sessionId: 'a' });
      const message = await one(holder);
      for (let n = 0; n < 3; n += 1) {
        await pause(LOCK / 2);
        expect(Number(await holder.renewSessionLock())).toBeGreaterThan(Date.now() + LOCK - 300);
        expect(await codeOf(client.acceptSession('s-renew', 'a'))).toBe('SessionCannotBeLocked');
      }
      await holder.completeMessage(message);
      await holder.close();
    });

    it('next free: waits for one and is served at once, or times out by name', async () => {
      const waiting = client.acceptNextSession('s-next');
      await pause(300);
      const sent = Date.now();
      await send('s-next', { body: 1, sessionId: 'late' });
      const holder = await waiting;
      expect(Date.now() - sent).toBeLessThan(500);
      expect(holder.sessionId).toBe('late');
      await take(holder, 1);
      await holder.close();
      const impatient = new ServiceBusClient(bus.connectionString, {
        retryOptions: { maxRetries: 0, timeoutInMs: 1_000 },
      });
      expect(await codeOf(impatient.acceptNextSession('s-next'))).toBe('ServiceTimeout');
      await impatient.close();
    });

    it('next free: each waiter gets another session, none twice', async () => {
      const waiters = Array.from({ length: 8 }, () => client.acceptNextSession('s-free'));
      await send(
        's-free',
        Array.from({ length: 16 }, (_, n) => ({ body: n, sessionId: `s${n % 8}` })),
      );
      const holders = await Promise.all(waiters);
      expect(new Set(holders.map(({ sessionId }) => sessionId)).size).toBe(8);
      for (const holder of holders) expect((await take(holder, 2)).length).toBe(2);
      await Promise.all(holders.map((holder) => holder.close()));
    });

    it('named: refused by name while held, given once free', async () => {
      const holder = await client.acceptSession('s-named', 'a');
      expect(await codeOf(client.acceptSession('s-named', 'a'))).toBe('SessionCannotBeLocked');
      await holder.close();
      const next = await client.acceptSession('s-named', 'a');
      await next.close();
    });

    it('are free at once when closed; what was not settled goes back as it was', async () => {
      await send('s-closed', numbered(3, { sessionId: 'a' }));
      const holder = await client.acceptSession('s-closed', 'a');
      await one(holder);
      await holder.close();
      const begun = Date.now();
      const next = await client.acceptNextSession('s-closed');
      expect(Date.now() - begun).toBeLessThan(LOCK / 2);
      const messages = await take(next, 3);
      expect(messages.map(({ body, deliveryCount }) => [body as number, deliveryCount])).toEqual([
        [0, 0],
        [1, 0],
        [2, 0],
      ]);
      await next.close();
    });

    it('are asked for where they are needed, and refused where they are not', async () => {
      expect(await codeOf(client.createSender('s-kinds').sendMessages({ body: 1 }))).toBe('GeneralError');
      expect(
        await codeOf(client.createReceiver('s-kinds').receiveMessages(1, { maxWaitTimeInMs: 500 })),
      ).toBe('GeneralError');
      expect(await codeOf(client.acceptNextSession('round-trip'))).toBe('GeneralError');
      expect(await codeOf(client.acceptNextSession('nowhere'))).toBe('MessagingEntityNotFound');
      // Whatever the reason for the refusal, the SDK makes this of a named session, or now and then the reason itself.
      expect(await codeOf(client.acceptSession('nowhere', 'a'))).toMatch(
        /^(SessionCannotBeLocked|MessagingEntityNotFound)$/,
      );
    });

    it('keep deferred messages for their holder', async () => {
      await send('s-deferred', { body: 1, sessionId: 'a' });
      const holder = await client.acceptSession('s-deferred', 'a');
      const message = await one(holder);
      await holder.deferMessage(message);
      const [deferred] = await holder.receiveDeferredMessages(message.sequenceNumber ?? never());
      await holder.completeMessage(deferred ?? never());
      expect(await holder.peekMessages(1)).toEqual([]);
      await holder.close();
    });

    it('are peeked one by one', async () => {
      await send('s-peek', [
        { body: 1, sessionId: 'a' },
        { body: 2, sessionId: 'b' },
      ]);
      const holder = await client.acceptSession('s-peek', 'b');
      expect(bodies(await holder.peekMessages(10))).toEqual([2]);
      await holder.close();
    });

    it('are woken by a scheduled message', async () => {
      const at = Date.now() + 500;
      await send('s-scheduled', { body: 1, sessionId: 'a', scheduledEnqueueTimeUtc: new Date(at) });
      const holder = await client.acceptNextSession('s-scheduled');
      expect(Date.now()).toBeGreaterThanOrEqual(at);
      await take(holder, 1);
      await holder.close();
    });

    it('stream to a subscriber, one message after another', async () => {
      const holder = await client.acceptSession('s-stream', 'a');
      const seen: unknown[] = [];
      holder.subscribe({
        processMessage: async ({ body }) => {
          await Promise.resolve();
          seen.push(body);
        },
        processError: ({ error }) => Promise.reject(error),
      });
      for (let n = 0; n < 100; n += 1) await send('s-stream', { body: n, sessionId: 'a' });
      await until('100 seen', () => seen.length === 100);
      expect(seen).toEqual(Array.from({ length: 100 }, (_, n) => n));
      await holder.close();
    });

    it('5,120 messages in 64 sessions are taken by 8 workers that go from session to session', async () => {
      const seen = new Map<string, number[]>();
      const sender = client.createSender('s-many');
      for (let n = 0; n < 5_120; n += 512) {
        const messages = Array.from({ length: 512 }, (_, i) => ({
          body: n + i,
          sessionId: `p${(n + i) % 64}`,
        }));
        await sender.sendMessages(messages);
      }
      const impatient = new ServiceBusClient(bus.connectionString, {
        retryOptions: { maxRetries: 0, timeoutInMs: 1_000 },
      });
      const count = () => [...seen.values()].reduce((sum, list) => sum + list.length, 0);
      const work = async () => {
        while (count() < 5_120) {
          const holder = await impatient.acceptNextSession('s-many');
          const list = seen.get(holder.sessionId) ?? [];
          seen.set(holder.sessionId, list);
          for (const message of await holder.receiveMessages(40, { maxWaitTimeInMs: 500 })) {
            list.push(message.body as number);
            await holder.completeMessage(message);
          }
          await holder.close();
        }
      };
      const workers = Array.from({ length: 8 }, () => work().catch((error: unknown) => error));
      await until('5,120 seen', () => count() >= 5_120, 25_120);
      expect(count()).toBe(5_120);
      for (const list of seen.values()) expect(list).toEqual([...list].sort((x, y) => x - y));
      await Promise.all(workers);
      await impatient.close();
    });
  });

  describe('connections', () => {
    it('cut: senders and subscribers come back by themselves, nothing is lost', async () => {
      const patient = new ServiceBusClient(bus.connectionString, {
        retryOptions: { maxRetries: 5, retryDelayInMs: 100, timeoutInMs: 3_000 },
      });
      const seen = new Set<unknown>();
      const receiver = patient.createReceiver('cut');
      receiver.subscribe({
        processMessage: async ({ body }) => {
          seen.add(body);
          await Promise.resolve();
        },
        processError: () => Promise.resolve(),
      });
      const sender = patient.createSender('cut');
      for (let n = 0; n < 60; n += 1) {
        if (n % 20 === 10) await bus.cutConnections();
        await sender.sendMessages({ body: n });
      }
      await until('60 seen', () => seen.size === 60, 20_000);
      await patient.close();
    });

    it('cut: a held session is free at once, its messages as they were', async () => {
      await send('s-cut', { body: 1, sessionId: 'a' });
      const holder = await client.acceptSession('s-cut', 'a');
      await one(holder);
      const begun = Date.now();
      await bus.cutConnections();
      const client2 = new ServiceBusClient(bus.connectionString, QUICK);
      const next = await client2.acceptNextSession('s-cut');
      expect(Date.now() - begun).toBeLessThan(LOCK / 2);
      expect((await take(next, 1))[0]?.deliveryCount).toBe(0);
      await client2.close();
    });
  });
}

interface ManagementClient {
  setSessionState(sessionId: string, state: unknown, options: { associatedLinkName: string }): Promise<void>;
}

/** The SDK's own management client, which names whatever link it is told to. */
function managementOf(client: ServiceBusClient, queue: string): ManagementClient {
  const { _connectionContext: context } = client as unknown as {
    readonly _connectionContext: { getManagementClient(path: string): ManagementClient };
  };
  return context.getManagementClient(queue);
}

function never(): never {
  throw new Error('the SDK left out what it promises');
}
