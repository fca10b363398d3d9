import { isJsonObject, type Json, type JsonObject } from './json.ts';

export interface FaultAction {
  readonly status?: number;
  readonly code?: string;
  readonly message?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Json;
  /** true: JSON that breaks off; 'html': a page of some proxy. */
  readonly garbage?: boolean | 'html';
  readonly hang?: boolean;
  /** Before the request is looked at. */
  readonly delayMs?: number;
  /** After it has been applied: the answer is held. */
  readonly answerDelayMs?: number;
  readonly dropAfterApply?: boolean;
  readonly dropBeforeApply?: boolean;
}

interface Fault {
  readonly id: number;
  readonly method: string | undefined;
  readonly path: RegExp | undefined;
  skip: number;
  left: number;
  readonly action: FaultAction;
}

const actionNames = new Set([
  ...['status', 'code', 'message', 'headers', 'body', 'garbage', 'hang', 'delayMs', 'answerDelayMs'],
  ...['dropAfterApply', 'dropBeforeApply'],
]);

/** Failures asked for by a test: the first rule that matches a request and has times left is used up by one. */
export class Faults {
  #faults: Fault[] = [];
  #lastId = 0;

  /** `times` stands for 1 when absent; null goes on until it is removed. Throws with the reason. */
  add(rule: JsonObject): number {
    const { match = {}, times = 1, skip = 0, action } = rule;
    if (!isJsonObject(match) || !isJsonObject(action ?? null))
      throw new Error('match and action must be objects');
    const unknown = Object.keys(action as JsonObject).find((name) => !actionNames.has(name));
    if (unknown !== undefined) throw new Error(`unknown action '${unknown}'`);
    if (times !== null && typeof times !== 'number') throw new Error('times must be a number or null');
    const { method, path } = match;
    this.#faults.push({
      id: ++this.#lastId,
      method: typeof method === 'string' ? method.toUpperCase() : undefined,
      path: typeof path === 'string' ? new RegExp(path) : undefined,
      skip: Number(skip),
      left: times ?? Infinity,
      action: action as FaultAction,
    });
    return this.#lastId;
  }

  clear(): void {
    this.#faults = [];
  }

  list(): JsonObject[] {
    return this.#faults.map(({ id, method, path, skip, left }) => ({
      id,
      method: method ?? null,
      path: path?.source ?? null,
      skip,
      left: left === Infinity ? null : left,
    }));
  }

  take(method: string, path: string): FaultAction | undefined {
    for (const fault of this.#faults) {
      if (fault.left <= 0 || (fault.method !== undefined && fault.method !== method)) continue;
      if (fault.path !== undefined && !fault.path.test(path)) continue;
      if (fault.skip > 0) {
        fault.skip -= 1;
        continue;
      }
      fault.left -= 1;
      return fault.action;
    }
    return undefined;
  }
}
