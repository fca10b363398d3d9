import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, connect, type AddressInfo } from 'node:net';
import { ServiceBusClient } from '@azure/service-bus';
import { describe, expect, it } from 'vitest';
import { startBus } from '../../local/bus/start-bus.ts';
import { startChild } from '../../local/children.ts';

const MAIN = 'local/bus/main.ts';

/** Runs the command until it ends by itself. */
async function run(...args: string[]): Promise<{ code: number | null; out: string; err: string }> {
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let [out, err] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, out, err };
}

const start = (...args: string[]) => startChild('bus', [process.execPath, MAIN, ...args]);

describe('node local/bus/main.ts', () => {
  it('declares the queues of infra/queues.json, the perConnector ones once a connector, and stops cleanly', async () => {
    const lines: string[] = [];
    const bus = await startChild('bus', [process.execPath, MAIN, '--connectors', 'corp,other'], {
      onLine: (line) => lines.push(line),
    });
    expect(bus.ready['connectionString']).toBe(
      `Endpoint=sb://127.0.0.1:${String(bus.ready['port'])};SharedAccessKeyName=local;SharedAccessKey=local;UseDevelopmentEmulator=true;`,
    );
    const counts = (await (await fetch(`${String(bus.ready['admin'])}/queues`)).json()) as Record<
      string,
      unknown
    >;
    expect(Object.keys(counts).sort()).toEqual([
      'agent-commands-corp',
      'agent-commands-other',
      'agent-leases-corp',
      'agent-leases-other',
      'agent-replies',
      'agent-reports',
      'changes',
      'changes-bulk',
      'cloud-signals',
      'poison',
    ]);
    expect(counts['poison']).toEqual({
      active: 0,
      scheduled: 0,
      deferred: 0,
      deadLetter: 0,
      sent: 0,
      received: 0,
    });
    expect(await bus.stop()).toBe(0);
    expect(lines).toEqual([]);
  });

  it('explains itself, and refuses what it does not understand with exit code 2', async () => {
    const help = await run('--help');
    expect(help).toMatchObject({ code: 0, err: '' });
    expect(help.out).toContain('--connectors');
    for (const [args, word] of [
      [['--prot', '1'], '--prot'],
      [['--port', 'x'], '--port x'],
      [['--port', '70000'], '--port 70000'],
      [['--lock', '5'], '--lock 5'],
      [['--lock', 'PT0S'], '--lock PT0S'],
      [['--connectors', 'a b'], "'a b'"],
      [['surplus'], 'surplus'],
    ] as const) {
      const refused = await run(...args);
      expect([refused.code, refused.out]).toEqual([2, '']);
      expect(refused.err).toContain(word);
    }
  });

  it('says what is wrong with a port in use or a missing file, with exit code 1', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const taken = await run('--port', String(port));
    server.close();
    expect(taken.code).toBe(1);
    expect(taken.err).toContain(`the port is in use`);
    const missing = await run('--queues', 'no-such-file.json');
    expect(missing.code).toBe(1);
    expect(missing.err).toContain('no-such-file.json');
  });

  it('outlives a client that speaks no AMQP', async () => {
    const bus = await start();
    for (const rubbish of [
      'GET / HTTP/1.1\r\n\r\n',
      'AMQP\x00\x01\x00\x00\x00\x00\x00\x08\x02\x00\x00\x00\xff\xff',
      '\x00',
    ]) {
      const socket = connect(Number(bus.ready['port']), '127.0.0.1');
      socket.on('error', () => undefined);
      await once(socket, 'connect');
      socket.end(rubbish);
      socket.resume();
      await once(socket, 'close');
    }
    const client = new ServiceBusClient(String(bus.ready['connectionString']));
    await client.createSender('poison').sendMessages({ body: 1 });
    await client.close();
    expect(await bus.stop()).toBe(0);
  });

  it('takes a session from a client that is stopped (SIGSTOP) when its lock runs out', async () => {
    const bus = await start('--lock', 'PT1S');
    const connection = String(bus.ready['connectionString']);
    const script = `
      import { ServiceBusClient } from '@azure/service-bus';
      const receiver = await new ServiceBusClient(${JSON.stringify(connection)}).acceptSession('agent-leases-corp', 'corp');
      await receiver.setSessionState('held');
      receiver.subscribe({ processMessage: async () => {}, processError: async ({ error }) => console.log(error.code) });
      console.log('{"ready":true}');`;
    const lines: string[] = [];
    const holder = await startChild('holder', [process.execPath, '--input-type=module', '-e', script], {
      onLine: (line) => lines.push(line),
    });
    const client = new ServiceBusClient(connection, { retryOptions: { maxRetries: 0 } });
    const isHeld = async () =>
      client.acceptSession('agent-leases-corp', 'corp').then(undefined, () => undefined);
    // Renewed by the SDK while it runs: held beyond its duration.
    const runs = Date.now();
    while (Date.now() < runs + 2_500) expect(await isHeld()).toBeUndefined();
    holder.process.kill('SIGSTOP');
    const stopped = Date.now();
    let taken = await isHeld();
    while (taken === undefined && Date.now() < stopped + 5_000) taken = await isHeld();
    expect(Date.now() - stopped).toBeLessThan(2_000);
    expect(await taken?.getSessionState()).toBe('held');
    holder.process.kill('SIGCONT');
    while (!lines.includes('SessionLockLost') && Date.now() < stopped + 8_000) await isHeld();
    expect(lines).toContain('SessionLockLost');
    await client.close();
    await holder.stop();
    await bus.stop();
  });
});

describe('startBus', () => {
  it('runs inside the process of its client, and stops while clients are connected', async () => {
    const bus = await startBus({ lockDuration: 2_000 });
    const client = new ServiceBusClient(bus.connectionString, {
      retryOptions: { maxRetries: 0, timeoutInMs: 2_000 },
    });
    await client.createSender('poison').sendMessages([{ body: 1 }, { body: 2 }]);
    const receiver = client.createReceiver('poison');
    const [message] = await receiver.receiveMessages(1);
    expect(message?.body).toBe(1);
    expect(bus.counts()['poison']).toMatchObject({ active: 2, sent: 2, received: 1 });
    if (message !== undefined) await receiver.completeMessage(message);
    expect(bus.counts()['poison']).toMatchObject({ active: 1 });
    // The SDK's close() never ends once the broker has gone, so a bare socket is what stays connected.
    await client.close();
    const socket = connect(bus.port, '127.0.0.1');
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    await bus.stop();
    await expect(fetch(`${bus.admin}/queues`)).rejects.toThrow();
  });
});

describe('speed (printed, not judged)', () => {
  it('single awaited sends, batches, and a subscriber', async () => {
    const bus = await start();
    const client = new ServiceBusClient(String(bus.ready['connectionString']));
    const sender = client.createSender('poison');
    const message = { body: { text: 'x'.repeat(350) } };
    const rate = async (count: number, work: () => Promise<void>) => {
      const begun = performance.now();
      await work();
      return Math.round(count / ((performance.now() - begun) / 1_000));
    };
    await sender.sendMessages(message);
    const single = await rate(1_000, async () => {
      for (let n = 0; n < 1_000; n += 1) await sender.sendMessages(message);
    });
    const batched = await rate(10_000, async () => {
      for (let n = 0; n < 10_000; n += 500)
        await sender.sendMessages(Array.from({ length: 500 }, () => message));
    });
    let seen = 0;
    const subscribed = await rate(5_000, async () => {
      const receiver = client.createReceiver('poison');
      await new Promise<void>((resolve) => {
        const processMessage = async () => {
          await Promise.resolve();
          if ((seen += 1) === 5_000) resolve();
        };
        receiver.subscribe(
          { processMessage, processError: ({ error }) => Promise.reject(error) },
          { maxConcurrentCalls: 32 },
        );
      });
      await receiver.close();
    });
    console.log(`bus: ${single}/s awaited sends, ${batched}/s in batches, ${subscribed}/s to a subscriber`);
    expect(seen).toBeGreaterThanOrEqual(5_000);
    await client.close();
    expect(await bus.stop()).toBe(0);
  });
});
