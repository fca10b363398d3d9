import { describe, expect, test } from 'vitest';
import host from '../../../host.json' with { type: 'json' };
import { patienceMs } from '../../../functions/settle-message.ts';
import { triggers } from '../../../functions/triggers.ts';
import queueFile from '../../../infra/queues.json' with { type: 'json' };
import { settingTable } from '../../../shared/settings/setting-table.ts';

/** Three files say together how messages are handled; the host believes each of them. */
const queueTriggers = triggers.filter((trigger) => trigger.kind === 'queue');
const { serviceBus } = host.extensions;

/** `[d.]hh:mm:ss`, as host.json writes times. */
function milliseconds(text: string): number {
  const [, days = '0', hours = '', minutes = '', seconds = ''] =
    /^(?:(\d+)\.)?(\d\d):(\d\d):(\d\d)$/.exec(text) ?? [];
  expect(hours, text).not.toBe('');
  return (((Number(days) * 24 + Number(hours)) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1_000;
}

describe('triggers', () => {
  test.each(queueTriggers.map(({ options }) => options))(
    '$queueName agrees with infra/queues.json',
    (options) => {
      const queue = queueFile.queues.find(({ name }) => name === options.queueName);
      expect(queue).toMatchObject({ requiresSession: options.isSessionsEnabled, perConnector: false });
      expect(settingTable).toHaveProperty([options.connection]);
    },
  );

  test('what agents send and the cloud sends itself is read, what is for agents and people is not', () => {
    expect(queueTriggers.map(({ options }) => options.queueName)).toEqual([
      'changes',
      'changes-bulk',
      'agent-reports',
    ]);
  });

  test('names are unique and settings in options exist', () => {
    expect(new Set(triggers.map(({ name }) => name)).size).toBe(triggers.length);
    const named = [...JSON.stringify(triggers.map(({ options }) => options)).matchAll(/%(\w+)%/g)];
    expect(named.length).toBeGreaterThan(0);
    for (const [, setting = ''] of named) expect(settingTable).toHaveProperty([setting]);
  });
});

describe('host.json', () => {
  test('as many sessions as partitions, given up when idle for a second, one message at a time in each', () => {
    expect(serviceBus).toMatchObject({
      maxConcurrentSessions: 64,
      maxConcurrentCallsPerSession: 1,
      prefetchCount: 0,
      autoCompleteMessages: true,
    });
    expect(milliseconds(serviceBus.sessionIdleTimeout)).toBe(1_000);
  });

  test('a handler that waits out an outage is neither cut off nor loses its lock', () => {
    // The last attempt of a handler may itself take a slice (10 s) and an attempt on the target (60 s).
    const longest = patienceMs + 70_000;
    expect(milliseconds(host.functionTimeout)).toBeGreaterThan(longest);
    expect(milliseconds(serviceBus.maxAutoLockRenewalDuration)).toBeGreaterThan(longest);
  });

  test('redeliveries of what is not counted as failure do not end in the dead letters', () => {
    for (const { options } of queueTriggers) {
      const queue = queueFile.queues.find(({ name }) => name === options.queueName);
      expect(queue?.maxDeliveryCount).toBe(100);
    }
  });
});
