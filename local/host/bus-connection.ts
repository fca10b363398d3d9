import { ServiceBusClient } from '@azure/service-bus';
import type { BusCredential } from './bus-credential.ts';
import type { BusSettings } from './bus-settings.ts';
import { errorText } from './error-text.ts';
import type { HostLog } from './host-log.ts';
import { pause } from './pause.ts';

/** Codes that speak of one entity: the connection itself stands. */
const entityCodes = new Set([
  'MessagingEntityNotFound',
  'MessagingEntityDisabled',
  'UnauthorizedAccess',
  'QuotaExceeded',
  'GeneralError',
]);

const firstBackoffMs = 100;
const longestBackoffMs = 2_000;

/** One client for all triggers of a connection, and one recovery for all loops that find it gone. */
export class BusConnection {
  readonly client: ServiceBusClient;
  readonly #name: string;
  readonly #log: HostLog;
  readonly #stop: AbortSignal;
  readonly #outages = new Map<string, Promise<void>>();

  constructor(
    name: string,
    credential: BusCredential,
    settings: BusSettings,
    log: HostLog,
    stop: AbortSignal,
  ) {
    // Short retries: on a laptop the bus comes back within seconds, and the SDK's 30 s between attempts would be the longest wait.
    const retryOptions = { maxRetries: 3, retryDelayInMs: 200, timeoutInMs: settings.tryTimeoutMs };
    this.client =
      credential.kind === 'connection-string'
        ? new ServiceBusClient(credential.connectionString, { retryOptions })
        : new ServiceBusClient(credential.namespace, credential.credential, { retryOptions });
    this.#name = name;
    this.#log = log;
    this.#stop = stop;
  }

  get namespace(): string {
    return this.client.fullyQualifiedNamespace;
  }

  /** Returns once `entity` can be reached again. All loops wait on the same outage; it is logged when it begins and when it ends. */
  recover(entity: string, error: unknown): Promise<void> {
    if (this.#stop.aborted) return Promise.resolve();
    const isEntity = entityCodes.has(codeOf(error));
    const key = isEntity ? entity : '';
    const running = this.#outages.get(key);
    if (running !== undefined) return running;
    const what = isEntity ? `The entity '${entity}' of Service Bus` : 'Service Bus';
    this.#log.error(
      `${what} (connection '${this.#name}') is unavailable, trying again until it is back: ${errorText(error)}`,
    );
    const outage = this.#probe(entity, what).finally(() => this.#outages.delete(key));
    this.#outages.set(key, outage);
    return outage;
  }

  async close(): Promise<void> {
    await this.client.close();
  }

  async #probe(entity: string, what: string): Promise<void> {
    const startedAt = performance.now();
    for (let wait = firstBackoffMs; !this.#stop.aborted; wait = Math.min(wait * 2, longestBackoffMs)) {
      if (await pause(wait, this.#stop)) return;
      // Peeking proves connection, claim and entity, needs no right but Listen, and takes nothing from the queue.
      const receiver = this.client.createReceiver(entity);
      try {
        await receiver.peekMessages(1);
        const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
        this.#log.information(`${what} (connection '${this.#name}') is available again after ${seconds} s.`);
        return;
      } catch {
        // Said once when the outage began.
      } finally {
        await receiver.close().catch(() => undefined);
      }
    }
  }
}

export function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
}
