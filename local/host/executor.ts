import { randomBytes, randomUUID } from 'node:crypto';
import type { InvocationResponse, RpcTypedData } from './core-types.ts';
import { errorText } from './error-text.ts';
import type { HostLog } from './host-log.ts';
import { invokeFunction } from './invoke-function.ts';
import type { RegisteredFunction, Registration } from './registration.ts';
import { formatTimeSpan } from './time-span.ts';

export interface Execution {
  readonly reason: string;
  /** The line "Trigger Details", for triggers that have one. */
  readonly details?: string;
  readonly input: RpcTypedData;
  readonly triggerMetadata: Readonly<Record<string, RpcTypedData>>;
  /** W3C traceparent that came with the trigger. */
  readonly traceParent?: string;
}

export type Outcome =
  | { readonly ok: true; readonly response: InvocationResponse }
  | { readonly ok: false; readonly error: unknown; readonly isTimeout: boolean };

const programmatic = 'This function was programmatically called via the host APIs.';
const longestTimer = 2 ** 31 - 1;

class FunctionTimeout extends Error {
  override readonly name = 'FunctionTimeoutException';
}

/** Runs invocations with the host's log lines and time limit, and knows how many are under way. */
export class Executor {
  static readonly programmatic = programmatic;
  readonly #registration: Registration;
  readonly #log: HostLog;
  readonly #timeoutMs: number;
  readonly #onTimeout: () => void;
  readonly #running = new Set<Promise<unknown>>();

  constructor(registration: Registration, log: HostLog, timeoutMs: number, onTimeout: () => void) {
    this.#registration = registration;
    this.#log = log;
    this.#timeoutMs = timeoutMs;
    this.#onTimeout = onTimeout;
  }

  get running(): number {
    return this.#running.size;
  }

  /** Never rejects: a failure is an outcome. `settle` belongs to the execution: a clean stop waits for it too. */
  execute(
    fn: RegisteredFunction,
    execution: Execution,
    settle?: (outcome: Outcome) => Promise<void>,
  ): Promise<Outcome> {
    const run = async () => {
      const outcome = await this.#run(fn, execution);
      await settle?.(outcome);
      if (!outcome.ok && outcome.isTimeout) this.#onTimeout();
      return outcome;
    };
    const promise = run().finally(() => this.#running.delete(promise));
    this.#running.add(promise);
    return promise;
  }

  /** Resolves true when nothing runs any more, false when `limitMs` passed first. */
  async settled(limitMs: number): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined;
    const limit = new Promise<false>((resolve) => {
      timer = setTimeout(() => resolve(false), limitMs);
    });
    const all = async () => {
      while (this.#running.size > 0) await Promise.allSettled([...this.#running]);
      return true;
    };
    const isSettled = await Promise.race([all(), limit]);
    clearTimeout(timer);
    return isSettled;
  }

  async #run(fn: RegisteredFunction, execution: Execution): Promise<Outcome> {
    const name = fn.metadata.name;
    const invocationId = randomUUID();
    const category = `Function.${name}`;
    const trigger = Object.entries(fn.metadata.bindings).find(([, binding]) =>
      /trigger$/i.test(binding.type),
    );
    this.#log.information(
      `Executing 'Functions.${name}' (Reason='${execution.reason}', Id=${invocationId})`,
      category,
    );
    if (execution.details !== undefined)
      this.#log.information(`Trigger Details: ${execution.details}`, category);
    const startedAt = performance.now();
    const close = (word: string) => {
      const duration = Math.round(performance.now() - startedAt);
      return `Executed 'Functions.${name}' (${word}, Id=${invocationId}, Duration=${duration}ms)`;
    };
    try {
      const request = {
        invocationId,
        functionId: fn.metadata.functionId ?? name,
        inputData: [{ name: trigger?.[0] ?? '', data: execution.input }],
        triggerMetadata: execution.triggerMetadata,
        traceContext: { traceParent: childTrace(execution.traceParent), traceState: '', attributes: {} },
      };
      const response = await this.#limit(
        name,
        invocationId,
        invokeFunction(this.#registration, fn, request, this.#log),
      );
      this.#log.information(close('Succeeded'), category);
      return { ok: true, response };
    } catch (error) {
      this.#log.error(close('Failed'), category);
      this.#log.error(failureText(name, error), category);
      return { ok: false, error, isTimeout: error instanceof FunctionTimeout };
    }
  }

  async #limit<T>(name: string, invocationId: string, work: Promise<T>): Promise<T> {
    if (!Number.isFinite(this.#timeoutMs)) return await work;
    const limit = formatTimeSpan(this.#timeoutMs);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(
        () => {
          this.#log.error(
            `Timeout value of ${limit} exceeded by function 'Functions.${name}' (Id: '${invocationId}'). Initiating cancellation.`,
            `Function.${name}`,
          );
          reject(
            new FunctionTimeout(`Timeout value of ${limit} was exceeded by function: Functions.${name}`),
          );
        },
        Math.min(this.#timeoutMs, longestTimer),
      );
    });
    try {
      return await Promise.race([work, late]);
    } finally {
      clearTimeout(timer);
      work.catch(() => undefined);
    }
  }
}

function failureText(name: string, error: unknown): string {
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  return [
    `System.Private.CoreLib: Exception while executing function: Functions.${name}. System.Private.CoreLib: Result: Failure`,
    `Exception: ${errorText(error)}`,
    ...(stack === '' ? [] : [`Stack: ${stack}`]),
  ].join('\n');
}

/** The host starts a span of its own under the caller's trace. */
function childTrace(parent: string | undefined): string {
  const found = parent === undefined ? null : /^00-([0-9a-f]{32})-[0-9a-f]{16}-([0-9a-f]{2})$/.exec(parent);
  return `00-${found?.[1] ?? randomBytes(16).toString('hex')}-${randomBytes(8).toString('hex')}-${found?.[2] ?? '00'}`;
}
