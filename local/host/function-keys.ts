import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { HostError } from './host-error.ts';
import { readJson } from './host-settings.ts';

/** Keys of a host started with --enable-auth; without it authLevel is not enforced, as with func. */
export class FunctionKeys {
  readonly #master: string;
  readonly #host: readonly string[];
  readonly #functions: ReadonlyMap<string, readonly string[]>;

  /** File: `{ "master": "…", "host": ["…"], "functions": { "name": ["…"] } }`. */
  constructor(file: string) {
    const document = readJson(file, 'It holds the keys for --enable-auth.') as Record<string, unknown> | null;
    const { master, host = [], functions = {} } = document ?? {};
    const isList = (value: unknown): value is string[] =>
      Array.isArray(value) && value.every((key) => typeof key === 'string');
    const isMap =
      typeof functions === 'object' && functions !== null && Object.values(functions).every(isList);
    if (typeof master !== 'string' || master === '' || !isList(host) || !isMap) {
      throw new HostError(
        `${file}: expected { "master": "…", "host": ["…"], "functions": { "name": ["…"] } }.`,
      );
    }
    this.#master = master;
    this.#host = host;
    this.#functions = new Map(Object.entries(functions as Record<string, string[]>));
  }

  allows(request: IncomingMessage, url: URL, level: string, functionName?: string): boolean {
    if (level === 'anonymous') return true;
    const header = request.headers['x-functions-key'];
    const key = typeof header === 'string' ? header : url.searchParams.get('code');
    if (key === null) return false;
    const accepted = [this.#master];
    if (level === 'function')
      accepted.push(...this.#host, ...(this.#functions.get(functionName ?? '') ?? []));
    return accepted.some((candidate) => isEqual(candidate, key));
  }
}

function isEqual(left: string, right: string): boolean {
  const [a, b] = [Buffer.from(left), Buffer.from(right)];
  return a.length === b.length && timingSafeEqual(a, b);
}
