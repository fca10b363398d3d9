import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { handleAdmin } from './admin-api.ts';
import type { AdminView } from './admin-api.ts';
import { errorText } from './error-text.ts';
import { Executor } from './executor.ts';
import type { FunctionKeys } from './function-keys.ts';
import { HostError } from './host-error.ts';
import type { HostLog } from './host-log.ts';
import { BodyTooLarge, encodeRequest, readBody, writeResult } from './http-exchange.ts';
import type { Route } from './http-route.ts';
import type { RegisteredFunction } from './registration.ts';

export interface HttpTrigger {
  readonly fn: RegisteredFunction;
  readonly route: Route;
  readonly methods: ReadonlySet<string>;
  readonly authLevel: string;
}

export interface HttpFrontOptions {
  readonly triggers: readonly HttpTrigger[];
  readonly admin: AdminView;
  readonly executor: Executor;
  readonly log: HostLog;
  readonly cors: readonly string[];
  readonly keys: FunctionKeys | undefined;
  readonly bodyLimit: number;
}

/** The host's HTTP side, on loopback only: functions by route, and the admin endpoints. */
export class HttpFront {
  readonly #options: HttpFrontOptions;
  readonly #triggers: readonly HttpTrigger[];
  readonly #server: Server;

  constructor(options: HttpFrontOptions) {
    this.#options = options;
    this.#triggers = [...options.triggers].sort((left, right) =>
      left.route.precedence < right.route.precedence ? -1 : 1,
    );
    this.#server = createServer((request, response) => void this.#serve(request, response));
  }

  async listen(port: number): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', (error: NodeJS.ErrnoException) => {
        reject(
          error.code === 'EADDRINUSE'
            ? new HostError(`Port ${port} is unavailable: choose another with --port.`)
            : error,
        );
      });
      this.#server.listen(port, '127.0.0.1', resolve);
    });
    return (this.#server.address() as AddressInfo).port;
  }

  /** No new requests; those under way get their answer. */
  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeIdleConnections();
    await closed;
  }

  closeAll(): void {
    this.#server.closeAllConnections();
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const url = new URL(request.url ?? '/', `http://${request.headers.host ?? '127.0.0.1'}`);
      if (this.#answerCors(request, response)) return;
      if (/^\/admin(\/|$)/i.test(url.pathname)) await this.#serveAdmin(request, response, url);
      else await this.#serveFunction(request, response, url);
    } catch (error) {
      if (response.headersSent) response.destroy();
      else if (error instanceof BodyTooLarge) response.writeHead(413, { connection: 'close' }).end();
      else {
        this.#options.log.error(
          `${request.method ?? ''} ${request.url ?? ''}: ${errorText(error)}`,
          'Host.Http',
        );
        response.writeHead(error instanceof TypeError ? 400 : 500).end();
      }
    }
  }

  async #serveAdmin(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
    const { keys, admin, bodyLimit } = this.#options;
    if (keys?.allows(request, url, 'admin') === false) {
      response.writeHead(401).end();
      return;
    }
    const body = await readBody(request, bodyLimit);
    const answer = handleAdmin(admin, request.method ?? 'GET', url.pathname, body.toString('utf8'));
    const text = answer.body === undefined ? '' : JSON.stringify(answer.body);
    response
      .writeHead(answer.status, text === '' ? {} : { 'content-type': 'application/json; charset=utf-8' })
      .end(text);
  }

  async #serveFunction(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
    const { keys, executor, bodyLimit } = this.#options;
    let isRouteKnown = false;
    for (const trigger of this.#triggers) {
      const params = trigger.route.match(url.pathname);
      if (params === undefined) continue;
      isRouteKnown = true;
      if (!trigger.methods.has(request.method ?? '')) continue;
      if (keys?.allows(request, url, trigger.authLevel, trigger.fn.metadata.name) === false) {
        response.writeHead(401).end();
        return;
      }
      const http = encodeRequest(request, url, params, await readBody(request, bodyLimit));
      const traceParent = request.headers['traceparent'];
      await executor.execute(
        trigger.fn,
        {
          reason: Executor.programmatic,
          input: { http },
          triggerMetadata: {},
          ...(typeof traceParent === 'string' ? { traceParent } : {}),
        },
        async (outcome) => {
          if (outcome.ok) writeResult(response, outcome.response.returnValue?.http);
          else response.writeHead(500).end();
          await ended(response);
        },
      );
      return;
    }
    response.writeHead(isRouteKnown ? 405 : 404).end();
  }

  #answerCors(request: IncomingMessage, response: ServerResponse): boolean {
    const origin = request.headers.origin;
    if (origin === undefined) return false;
    const { cors } = this.#options;
    if (!cors.includes('*') && !cors.includes(origin)) return false;
    response.setHeader('access-control-allow-origin', cors.includes('*') ? '*' : origin);
    if (request.method !== 'OPTIONS' || request.headers['access-control-request-method'] === undefined)
      return false;
    response.setHeader('access-control-allow-methods', request.headers['access-control-request-method']);
    const headers = request.headers['access-control-request-headers'];
    if (headers !== undefined) response.setHeader('access-control-allow-headers', headers);
    response.writeHead(204).end();
    return true;
  }
}

function ended(response: ServerResponse): Promise<void> {
  if (response.writableFinished || response.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    response.once('finish', resolve);
    response.once('close', resolve);
  });
}
