import { ManagedIdentityCredential } from '@azure/identity';
import {
  Client,
  GraphError,
  HTTPMessageHandler,
  type Context,
  type Middleware,
} from '@microsoft/microsoft-graph-client';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startChild, type Child } from '../../local/children.ts';

const main = fileURLToPath(new URL('../../local/graph/main.ts', import.meta.url));

export type Body = Record<string, unknown>;

export interface LogEntry {
  readonly seq: number;
  readonly startedAt: number;
  readonly answeredAt: number;
  readonly method: string;
  readonly path: string;
  readonly bodyKeys: readonly string[];
  readonly status: number | null;
  readonly objectId: string | null;
  readonly effective: boolean;
  readonly changed: readonly string[];
  readonly batch: number | null;
  readonly userAgent: string | null;
}

/** The emulator as a process, reached as the product reaches Graph: real SDK, real managed identity. */
export class GraphUnderTest {
  readonly child: Child;
  readonly url: string;
  readonly tenantId: string;
  readonly issuer: string;
  readonly identityEndpoint: string;
  readonly identityHeader: string;
  #names = 0;

  constructor(child: Child) {
    this.child = child;
    const text = (name: string) => String(child.ready[name]);
    this.url = text('url');
    this.tenantId = text('tenantId');
    this.issuer = text('issuer');
    this.identityEndpoint = text('identityEndpoint');
    this.identityHeader = text('identityHeader');
  }

  static async start(...flags: string[]): Promise<GraphUnderTest> {
    return new GraphUnderTest(await startChild('graph', [process.execPath, main, ...flags]));
  }

  async stop(): Promise<void> {
    await this.child.stop();
  }

  /** For one emulator a test file: the SDK keeps endpoint and tokens for the whole process (@azure/identity 4.14). */
  credential(): ManagedIdentityCredential {
    process.env['IDENTITY_ENDPOINT'] = this.identityEndpoint;
    process.env['IDENTITY_HEADER'] = this.identityHeader;
    return new ManagedIdentityCredential();
  }

  /** A chain of our own: the SDK's authentication handler never sends a token over http (3.0.7). */
  client(token?: string): Client {
    const credential = this.credential();
    const bearer = async () =>
      token ?? (await credential.getToken('https://graph.microsoft.com/.default')).token;
    const authentication = new BearerMiddleware(bearer);
    authentication.setNext(new HTTPMessageHandler());
    return Client.initWithMiddleware({
      middleware: authentication,
      baseUrl: this.url,
      defaultVersion: 'v1.0',
    });
  }

  async token(request: Body = {}): Promise<string> {
    return String((await this.post('/_local/token', request))['access_token']);
  }

  async get(path: string): Promise<Body> {
    return (await (await fetch(this.url + path)).json()) as Body;
  }

  async post(path: string, body: Body): Promise<Body> {
    const response = await fetch(this.url + path, { method: 'POST', body: JSON.stringify(body) });
    const answer = (await response.json()) as Body;
    if (!response.ok) throw new Error(`${path}: ${JSON.stringify(answer)}`);
    return answer;
  }

  async log(since = 0): Promise<{ seq: number; entries: LogEntry[] }> {
    return (await this.get(`/_local/log?since=${since}`)) as unknown as { seq: number; entries: LogEntry[] };
  }

  /** A new user body; every call gives other names. */
  newUser(more: Body = {}): Body {
    const name = `user${++this.#names}`;
    return {
      accountEnabled: true,
      displayName: name,
      mailNickname: name,
      userPrincipalName: `${name}@contoso.com`,
      passwordProfile: { password: 'Correct-Horse-7' },
      ...more,
    };
  }

  newGroup(more: Body = {}): Body {
    const name = `group${++this.#names}`;
    return { displayName: name, mailEnabled: false, mailNickname: name, securityEnabled: true, ...more };
  }
}

class BearerMiddleware implements Middleware {
  readonly #bearer: () => Promise<string>;
  #next: Middleware | undefined;

  constructor(bearer: () => Promise<string>) {
    this.#bearer = bearer;
  }

  async execute(context: Context): Promise<void> {
    const headers = new Headers(context.options?.headers);
    headers.set('authorization', `Bearer ${await this.#bearer()}`);
    context.options = { ...context.options, headers };
    await this.#next?.execute(context);
  }

  setNext(next: Middleware): void {
    this.#next = next;
  }
}

export interface Refused {
  readonly status: number;
  readonly code: string | null;
  readonly message: string;
  readonly targets: readonly string[];
  readonly detailCodes: readonly string[];
  readonly headers: Headers | undefined;
}

/** The refusal itself, as the SDK reports it; a request that succeeds fails the test. */
export async function refusal(request: Promise<unknown>): Promise<Refused> {
  const answer: unknown = await request.then(
    (value: unknown) => new Error(`accepted: ${JSON.stringify(value)}`),
    (error: unknown) => error,
  );
  if (!(answer instanceof GraphError)) throw answer;
  // The details stand only in the body (3.0.7).
  const body = JSON.parse(String(answer.body)) as { details?: { code: string; target: string }[] };
  const details = body.details ?? [];
  return {
    status: answer.statusCode,
    code: answer.code,
    message: answer.message,
    targets: details.map(({ target }) => target),
    detailCodes: details.map(({ code }) => code),
    headers: answer.headers,
  };
}

/** Asks again until it holds; fails at the deadline with the last reason. */
export async function eventually<T>(ask: () => Promise<T>, withinMs = 15_000): Promise<T> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await setTimeout(25);
    }
  }
}
