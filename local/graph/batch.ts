import type { Answer } from './answer.ts';
import type { Caller } from './call.ts';
import type { Engine, Executed } from './engine.ts';
import { isJsonObject, textOf, type Json, type JsonObject } from './json.ts';
import { Refusal, refuse } from './refusal.ts';
import type { SeededRandom } from './seeded-random.ts';
import { wallClock } from './wall-clock.ts';

interface Part {
  readonly id: string;
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: JsonObject | undefined;
  readonly dependsOn: readonly string[];
}

export interface BatchRun {
  readonly engine: Engine;
  readonly random: SeededRandom;
  readonly caller: Caller;
  readonly origin: string;
  readonly batch: number;
  readonly userAgent: string | undefined;
}

/** 20 parts at most, each with an answer of its own; the order of the answers says nothing (batching page). */
export async function runBatch(
  body: JsonObject | undefined,
  run: BatchRun,
): Promise<{ answer: Answer; executed: readonly Executed[] }> {
  const parts = readParts(body);
  const running = new Map<string, Promise<Executed>>();
  const start = (part: Part): Promise<Executed> => {
    const started =
      running.get(part.id) ?? execute(part, run, () => part.dependsOn.map((id) => start(partOf(parts, id))));
    running.set(part.id, started);
    return started;
  };
  const executed = await Promise.all(parts.map(start));
  const broken = executed.find(({ answer }) => answer.kind === 'hang' || answer.kind === 'drop');
  if (broken !== undefined) return { answer: broken.answer, executed };
  const responses = parts.map((part, index) => describe(part.id, executed[index]?.answer));
  return {
    answer: { kind: 'answer', status: 200, headers: {}, body: { responses: shuffle(responses, run.random) } },
    executed,
  };
}

async function execute(part: Part, run: BatchRun, awaited: () => Promise<Executed>[]): Promise<Executed> {
  const before = await Promise.all(awaited());
  const isFailed = before.some(({ answer }) => answer.kind !== 'answer' || answer.status >= 400);
  const path = `/v1.0${part.url.startsWith('/') ? '' : '/'}${part.url}`;
  const userAgent: Record<string, string> =
    run.userAgent === undefined ? {} : { 'user-agent': run.userAgent };
  const incoming = {
    ...part,
    path,
    headers: { ...userAgent, ...part.headers },
    startedAt: wallClock(),
    batch: run.batch,
    origin: run.origin,
    caller: () => {
      if (isFailed) throw failedDependency();
      return run.caller;
    },
  };
  return run.engine.execute(incoming);
}

function failedDependency(): Refusal {
  return new Refusal(424, 'FailedDependency', 'A request that this one depends on has failed.');
}

function readParts(body: JsonObject | undefined): Part[] {
  const requests = body?.['requests'];
  if (!Array.isArray(requests) || requests.length === 0)
    throw refuse.malformed("Invalid batch payload format: 'requests' is missing.");
  if (requests.length > 20)
    throw refuse.malformed('Number of batch request steps exceeds the maximum value of 20.');
  const parts = requests.map(readPart);
  const ids = new Set<string>();
  for (const { id } of parts) {
    if (ids.has(id.toLowerCase())) throw refuse.malformed(`Request id : ${id} is duplicated.`);
    ids.add(id.toLowerCase());
  }
  for (const part of parts) checkDependencies(parts, part, []);
  return parts;
}

function readPart(request: Json): Part {
  if (!isJsonObject(request)) throw refuse.malformed('Invalid batch payload format.');
  const { id, method, url, headers = {}, body, dependsOn = [] } = request;
  if (
    typeof id !== 'string' ||
    typeof method !== 'string' ||
    typeof url !== 'string' ||
    !isJsonObject(headers)
  )
    throw refuse.malformed('Invalid batch payload format: id, method and url are required.');
  if (!Array.isArray(dependsOn)) throw refuse.malformed(`Request id : ${id} has an invalid dependsOn.`);
  if (/^https?:/i.test(url)) throw refuse.malformed(`Request id : ${id} must have a relative url.`);
  const lower = Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), textOf(value)]),
  );
  // The whole batch fails, also for a write that needs no body: restore and revokeSignInSessions take {}.
  const isWrite = ['POST', 'PATCH', 'PUT'].includes(method.toUpperCase());
  if (isWrite && (lower['content-type'] === undefined || body === undefined))
    throw refuse.malformed(`Write request id : ${id} does not contain Content-Type header or body.`);
  const known = body !== undefined && isJsonObject(body) ? body : undefined;
  return {
    id,
    method: method.toUpperCase(),
    url,
    headers: lower,
    body: known,
    dependsOn: dependsOn.map(String),
  };
}

function checkDependencies(parts: readonly Part[], part: Part, path: readonly string[]): void {
  if (path.includes(part.id)) throw refuse.malformed(`Request id : ${part.id} depends on itself.`);
  for (const id of part.dependsOn) checkDependencies(parts, partOf(parts, id), [...path, part.id]);
}

function partOf(parts: readonly Part[], id: string): Part {
  const part = parts.find((candidate) => candidate.id.toLowerCase() === id.toLowerCase());
  if (part === undefined)
    throw refuse.malformed(`Request id : ${id}, which another one depends on, is unknown.`);
  return part;
}

function describe(id: string, answer: Answer | undefined): JsonObject {
  if (answer?.kind !== 'answer')
    return { id, status: 200, headers: { 'Content-Type': 'text/html' }, body: '<html><body>Our services' };
  const headers = Object.fromEntries(
    Object.entries(answer.headers).map(([name, value]) => [properCase(name), value]),
  );
  const hasBody = answer.body !== undefined;
  return {
    id,
    status: answer.status,
    headers: hasBody ? { ...headers, 'Content-Type': 'application/json' } : headers,
    ...(hasBody ? { body: answer.body ?? null } : {}),
  };
}

/** Headers of parts are written as documented, `Retry-After`; Graph's own stay in lower case. */
function properCase(name: string): string {
  if (name.startsWith('x-ms-') || name === 'request-id') return name;
  return name.replace(/(^|-)[a-z]/g, (letter) => letter.toUpperCase());
}

function shuffle(items: readonly JsonObject[], random: SeededRandom): JsonObject[] {
  return items
    .map((item) => ({ item, place: random.next() }))
    .toSorted((a, b) => a.place - b.place)
    .map(({ item }) => item);
}
