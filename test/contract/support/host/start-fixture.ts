import { setTimeout as sleep } from 'node:timers/promises';
import { ServiceBusClient } from '@azure/service-bus';
import type { ServiceBusMessage } from '@azure/service-bus';
import { startChild } from '../../../../local/children.ts';
import type { Child } from '../../../../local/children.ts';

export const fixtureApp = new URL('./app', import.meta.url).pathname;

export interface Bus {
  readonly connectionString: string;
  readonly port: number;
  readonly client: ServiceBusClient;
  send(queue: string, ...messages: ServiceBusMessage[]): Promise<void>;
  /** Messages that are left in a queue, locked ones included. */
  left(queue: string): Promise<number>;
  deadLettered(queue: string): Promise<number>;
  cutConnections(): Promise<void>;
  stop(): Promise<void>;
}

interface Counts {
  readonly active: number;
  readonly deadLetter: number;
}

/** The local broker as its own process, and a client on it. */
export async function startTestBus(...flags: string[]): Promise<Bus> {
  const child = await startChild('bus', [process.execPath, 'local/bus/main.ts', '--port', '0', ...flags]);
  const { connectionString, admin, port } = child.ready as {
    connectionString: string;
    admin: string;
    port: number;
  };
  const client = new ServiceBusClient(connectionString, {
    retryOptions: { maxRetries: 3, retryDelayInMs: 100 },
  });
  const counts = async (queue: string) => {
    const all = (await (await fetch(`${admin}/queues`)).json()) as Record<string, Counts>;
    return all[queue] ?? { active: 0, deadLetter: 0 };
  };
  return {
    connectionString,
    port,
    client,
    async send(queue, ...messages) {
      const sender = client.createSender(queue);
      await sender.sendMessages(messages);
      await sender.close();
    },
    left: async (queue) => (await counts(queue)).active,
    deadLettered: async (queue) => (await counts(queue)).deadLetter,
    async cutConnections() {
      await fetch(`${admin}/connections`, { method: 'DELETE' });
    },
    async stop() {
      await client.close();
      await child.stop();
    },
  };
}

export interface Seen {
  readonly at: number;
  readonly phase?: string;
  readonly id?: string;
  readonly body?: unknown;
  readonly type?: string;
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly [key: string]: unknown;
}

export interface HostUnderTest {
  readonly child: Child;
  readonly url: string;
  readonly log: readonly string[];
  readonly functions: readonly string[];
  readonly failed: readonly { readonly name: string; readonly reason: string }[];
  readonly disabled: readonly string[];
  /** Records of a function; waits until there are `count`. */
  seen(name: string, count?: number, phase?: string): Promise<readonly Seen[]>;
  open(gate: string): Promise<void>;
  fire(name: string, input?: string): Promise<number>;
  /** Waits for a log line. */
  logged(pattern: RegExp, ms?: number): Promise<string>;
}

export async function startTestHost(
  env: Readonly<Record<string, string>>,
  options: { readonly app?: string; readonly flags?: readonly string[] } = {},
): Promise<HostUnderTest> {
  const log: string[] = [];
  const child = await startChild(
    'host',
    [
      process.execPath,
      'local/host/main.ts',
      '--app',
      options.app ?? fixtureApp,
      '--port',
      '0',
      ...(options.flags ?? []),
    ],
    {
      env: {
        SESSION_QUEUE: 'changes',
        TICK_SCHEDULE: '0 0 0 1 1 *',
        'AzureWebJobs.switchedOff.Disabled': 'true',
        ...env,
      },
      onError: (line) => void log.push(line),
    },
  );
  const ready = child.ready as {
    url: string;
    functions: { name: string }[];
    failed: { name: string; reason: string }[];
    disabled: string[];
  };
  return {
    child,
    url: ready.url,
    log,
    functions: ready.functions.map((fn) => fn.name),
    failed: ready.failed,
    disabled: ready.disabled,
    async seen(name, count = 0, phase) {
      const query = new URLSearchParams({
        name,
        count: String(count),
        ...(phase === undefined ? {} : { phase }),
      });
      return (await (await fetch(`${ready.url}/api/seen?${query.toString()}`)).json()) as Seen[];
    },
    async open(gate) {
      await fetch(`${ready.url}/api/open`, { method: 'POST', body: gate });
    },
    async fire(name, input = '') {
      const body = JSON.stringify({ input });
      return (await fetch(`${ready.url}/admin/functions/${name}`, { method: 'POST', body })).status;
    },
    logged: (pattern, ms) => eventually(() => Promise.resolve(log.find((line) => pattern.test(line))), ms),
  };
}

/** Polls until the probe answers something, with a deadline; for what no event announces. */
export async function eventually<T>(probe: () => Promise<T | undefined | false>, ms = 15_000): Promise<T> {
  const deadline = Date.now() + ms;
  for (;;) {
    const value = await probe();
    if (value !== undefined && value !== false) return value;
    if (Date.now() > deadline) throw new Error(`nothing came of it in ${ms} ms: ${probe.toString()}`);
    await sleep(20);
  }
}

export function isEmpty(bus: Bus, queue: string): Promise<true> {
  return eventually(async () => (await bus.left(queue)) === 0);
}
