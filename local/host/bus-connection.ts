import { ServiceBusClient } from '@azure/service-bus';
import type { BusCredential } from './bus-credential.ts';
import type { BusSettings } from './bus-settings.ts';
import { errorText } from './error-text.ts';
import type { HostLog } from './host-log.ts';
import { pause } from './pause.ts';

/** One client of the SDK, for as long as its connection serves. */
export interface BusSession {
  readonly client: ServiceBusClient;
  /** Aborts when the connection is given up: what still waits on this client waits in vain. */
  readonly lost: AbortSignal;
}

/** Codes that speak of one entity: the connection itself stands. */
const entityCodes = new Set([
  'MessagingEntityNotFound',
  'MessagingEntityDisabled',
  'UnauthorizedAccess',
  'QuotaExceeded',
]);

const firstBackoffMs = 100;
const longestBackoffMs = 2_000;
const probeLimitMs = 2_000;
const oldClientMs = 60_000;

/** One client for all triggers of a connection setting, and one recovery for all loops that find it gone. */
export class BusConnection {
  readonly #name: string;
  readonly #credential: BusCredential;
  readonly #settings: BusSettings;
  readonly #log: HostLog;
  readonly #stop: AbortSignal;
  readonly #recoveries = new Map<string, Promise<void>>();
  readonly #clients = new Set<ServiceBusClient>();
  readonly #blamed = new Map<string, string>();
  readonly #reported = new Map<string, string>();
  #replacement: Promise<void> | undefined;
  #lost = new AbortController();
  #session: BusSession;

  constructor(
    name: string,
    credential: BusCredential,
    settings: BusSettings,
    log: HostLog,
    stop: AbortSignal,
  ) {
    this.#name = name;
    this.#credential = credential;
    this.#settings = settings;
    this.#log = log;
    this.#stop = stop;
    this.#session = { client: this.#open(), lost: this.#lost.signal };
  }

  get session(): BusSession {
    return this.#session;
  }

  get namespace(): string {
    return this.#session.client.fullyQualifiedNamespace;
  }

  /**
   * Resolves once `entity` may be tried again. What is not plainly the entity's fault counts as a lost connection, and that gets
   * a new client: after an outage the SDK's old one can wait for a minute on a link that nobody will open.
   */
  recover(entity: string, error: unknown, failed: BusSession): Promise<void> {
    if (this.#stop.aborted || (failed !== this.#session && this.#replacement === undefined))
      return Promise.resolve();
    if (this.#replacement !== undefined) return this.#replacement;
    const running = this.#recoveries.get(entity);
    if (running !== undefined) return running;
    const recovery = this.#diagnose(entity, error).finally(() => this.#recoveries.delete(entity));
    this.#recoveries.set(entity, recovery);
    return recovery;
  }

  /** The entity answered: its earlier failures are history. */
  worked(entity: string): void {
    this.#blamed.delete(entity);
    this.#reported.delete(entity);
  }

  async close(): Promise<void> {
    await Promise.allSettled([...this.#clients].map((client) => client.close()));
  }

  /** An error that a new connection did not cure is the entity's own (a session listener on a queue without sessions, say). */
  async #diagnose(entity: string, error: unknown): Promise<void> {
    const text = errorText(error);
    if (entityCodes.has(codeOf(error)) || this.#blamed.get(entity) === text) {
      await this.#awaitEntity(entity, text);
      return;
    }
    this.#blamed.set(entity, text);
    this.#replacement ??= this.#replace(entity, text).finally(() => (this.#replacement = undefined));
    await this.#replacement;
  }

  async #awaitEntity(entity: string, text: string): Promise<void> {
    if (this.#reported.get(entity) !== text) {
      this.#log.error(
        `The entity '${entity}' of Service Bus (connection '${this.#name}') is unavailable, trying again: ${text}`,
      );
      this.#reported.set(entity, text);
    }
    for (;;) {
      if (await pause(longestBackoffMs, this.#stop)) return;
      const failure = await this.#probe(this.#session.client, entity);
      // Anything but a code of the entity is for the caller's next attempt to find.
      if (!entityCodes.has(codeOf(failure))) return;
    }
  }

  async #replace(entity: string, text: string): Promise<void> {
    const what = `Service Bus (connection '${this.#name}')`;
    this.#log.error(`${what} is unavailable, trying again until it is back: ${text}`);
    const old = this.#session.client;
    this.#lost.abort();
    const startedAt = performance.now();
    for (
      let wait = firstBackoffMs;
      !(await pause(wait, this.#stop));
      wait = Math.min(wait * 2, longestBackoffMs)
    ) {
      const client = this.#open();
      const failure = await this.#probe(client, entity);
      if (failure === undefined || entityCodes.has(codeOf(failure))) {
        this.#lost = new AbortController();
        this.#session = { client, lost: this.#lost.signal };
        // Messages in hand may still be settled over the old client, should its connection heal.
        setTimeout(() => void this.#discard(old), oldClientMs).unref();
        const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
        this.#log.information(`${what} is available again after ${seconds} s.`);
        return;
      }
      void this.#discard(client);
    }
  }

  /** Peeking proves connection, claim and entity, needs no right but Listen, and takes nothing from the queue. */
  async #probe(client: ServiceBusClient, entity: string): Promise<unknown> {
    const receiver = client.createReceiver(entity);
    let timer: NodeJS.Timeout | undefined;
    const limit = new Promise<Error>((resolve) => {
      timer = setTimeout(() => resolve(new Error(`no answer within ${probeLimitMs} ms`)), probeLimitMs);
    });
    const peek = receiver.peekMessages(1).then(
      () => undefined,
      (error: unknown) => error ?? new Error('the connection was closed'),
    );
    const failure = await Promise.race([peek, limit]);
    clearTimeout(timer);
    void receiver.close().catch(() => undefined);
    return failure;
  }

  #open(): ServiceBusClient {
    const credential = this.#credential;
    // Short retries: on a laptop the bus is back within seconds, and the SDK's 30 s between attempts would be the longest wait.
    const options = {
      retryOptions: { maxRetries: 3, retryDelayInMs: 200, timeoutInMs: this.#settings.tryTimeoutMs },
    };
    const client =
      credential.kind === 'connection-string'
        ? new ServiceBusClient(credential.connectionString, options)
        : new ServiceBusClient(credential.namespace, credential.credential, options);
    this.#clients.add(client);
    return client;
  }

  async #discard(client: ServiceBusClient): Promise<void> {
    this.#clients.delete(client);
    await client.close().catch(() => undefined);
  }
}

export function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
}
