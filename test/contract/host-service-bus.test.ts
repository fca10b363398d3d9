import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually, isEmpty, startTestBus, startTestHost } from './support/host/start-fixture.ts';
import type { Bus, HostUnderTest, Seen } from './support/host/start-fixture.ts';

const partition = (n: number) => `p${String(n).padStart(2, '0')}`;
const occurrences = (host: HostUnderTest, pattern: RegExp) =>
  host.log.filter((line) => pattern.test(line)).length;

describe('Service Bus triggers on a broker with 30 s locks', () => {
  let bus: Bus;
  let host: HostUnderTest;

  beforeAll(async () => {
    bus = await startTestBus();
    host = await startTestHost({ TEST_BUS: bus.connectionString });
  });
  afterAll(async () => {
    await host.child.stop();
    await bus.stop();
  });

  test('64 sessions are worked on at once, and each keeps its order', async () => {
    const each = 8;
    const messages = Array.from({ length: 64 * each }, (_, n) => ({
      body: {
        envelope: { id: `order-${n % 64}-${Math.floor(n / 64)}`, ...(n < 64 ? { wait: 'all-64' } : {}) },
      },
      sessionId: partition(n % 64),
    }));
    await bus.send('changes', ...messages);
    const first = await host.seen('onSession', 64, 'start');
    expect(new Set(first.map((entry) => entry.metadata?.['sessionId'])).size).toBe(64);
    await host.open('all-64');
    const ends = (await host.seen('onSession', 64 * each, 'end')).map((entry) => String(entry.id));
    for (let session = 0; session < 64; session++) {
      const own = ends.filter((id) => id.startsWith(`order-${session}-`));
      expect(own).toEqual(Array.from({ length: each }, (_, n) => `order-${session}-${n}`));
    }
    expect(await isEmpty(bus, 'changes')).toBe(true);
  });

  test("a new session's message is picked up within milliseconds while the other loops wait", async () => {
    const delays: number[] = [];
    for (let n = 0; n < 8; n++) {
      const id = `quick-${n}`;
      await bus.send('changes', { body: { envelope: { id } }, sessionId: `fresh-${n}` });
      const entry = await eventually(async () =>
        (await host.seen('onSession', 0, 'start')).find((seen) => isFor(seen.body, id)),
      );
      delays.push(entry.at - Date.parse(String(entry.metadata?.['enqueuedTime'])));
    }
    const [best = 0, , , middle = 0] = delays.toSorted((left, right) => left - right);
    expect(best).toBeLessThan(50);
    expect(middle).toBeLessThan(250);
  });

  test('a throw abandons: the same message comes straight back, counted on, before its successor', async () => {
    await bus.send(
      'changes',
      { body: { envelope: { id: 'again', failTimes: 2 } }, sessionId: 'redelivery' },
      { body: { envelope: { id: 'after-again' } }, sessionId: 'redelivery' },
    );
    const starts = await eventually(async () => {
      const own = (await host.seen('onSession', 0, 'start')).filter(
        (entry) => entry.metadata?.['sessionId'] === 'redelivery',
      );
      return own.length >= 4 && own;
    });
    expect(starts.map((entry) => entry.metadata?.['deliveryCount'])).toEqual([1, 2, 3, 1]);
    expect(isFor(starts[3]?.body, 'after-again')).toBe(true);
    expect(await isEmpty(bus, 'changes')).toBe(true);
    expect(occurrences(host, /Executed 'Functions.onSession' \(Failed/)).toBe(2);
    expect(occurrences(host, /^\[.*\] Exception: told to fail, attempt/)).toBe(2);
  });

  test('a throw on a plain queue abandons that message alone', async () => {
    await bus.send(
      'changes-bulk',
      { body: { envelope: { id: 'plain-again', failTimes: 1 } } },
      { body: { envelope: { id: 'plain-fine' } } },
    );
    const ends = await host.seen('onPlain', 2, 'end');
    expect(ends.map((entry) => entry.id).sort()).toEqual(['plain-again', 'plain-fine']);
    const counts = (await host.seen('onPlain', 3, 'start'))
      .filter((entry) => isFor(entry.body, 'plain-again'))
      .map((entry) => entry.metadata?.['deliveryCount']);
    expect(counts).toEqual([1, 2]);
    expect(await isEmpty(bus, 'changes-bulk')).toBe(true);
  });

  test('a plain queue is worked on maxConcurrentCalls at a time', async () => {
    const before = (await host.seen('onPlain', 0, 'start')).length;
    const messages = Array.from({ length: 20 }, (_, n) => ({
      body: { envelope: { id: `many-${n}`, wait: 'plain-gate' } },
    }));
    await bus.send('changes-bulk', ...messages);
    const started = await host.seen('onPlain', before + 16, 'start');
    expect(started.length - before).toBe(16);
    await host.open('plain-gate');
    expect((await host.seen('onPlain', before + 20, 'start')).length - before).toBe(20);
    expect(await isEmpty(bus, 'changes-bulk')).toBe(true);
  });

  test('a batch that throws comes back whole', async () => {
    await bus.send(
      'agent-reports',
      { body: { envelope: { id: 'batch', failTimes: 1 } } },
      { body: { envelope: { id: 'second' } } },
    );
    const runs = await host.seen('onBatch', 2);
    expect(runs.map((run) => (run['bodies'] as unknown[]).length)).toEqual([2, 2]);
    expect(runs[1]?.metadata?.['deliveryCountArray']).toEqual([2, 2]);
    expect(await isEmpty(bus, 'agent-reports')).toBe(true);
  });

  test('the log says what func says', async () => {
    expect(
      await host.logged(/Executing 'Functions.onSession' \(Reason='\(null\)', Id=[0-9a-f-]{36}\)/),
    ).toBeDefined();
    expect(
      await host.logged(
        /Trigger Details: MessageId: \S+, SequenceNumber: \d+, DeliveryCount: 1, EnqueuedTimeUtc: \S{33}, LockedUntilUtc: \S{33}, SessionId: p00/,
      ),
    ).toBeDefined();
    expect(await host.logged(/handling onSession/)).toBeDefined();
    expect(
      await host.logged(/Executed 'Functions.onSession' \(Succeeded, Id=[0-9a-f-]{36}, Duration=\d+ms\)/),
    ).toBeDefined();
  });

  // Last but for the stop: it throws away connections.
  test('connections cut: work goes on by itself, and the outage is logged once', async () => {
    const before = (await host.seen('onSession', 0, 'end')).length;
    await bus.cutConnections();
    const sender = async (n: number) => {
      await bus.send('changes', { body: { envelope: { id: `cut-${n}` } }, sessionId: `cut-${n}` });
      await bus.send('changes-bulk', { body: { envelope: { id: `cut-${n}` } } });
    };
    await eventually(() =>
      sender(0).then(
        () => true,
        () => false,
      ),
    );
    await sender(1);
    await host.seen('onSession', before + 2, 'end');
    await eventually(async () =>
      (await host.seen('onPlain', 0, 'end')).some((entry) => entry.id === 'cut-1'),
    );
    expect(await isEmpty(bus, 'changes')).toBe(true);
    expect(await isEmpty(bus, 'changes-bulk')).toBe(true);
    await host.logged(/Service Bus \(connection 'TEST_BUS'\) is available again/);
    expect(occurrences(host, /Service Bus \(connection 'TEST_BUS'\) is unavailable/)).toBe(1);
  });

  test('SIGTERM lets what runs finish and settle, then ends with 0', async () => {
    await bus.send('changes', { body: { envelope: { id: 'last', takeMs: 600 } }, sessionId: 'stop' });
    await bus.send('changes-bulk', { body: { envelope: { id: 'last-plain', takeMs: 600 } } });
    await eventually(async () =>
      (await host.seen('onSession', 0, 'start')).some((entry) => isFor(entry.body, 'last')),
    );
    await eventually(async () =>
      (await host.seen('onPlain', 0, 'start')).some((entry) => isFor(entry.body, 'last-plain')),
    );
    expect(await host.child.stop()).toBe(0);
    expect(await bus.left('changes')).toBe(0);
    expect(await bus.left('changes-bulk')).toBe(0);
    expect(occurrences(host, /appTerminate ran/)).toBe(1);
    expect(occurrences(host, /Message processing error/)).toBe(0);
  });
});

// Side by side, since both mostly wait for locks to run out.
describe('locks', () => {
  const patienceMs = 120_000;
  const timeout = 300_000;

  test.concurrent('a lock is renewed for as long as the handler runs', { timeout }, async () => {
    // Renewed when half of it is over: a process that is not given the processor for seven seconds is still in time.
    const lockMs = 15_000;
    const bus = await startTestBus('--lock', 'PT15S');
    const host = await startTestHost({ TEST_BUS: bus.connectionString });
    await bus.send('changes', { body: { envelope: { id: 'long', wait: 'long' } }, sessionId: 'long' });
    await bus.send('changes-bulk', { body: { envelope: { id: 'long-plain', wait: 'long' } } });
    const first = await starts(host, 'onSession', 1, patienceMs);
    const firstPlain = await starts(host, 'onPlain', 1, patienceMs);
    // No single renewal reaches that far. That a lock does not run out is announced by nothing.
    const startedAt = Math.max(first[0]?.at ?? 0, firstPlain[0]?.at ?? 0);
    await sleep(startedAt + 2 * lockMs - Date.now());
    await host.open('long');
    await eventually(async () => (await bus.left('changes')) === 0, patienceMs);
    await eventually(async () => (await bus.left('changes-bulk')) === 0, patienceMs);
    expect(occurrences(host, /Message processing error/)).toBe(0);
    expect(await host.seen('onSession', 0, 'start')).toHaveLength(1);
    expect(await host.seen('onPlain', 0, 'start')).toHaveLength(1);
    await host.child.stop();
    await bus.stop();
  });

  test.concurrent('a lost lock is logged, and the message comes again', { timeout }, async () => {
    const noRenewal = {
      AzureFunctionsJobHost__extensions__serviceBus__maxAutoLockRenewalDuration: '00:00:00',
    };
    const bus = await startTestBus('--lock', 'PT5S');
    const host = await startTestHost({ TEST_BUS: bus.connectionString, ...noRenewal });
    await bus.send('changes', { body: { envelope: { id: 'slow', wait: 'slow' } }, sessionId: 'slow' });
    // The first handler is still at work when the broker gives its message to another one.
    const [first, second] = await starts(host, 'onSession', 2, patienceMs);
    expect(first?.metadata?.['deliveryCount']).toBe(1);
    expect(second?.metadata?.['deliveryCount']).toBeGreaterThan(1);
    expect(occurrences(host, /Action=Complete/)).toBe(0);
    await host.open('slow');
    await host.logged(
      /Message processing error.*Action=Complete, EntityPath=changes, Endpoint=127\.0\.0\.1\): .*SessionLockLost/,
      patienceMs,
    );
    await eventually(async () => (await bus.left('changes')) === 0, patienceMs);
    await host.child.stop();
    await bus.stop();
  });
});

test('a bus that goes away and comes back on the same port is found again', async () => {
  const bus = await startTestBus();
  const host = await startTestHost({ TEST_BUS: bus.connectionString });
  await bus.send('changes', { body: { envelope: { id: 'before' } }, sessionId: 'one' });
  await host.seen('onSession', 1, 'end');
  await bus.stop();
  await host.logged(/Service Bus \(connection 'TEST_BUS'\) is unavailable/);
  const back = await startTestBus('--port', String(bus.port));
  await back.send('changes', { body: { envelope: { id: 'after' } }, sessionId: 'one' });
  await back.send('changes-bulk', { body: { envelope: { id: 'after-plain' } } });
  expect((await host.seen('onSession', 2, 'end'))[1]?.id).toBe('after');
  expect((await host.seen('onPlain', 1, 'end'))[0]?.id).toBe('after-plain');
  await host.logged(/is available again/);
  expect(occurrences(host, /is unavailable/)).toBe(1);
  await host.child.stop();
  await back.stop();
});

test('a queue that does not exist is reported for its function; the others work', async () => {
  const bus = await startTestBus();
  const host = await startTestHost({ TEST_BUS: bus.connectionString, SESSION_QUEUE: 'no-such-queue' });
  await host.logged(/The entity 'no-such-queue' of Service Bus .* is unavailable/);
  await bus.send('changes-bulk', { body: { envelope: { id: 'fine' } } });
  expect(await host.seen('onPlain', 1, 'end')).toHaveLength(1);
  expect(occurrences(host, /is unavailable/)).toBe(1);
  await host.child.stop();
  await bus.stop();
});

function starts(host: HostUnderTest, name: string, count: number, ms: number): Promise<readonly Seen[]> {
  return eventually(async () => {
    const seen = await host.seen(name, 0, 'start');
    return seen.length >= count && seen;
  }, ms);
}

function isFor(body: unknown, id: string): boolean {
  return (body as { envelope?: { id?: string } } | null | undefined)?.envelope?.id === id;
}
