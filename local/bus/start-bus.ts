import { once } from 'node:events';
import type { AddressInfo, Server, Socket } from 'node:net';
import rhea, { type Connection, type EventContext } from 'rhea';
import { startAdmin } from './admin.ts';
import { Deadlines } from './deadlines.ts';
import { asReceiver, asSender, LinkRouter } from './link-router.ts';
import { loadQueueDefinitions } from './queue-definitions.ts';
import { Queue, type QueueCounts } from './queue.ts';
import {
  coalesceWrites,
  keepBytes,
  listenOptions,
  overlookLateDetach,
  type WireConnection,
  type WireSession,
} from './rhea-internals.ts';

export interface BusOptions {
  /** 0 or absent: any free port. */
  readonly port?: number;
  /** Connectors that `perConnector` queues are declared for. */
  readonly connectors?: readonly string[];
  /** A file in the shape of infra/queues.json, which is the default. */
  readonly queues?: string;
  /** Milliseconds; takes the place of every queue's own lock duration. */
  readonly lockDuration?: number;
}

export interface Bus {
  readonly port: number;
  readonly connectionString: string;
  /** Base URL of the loopback admin (README.md). */
  readonly admin: string;
  counts(): Record<string, QueueCounts>;
  /** Breaks every client's connection without a word, as a network does. */
  cutConnections(): number;
  stop(): Promise<void>;
}

const DEFAULT_QUEUES = new URL('../../infra/queues.json', import.meta.url);

/** Starts the broker on loopback; everything it holds is in memory. */
export async function startBus(options: BusOptions = {}): Promise<Bus> {
  const deadlines = new Deadlines();
  const queues = declareQueues(options, deadlines);
  const sockets = new Set<Socket>();
  const server = listen(options.port ?? 0, queues, deadlines, sockets);
  try {
    await once(server, 'listening');
  } catch (error) {
    deadlines.clear();
    throw error;
  }
  const { port } = server.address() as AddressInfo;
  const counts = () => Object.fromEntries([...queues.values()].map((queue) => [queue.path, queue.counts()]));
  const cutConnections = () => {
    const count = sockets.size;
    // With an error, because rhea listens for 'error' and 'end' but not for 'close'.
    for (const socket of sockets) socket.destroy(new Error('connection cut'));
    return count;
  };
  const admin = await startAdmin({ counts, cutConnections });
  return {
    port,
    connectionString: `Endpoint=sb://127.0.0.1:${port};SharedAccessKeyName=local;SharedAccessKey=local;UseDevelopmentEmulator=true;`,
    admin: admin.url,
    counts,
    cutConnections,
    async stop() {
      const closed = once(server, 'close');
      server.close();
      cutConnections();
      await Promise.all([closed, admin.stop()]);
      deadlines.clear();
    },
  };
}

/** Queues by lower-case path: addresses are matched without regard to case. */
function declareQueues(options: BusOptions, deadlines: Deadlines): Map<string, Queue> {
  const definitions = loadQueueDefinitions(
    options.queues ?? DEFAULT_QUEUES,
    options.connectors ?? ['corp'],
    options.lockDuration,
  );
  return new Map(
    definitions.map((definition) => [definition.name.toLowerCase(), new Queue(definition, deadlines)]),
  );
}

const DEAD_LETTERS = '/$deadletterqueue';

function listen(
  port: number,
  queues: ReadonlyMap<string, Queue>,
  deadlines: Deadlines,
  sockets: Set<Socket>,
): Server {
  const container = rhea.create_container({ id: 'dirbridge-local-bus' });
  const routers = new Map<Connection, LinkRouter>();
  const findQueue = (path: string) => {
    const key = path.toLowerCase();
    if (!key.endsWith(DEAD_LETTERS)) return queues.get(key);
    return queues.get(key.slice(0, -DEAD_LETTERS.length))?.deadLetters;
  };
  const routerOf = (connection: Connection) => {
    const known = routers.get(connection);
    if (known !== undefined) return known;
    const router = new LinkRouter(findQueue, deadlines, () => connection.hostname ?? '127.0.0.1');
    routers.set(connection, router);
    return router;
  };
  const forget = (connection: Connection) => {
    routers.get(connection)?.closeLinks();
    routers.delete(connection);
  };
  container.on('connection_open', ({ connection }: EventContext) =>
    overlookLateDetach(connection as unknown as WireConnection),
  );
  container.on('session_open', ({ session }: EventContext) => keepBytes(session as unknown as WireSession));
  container.on('receiver_open', (context: EventContext) =>
    routerOf(context.connection).openReceiver(asReceiver(context)),
  );
  container.on('sender_open', (context: EventContext) =>
    routerOf(context.connection).openSender(asSender(context)),
  );
  container.on('session_close', ({ connection, session }: EventContext) =>
    routers.get(connection)?.closeLinks(session as unknown as WireSession),
  );
  container.on('connection_close', ({ connection }: EventContext) => forget(connection));
  container.on('disconnected', ({ connection }: EventContext) => forget(connection));
  // A client's errors (a broken frame, a refused link) end its own connection or link, never the broker.
  for (const event of [
    'error',
    'protocol_error',
    'connection_error',
    'session_error',
    'sender_error',
    'receiver_error',
  ]) {
    container.on(event, (cause: unknown) => {
      if (cause instanceof Error) console.error(`${event}: ${cause.stack ?? cause.message}`);
    });
  }
  const server = container.listen(listenOptions(port));
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('data', () => coalesceWrites(socket));
    socket.once('close', () => sockets.delete(socket));
  });
  return server;
}
