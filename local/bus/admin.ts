import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { QueueCounts } from './queue.ts';

interface AdminSource {
  counts(): Record<string, QueueCounts>;
  cutConnections(): number;
}

interface Admin {
  readonly url: string;
  stop(): Promise<void>;
}

/** What tests and benches ask the broker beside the protocol: counts, and to break connections. Loopback only. */
export async function startAdmin(source: AdminSource): Promise<Admin> {
  const server = createServer((request, response) => {
    const route = `${request.method ?? ''} ${request.url ?? ''}`;
    if (route === 'GET /queues') {
      answer(response, 200, source.counts());
      return;
    }
    if (route === 'DELETE /connections') {
      answer(response, 200, { cut: source.cutConnections() });
      return;
    }
    answer(response, 404, { error: `no ${route}; there are GET /queues and DELETE /connections` });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    async stop() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
