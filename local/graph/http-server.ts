import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { answerError, type Answer } from './answer.ts';
import { runBatch } from './batch.ts';
import type { Engine, Executed, Incoming } from './engine.ts';
import { answerIdentity, graphAudiences, type PlainRequest } from './identity-routes.ts';
import { isJsonObject, type JsonObject } from './json.ts';
import { answerLocal, type LocalParts } from './local-routes.ts';
import { Refusal, refuse } from './refusal.ts';
import { wallClock } from './wall-clock.ts';

export interface ServerParts extends LocalParts {
  readonly engine: Engine;
}

const maxBody = 4 * 1024 * 1024;

export async function listen(port: number, parts: ServerParts): Promise<{ server: Server; origin: string }> {
  const server = createServer((request, response) => {
    serve(request, response, parts).catch((error: unknown) => {
      console.error(error);
      response.destroy();
    });
  });
  // Longer than any client keeps a connection idle: the emulator is never the side that closes first.
  server.keepAliveTimeout = 120_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return { server, origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

async function serve(request: IncomingMessage, response: ServerResponse, parts: ServerParts): Promise<void> {
  const startedAt = wallClock();
  const text = await readText(request);
  const url = request.url ?? '/';
  const origin = `http://${request.headers.host ?? '127.0.0.1'}`;
  const plain = plainRequest(request, url, text ?? '', origin);
  if (text === undefined) {
    send(
      response,
      answerError(new Refusal(413, 'RequestEntityTooLarge', 'The body is too large.'), plain.headers),
    );
  } else if (plain.path.startsWith('/_local/')) {
    const { status, body } = answerLocal(plain, parts);
    send(response, { kind: 'answer', status, headers: {}, body });
  } else if (plain.path.startsWith('/v1.0/')) {
    await serveGraph(response, plain, url, startedAt, parts);
  } else {
    send(response, await answerOther(plain, url, parts));
  }
}

/** Token endpoints can be made to fail like everything else. */
async function answerOther(plain: PlainRequest, url: string, parts: ServerParts): Promise<Answer> {
  const fault = parts.faults.take(plain.method, url);
  if (fault?.delayMs !== undefined) await setTimeout(fault.delayMs, undefined, { ref: false });
  if (fault?.hang === true) return { kind: 'hang' };
  if (fault?.garbage === true || fault?.garbage === 'html')
    return { kind: 'garbage', isHtml: fault.garbage === 'html' };
  if (fault?.dropAfterApply === true || fault?.dropBeforeApply === true) return { kind: 'drop' };
  if (fault?.status !== undefined) {
    const body = fault.body ?? {
      error: fault.code ?? 'server_error',
      error_description: fault.message ?? '',
    };
    return { kind: 'answer', status: fault.status, headers: fault.headers ?? {}, body };
  }
  const identity = answerIdentity(plain, parts.issuer, parts.identity);
  if (identity !== undefined)
    return { kind: 'answer', status: identity.status, headers: {}, body: identity.body };
  const version = plain.path.split('/')[1] ?? '';
  return answerError(refuse.malformed(`Invalid version: ${version}`), plain.headers);
}

async function serveGraph(
  response: ServerResponse,
  plain: PlainRequest,
  url: string,
  startedAt: number,
  parts: ServerParts,
): Promise<void> {
  const { method, headers, origin } = plain;
  const parsed = parseBody(plain);
  const incoming: Incoming = {
    method,
    path: url,
    headers,
    body: parsed instanceof Refusal ? undefined : parsed,
    startedAt,
    batch: null,
    origin,
    caller: () => {
      const caller = parts.issuer.check(headers['authorization'], graphAudiences(origin));
      if (parsed instanceof Refusal) throw parsed;
      return caller;
    },
  };
  const isBatch = method === 'POST' && /^\/v1\.0\/(\$|%24)batch$/i.test(plain.path);
  const { answer, entries } = isBatch ? await serveBatch(incoming, parts) : await serveOne(incoming, parts);
  send(response, answer);
  const answeredAt = wallClock();
  for (const entry of entries) parts.log.append({ ...entry, answeredAt });
}

interface Served {
  readonly answer: Answer;
  readonly entries: readonly Executed['entry'][];
}

async function serveOne(incoming: Incoming, parts: ServerParts): Promise<Served> {
  const { answer, entry } = await parts.engine.execute(incoming);
  return { answer, entries: [entry] };
}

/** The envelope costs nothing and is not counted: what it carries is, part by part. */
async function serveBatch(incoming: Incoming, parts: ServerParts): Promise<Served> {
  const { engine, tenant, log } = parts;
  let executed: readonly Executed[] = [];
  const envelope = await engine.envelope(incoming, async (caller) => {
    const userAgent = incoming.headers['user-agent'];
    const batch = log.nextBatch();
    const run = { engine, random: tenant.random, caller, origin: incoming.origin, batch, userAgent };
    const done = await runBatch(incoming.body, run);
    executed = done.executed;
    return done.answer;
  });
  return { answer: envelope.answer, entries: [envelope.entry, ...executed.map(({ entry }) => entry)] };
}

function parseBody({ method, text }: PlainRequest): JsonObject | undefined | Refusal {
  if (text === '' || method === 'GET' || method === 'DELETE') return undefined;
  try {
    const body: unknown = JSON.parse(text);
    if (isJsonObject(body)) return body;
  } catch {
    // Refused below, like a body that is no object.
  }
  return refuse.malformed(
    'Unable to read JSON request payload. Please ensure Content-Type header is set and payload is of valid JSON format.',
  );
}

function plainRequest(request: IncomingMessage, url: string, text: string, origin: string): PlainRequest {
  const headers = Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(', ') : (value ?? ''),
    ]),
  );
  const at = url.indexOf('?');
  return {
    method: request.method ?? 'GET',
    path: at < 0 ? url : url.slice(0, at),
    query: new URLSearchParams(at < 0 ? '' : url.slice(at + 1)),
    headers,
    text,
    origin,
  };
}

/** undefined: too large; the rest is read and thrown away, so that the answer arrives. */
async function readText(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= maxBody) chunks.push(chunk);
  }
  return size > maxBody ? undefined : Buffer.concat(chunks).toString('utf8');
}

function send(response: ServerResponse, answer: Answer): void {
  switch (answer.kind) {
    case 'hang':
      return;
    case 'drop':
      response.destroy();
      return;
    case 'garbage':
      response
        .writeHead(200, { 'content-type': answer.isHtml ? 'text/html' : 'application/json' })
        .end(answer.isHtml ? '<html><body>Our services' : '{"@odata.context":"htt');
      return;
    case 'answer': {
      const { status, headers, body } = answer;
      if (body === undefined) {
        response.writeHead(status, headers).end();
        return;
      }
      const text = JSON.stringify(body);
      const type = { 'content-type': 'application/json;odata.metadata=minimal;charset=utf-8' };
      response
        .writeHead(status, { ...type, ...headers, 'content-length': Buffer.byteLength(text) })
        .end(text);
    }
  }
}
