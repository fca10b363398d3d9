import { setImmediate, setTimeout } from 'node:timers/promises';
import type { AppDirectoryRole, Call, Caller, Operation } from './call.ts';
import { answerError, type Answer } from './answer.ts';
import type { FaultAction, Faults } from './faults.ts';
import type { JsonObject } from './json.ts';
import type { Outcome } from './outcome.ts';
import { parseGraphPath } from './parse-path.ts';
import { Refusal, refuse } from './refusal.ts';
import type { LogEntry, RequestLog } from './request-log.ts';
import { route } from './route.ts';
import type { Range } from './seeded-random.ts';
import type { Tenant } from './tenant.ts';
import type { Throttle } from './throttle.ts';
import { wallClock } from './wall-clock.ts';

/** One request to Graph, alone or as part of a batch. */
export interface Incoming {
  readonly method: string;
  /** With /v1.0 and query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: JsonObject | undefined;
  readonly startedAt: number;
  readonly batch: number | null;
  readonly origin: string;
  /** Throws the refusal; a batch has checked its token before its parts. */
  readonly caller: () => Caller;
}

export interface Executed {
  readonly answer: Answer;
  /** Appended by whoever sends the answer. */
  readonly entry: Omit<LogEntry, 'answeredAt'>;
}

export interface EngineParts {
  readonly tenant: Tenant;
  readonly throttle: Throttle;
  readonly faults: Faults;
  readonly log: RequestLog;
  readonly latency: Range;
  readonly appDirectoryRole: AppDirectoryRole;
}

export class Engine {
  readonly #parts: EngineParts;
  readonly #writing = new Set<string>();

  constructor(parts: EngineParts) {
    this.#parts = parts;
  }

  async execute(incoming: Incoming): Promise<Executed> {
    const fault = this.#parts.faults.take(incoming.method, incoming.path);
    if (fault?.delayMs !== undefined) await setTimeout(fault.delayMs, undefined, { ref: false });
    const early = fault === undefined ? undefined : instead(fault, incoming);
    if (early !== undefined) return done(incoming, early, undefined, fault);
    const headers: Record<string, string> = {};
    try {
      const outcome = await this.#perform(incoming, headers);
      if (fault?.answerDelayMs !== undefined)
        await setTimeout(fault.answerDelayMs, undefined, { ref: false });
      const { status, body, headers: own } = outcome;
      const answer: Answer =
        fault?.dropAfterApply === true
          ? { kind: 'drop' }
          : { kind: 'answer', status, headers: { ...headers, ...own }, body };
      return done(incoming, answer, outcome, fault);
    } catch (error) {
      return done(incoming, answerError(error, incoming.headers, headers), undefined, fault);
    }
  }

  /** Token and faults of a batch; its parts come back to `execute` one by one. */
  async envelope(incoming: Incoming, run: (caller: Caller) => Promise<Answer>): Promise<Executed> {
    const fault = this.#parts.faults.take(incoming.method, incoming.path);
    if (fault?.delayMs !== undefined) await setTimeout(fault.delayMs, undefined, { ref: false });
    const early = fault === undefined ? undefined : instead(fault, incoming);
    if (early !== undefined) return done(incoming, early, undefined, fault);
    try {
      const answer = await run(incoming.caller());
      const isDropped = fault?.dropAfterApply === true;
      return done(incoming, isDropped ? { kind: 'drop' } : answer, undefined, fault);
    } catch (error) {
      return done(incoming, answerError(error, incoming.headers), undefined, fault);
    }
  }

  async #perform(incoming: Incoming, headers: Record<string, string>): Promise<Outcome> {
    const { tenant, throttle, log } = this.#parts;
    const caller = incoming.caller();
    const { call, operation, problem } = this.#understand(incoming, caller);
    const isWrite = operation?.isWrite ?? !['GET', 'HEAD'].includes(incoming.method);
    const units = isWrite || operation === undefined ? 1 : costOf(operation.units, call?.query);
    Object.assign(
      headers,
      throttle.charge(caller.appId, units, isWrite, tenant.liveCount('user'), wallClock()),
    );
    if (operation === undefined)
      throw problem instanceof Error ? problem : refuse.malformed('The request is not understood.');
    if (!operation.roles.every((anyOf) => anyOf.some((role) => caller.roles.has(role))))
      throw refuse.denied();
    const outcome = await this.#alone(operation.lock, () => operation.run(wallClock()));
    if (isWrite) log.countWrite(outcome.effects ?? []);
    return outcome;
  }

  /** A path that means nothing is refused, but only after it has paid like any other request. */
  #understand(incoming: Incoming, caller: Caller): { call?: Call; operation?: Operation; problem?: unknown } {
    try {
      const { method, headers, body, origin } = incoming;
      const { appDirectoryRole, tenant } = this.#parts;
      const { segments, query } = parseGraphPath(incoming.path.slice('/v1.0'.length));
      const call: Call = { method, segments, query, headers, body, caller, appDirectoryRole, origin };
      return { call, operation: route({ tenant, call }) };
    } catch (problem) {
      return { problem };
    }
  }

  /** Two writes to one object that overlap: the second is refused, as the directory does. */
  async #alone(lock: string | undefined, run: () => Outcome): Promise<Outcome> {
    if (lock !== undefined && this.#writing.has(lock)) throw refuse.concurrency();
    if (lock !== undefined) this.#writing.add(lock);
    try {
      await this.#serviceTime();
      return run();
    } finally {
      if (lock !== undefined) this.#writing.delete(lock);
    }
  }

  async #serviceTime(): Promise<void> {
    const { latency, tenant } = this.#parts;
    if (latency.to === 0) await setImmediate();
    else await setTimeout(tenant.random.within(latency), undefined, { ref: false });
  }
}

/** $select -1, $top under 20 -1, $expand +1, never under 1 (throttling limits page). */
function costOf(units: number, query: URLSearchParams | undefined): number {
  const top = query?.get('$top');
  const less =
    (query?.has('$select') === true ? 1 : 0) +
    (top !== null && top !== undefined && Number(top) < 20 ? 1 : 0);
  return Math.max(1, units - less + (query?.has('$expand') === true ? 1 : 0));
}

function instead(fault: FaultAction, incoming: Incoming): Answer | undefined {
  if (fault.hang === true) return { kind: 'hang' };
  if (fault.dropBeforeApply === true) return { kind: 'drop' };
  if (fault.garbage !== undefined && fault.garbage !== false)
    return { kind: 'garbage', isHtml: fault.garbage === 'html' };
  if (fault.status === undefined) return undefined;
  const {
    status,
    code = 'InternalServerError',
    message = 'A failure that was asked for.',
    headers = {},
  } = fault;
  const answer = answerError(new Refusal(status, code, message), incoming.headers, headers);
  return fault.body === undefined || answer.kind !== 'answer' ? answer : { ...answer, body: fault.body };
}

function done(
  incoming: Incoming,
  answer: Answer,
  outcome: Outcome | undefined,
  fault: FaultAction | undefined,
): Executed {
  const { method, path, body, startedAt, batch, headers } = incoming;
  const changed = (outcome?.effects ?? []).map(({ property }) => property);
  const entry = {
    startedAt,
    method,
    path,
    bodyKeys: Object.keys(body ?? {}),
    status: answer.kind === 'answer' ? answer.status : null,
    objectId: outcome?.objectId ?? null,
    effective: changed.length > 0,
    changed,
    userAgent: headers['user-agent'] ?? null,
    batch,
    fault: fault === undefined ? null : Object.keys(fault).join('+'),
  };
  return { answer, entry };
}
