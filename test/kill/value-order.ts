import type { Exchange } from './http-gate-proxy.ts';

interface Part {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Properties that the run marks with a number that only grows. */
const watched = ['jobTitle', 'displayName', 'description'];

/**
 * Reads along what hosts write to Graph, in the order in which Graph answered: of a value that carries a number, an older
 * one must never come after a newer one.
 */
export class ValueOrder {
  readonly #latest = new Map<string, string>();
  readonly violations: string[] = [];

  take(exchange: Exchange): void {
    for (const part of partsOf(exchange))
      if (part.status < 300 && part.method === 'PATCH') this.#see(part, exchange.client);
  }

  #see({ path, body }: Part, client: string): void {
    const object = /\/(?:users|groups)\/([0-9a-f-]{36})/.exec(path)?.[1];
    if (object === undefined) return;
    for (const name of watched) {
      const value = body[name];
      if (typeof value !== 'string' || !/ \d{6}$/.test(value)) continue;
      const key = `${object} ${name}`;
      const before = this.#latest.get(key);
      if (before !== undefined && numberOf(value) < numberOf(before))
        this.violations.push(`${key}: ${client} wrote "${value}" after "${before}"`);
      else this.#latest.set(key, value);
    }
  }
}

const numberOf = (value: string): number => Number(value.slice(-6));

function partsOf({ method, path, status, body, answer }: Exchange): readonly Part[] {
  if (method === 'GET' || status >= 500) return [];
  if (!path.endsWith('/$batch')) return [{ method, path, status, body: objectOf(body) }];
  const { requests } = objectOf(body) as {
    requests?: readonly { id: string; method: string; url: string; body?: unknown }[];
  };
  const { responses } = objectOf(answer) as { responses?: readonly { id: string; status: number }[] };
  const statuses = new Map(responses?.map((one) => [one.id, one.status]));
  return (requests ?? []).map((one) => ({
    method: one.method,
    path: one.url,
    status: statuses.get(one.id) ?? 500,
    body: (one.body ?? {}) as Record<string, unknown>,
  }));
}

function objectOf(bytes: Buffer): Record<string, unknown> {
  try {
    return JSON.parse(bytes.toString('utf8')) as Record<string, unknown>;
  } catch {
    return {};
  }
}
