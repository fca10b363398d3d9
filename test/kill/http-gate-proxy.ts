import { Agent, createServer, request as ask, type IncomingMessage, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { Crossing, Gates } from './gates.ts';

export interface HttpRoute {
  readonly client: string;
  readonly service: 'tables' | 'graph';
  /** Where the service listens on 127.0.0.1. */
  readonly port: number;
  readonly gates: Gates;
  /** Told of everything that the service has answered, whether or not the answer reaches the client. */
  readonly onAnswered?: (exchange: Exchange) => void;
}

export interface Exchange {
  readonly client: string;
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly body: Buffer;
  readonly answer: Buffer;
}

interface Answer {
  readonly status: number;
  readonly headers: readonly string[];
  readonly body: Buffer;
}

/**
 * Stands before an HTTP service for one client. Requests and answers pass whole, so that a gate can stop either.
 * Headers go through as they came, Host included: Graph makes its links from it, and the tables' signature leaves it out.
 */
export class HttpGateProxy {
  readonly port: number;
  readonly #route: HttpRoute;
  readonly #server;
  readonly #upstream = new Agent({ keepAlive: true });
  #isRefusing = false;

  private constructor(route: HttpRoute, server: ReturnType<typeof createServer>) {
    this.#route = route;
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      // A connection that breaks on either side breaks on the other: nothing is answered that was not said.
      this.#carry(request, response).catch(() => response.socket?.destroy());
    });
    server.on('connection', (socket) => {
      if (this.#isRefusing) socket.destroy();
    });
  }

  static async start(route: HttpRoute): Promise<HttpGateProxy> {
    // Longer than clients pause: a connection that closes by itself would be a fault that nobody ordered.
    const server = createServer({ keepAliveTimeout: 600_000 });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new HttpGateProxy(route, server);
  }

  /** Breaks all connections; what the service was just doing it does, and the answer is lost. */
  cut(): void {
    this.#server.closeAllConnections();
  }

  refuse(isRefusing: boolean): void {
    this.#isRefusing = isRefusing;
    if (isRefusing) this.cut();
  }

  async stop(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    this.#upstream.destroy();
    await once(this.#server, 'close');
  }

  async #carry(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { client, service } = this.#route;
    const body = await readAll(request);
    const [method, path] = [request.method ?? 'GET', request.url ?? '/'];
    const common = { client, service, what: `${method} ${path}` };
    const said = (): string => body.toString('latin1');
    await this.#pass({ ...common, way: 'request', text: said, asked: () => '' });
    const answer = await this.#forward(request, body);
    this.#route.onAnswered?.({ client, method, path, status: answer.status, body, answer: answer.body });
    const heard = (): string => answer.body.toString('latin1');
    await this.#pass({ ...common, way: 'answer', text: heard, asked: said });
    response.writeHead(answer.status, answer.headers as string[]).end(answer.body);
  }

  /** Resolves when the crossing may go on; rejects when it is dropped. */
  #pass(crossing: Crossing): Promise<void> {
    return new Promise((resolve, reject) => {
      const held = { release: resolve, drop: () => reject(new Error('dropped')) };
      if (!this.#route.gates.stops(crossing, held)) resolve();
    });
  }

  async #forward(request: IncomingMessage, body: Buffer): Promise<Answer> {
    const upstream = ask({
      host: '127.0.0.1',
      port: this.#route.port,
      agent: this.#upstream,
      method: request.method,
      path: request.url,
      headers: withoutHopHeaders(request.rawHeaders),
      setHost: false,
    });
    upstream.end(body);
    const [answer] = (await once(upstream, 'response')) as [IncomingMessage];
    const headers = withoutHopHeaders(answer.rawHeaders);
    return { status: answer.statusCode ?? 502, headers, body: await readAll(answer) };
  }
}

async function readAll(stream: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** What concerns one connection only. Bodies go on whole, but a length that was given stays as it was. */
const hopHeaders = new Set(['connection', 'keep-alive', 'transfer-encoding']);

function withoutHopHeaders(raw: readonly string[]): string[] {
  const kept: string[] = [];
  for (let at = 0; at < raw.length; at += 2) {
    const [name = '', value = ''] = raw.slice(at, at + 2);
    if (!hopHeaders.has(name.toLowerCase())) kept.push(name, value);
  }
  return kept;
}
