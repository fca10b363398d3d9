import type { Context, Middleware, MiddlewareOptions } from '@microsoft/microsoft-graph-client';
import type { TokenSource } from './token-source.ts';

/**
 * Travels with one request and keeps why it failed: the client wraps errors into its own and loses their causes, and
 * with them whether the request can have reached the service (3.0.7).
 */
export class RequestTrace implements MiddlewareOptions {
  readonly signal: AbortSignal;
  failure: { readonly stage: 'token' | 'request'; readonly error: unknown } | null = null;

  constructor(signal: AbortSignal) {
    this.signal = signal;
  }
}

/**
 * Puts the token on a request. The client's own handler sends none over http and to hosts it does not know, and its
 * retry and redirect handlers decide on time below us; so this and the sender are the whole chain.
 */
export class BearerMiddleware implements Middleware {
  readonly #tokens: TokenSource;
  #next: Middleware | undefined;

  constructor(tokens: TokenSource) {
    this.#tokens = tokens;
  }

  setNext(next: Middleware): void {
    this.#next = next;
  }

  async execute(context: Context): Promise<void> {
    const trace = context.middlewareControl?.getMiddlewareOptions(RequestTrace);
    if (!(trace instanceof RequestTrace) || this.#next === undefined)
      throw new Error('a request goes through send()');
    let token: string;
    try {
      token = await this.#tokens.token(trace.signal);
    } catch (error) {
      trace.failure = { stage: 'token', error };
      throw error;
    }
    const headers = { ...headersOf(context.options?.headers), Authorization: `Bearer ${token}` };
    // A redirect would carry the token elsewhere; Graph sends none for what is asked here.
    context.options = { ...context.options, headers, redirect: 'manual', signal: trace.signal };
    try {
      await this.#next.execute(context);
    } catch (error) {
      trace.failure = { stage: 'request', error };
      throw error;
    }
  }
}

/** The client hands headers over as a plain object; other forms fetch knows are turned into one. */
function headersOf(headers: unknown): Record<string, string> {
  if (headers === undefined || headers === null) return {};
  return Object.fromEntries(new Headers(headers as Record<string, string>));
}
