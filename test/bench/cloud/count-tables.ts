import { once } from 'node:events';
import { Agent, createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface TableCounts {
  readonly requests: number;
  /** Rows written, read or asked for in vain. */
  readonly rows: number;
  /** Bytes of bodies, both ways. */
  readonly bytes: number;
}

export interface TableCounter {
  /** Leads to the same account through the counter. */
  readonly connectionString: string;
  counts(): TableCounts;
  stop(): Promise<void>;
}

/** Stands before the tables and counts what passes; it changes nothing. */
export async function countTables(connectionString: string): Promise<TableCounter> {
  const endpoint = new URL(/TableEndpoint=([^;]+)/.exec(connectionString)?.[1] ?? '');
  const agent = new Agent({ keepAlive: true });
  let counts: TableCounts = { requests: 0, rows: 0, bytes: 0 };
  const server = createServer((incoming, outgoing) => {
    pass(incoming, outgoing, { endpoint, agent })
      .then(({ asked, answered }) => {
        const bytes = counts.bytes + asked.length + answered.length;
        counts = {
          requests: counts.requests + 1,
          rows: counts.rows + rowsOf(incoming, asked, answered),
          bytes,
        };
      })
      .catch(() => outgoing.destroy());
  });
  server.keepAliveTimeout = 60_000;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    connectionString: connectionString.replace(endpoint.host, `127.0.0.1:${port}`),
    counts: () => counts,
    async stop() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
      agent.destroy();
    },
  };
}

async function pass(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  { endpoint, agent }: { readonly endpoint: URL; readonly agent: Agent },
): Promise<{ readonly asked: Buffer; readonly answered: Buffer }> {
  const asked = Buffer.concat(await incoming.toArray());
  const { hostname, port } = endpoint;
  const { method, url, headers } = incoming;
  const onward = request({ agent, hostname, port, method, path: url, headers });
  onward.end(asked);
  const [answer] = (await once(onward, 'response')) as [IncomingMessage];
  const answered = Buffer.concat(await answer.toArray());
  outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
  outgoing.end(answered);
  return { asked, answered };
}

/** A transaction names its rows in the request, a query in the answer; anything else is about one row. */
function rowsOf({ url = '' }: IncomingMessage, asked: Buffer, answered: Buffer): number {
  if (url.includes('$batch')) return countOf(asked, /^(?:PUT|POST|DELETE|MERGE|PATCH) http/gm);
  if (url.includes('$filter')) return countOf(answered, /"RowKey"\s*:/g);
  return 1;
}

const countOf = (body: Buffer, pattern: RegExp): number =>
  [...body.toString('latin1').matchAll(pattern)].length;
