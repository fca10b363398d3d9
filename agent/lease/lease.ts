import { isServiceBusError, type ServiceBusClient, type ServiceBusSessionReceiver } from '@azure/service-bus';
import { translateBusError } from '../../shared/adapters/service-bus/translate-bus-error.ts';
import { SyncError } from '../../shared/errors/sync-error.ts';
import { untilAborted } from '../until-aborted.ts';
import { isAborted } from '../is-aborted.ts';
import type { Clock } from '../../shared/ports/clock.ts';
import type { Log } from '../../shared/ports/log.ts';
import { emptyLeaseState, leaseStateSchema, type LeaseState } from './lease-state.ts';

/**
 * The lock is renewed after a third of its time, so two renewals may fail, and given up when seven eighths have passed
 * without one, so that two agents never believe in it together. Only the length is taken from the broker's clock.
 */
const renewAfter = 1 / 3;
const holdsFor = 7 / 8;
/** Bounds of the length, should the two clocks differ; the upper one is the lock of infra/queues.json. */
const lockMs = { min: 3_000, max: 30_000 } as const;

/**
 * Leadership of a connector: the locked session of its lease queue. The broker hands it to one agent at a time, and
 * takes state only from the holder. `lost` fires when the session is gone, or may be.
 */
export class Lease {
  readonly #receiver: ServiceBusSessionReceiver;
  readonly #queue: string;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #lost = new AbortController();
  #lengthMs: number = lockMs.min;
  #heldUntil = 0;

  private constructor(receiver: ServiceBusSessionReceiver, queue: string, clock: Clock, log: Log) {
    this.#receiver = receiver;
    this.#queue = queue;
    this.#clock = clock;
    this.#log = log;
    this.#hold(receiver.sessionLockedUntilUtc);
    // A receive that is always outstanding: the broker's detach is noticed at once, not at the next renewal.
    receiver.subscribe(
      {
        processMessage: () => Promise.resolve(),
        processError: () => {
          this.#mayBeLost();
          return Promise.resolve();
        },
      },
      { autoCompleteMessages: true },
    );
    void this.#renew();
  }

  /** @returns null while another agent holds it. @throws SyncError BUS_UNREACHABLE, BUS_REFUSED. */
  static async take(
    client: ServiceBusClient,
    options: { readonly queue: string; readonly session: string; readonly clock: Clock; readonly log: Log },
  ): Promise<Lease | null> {
    try {
      const receiver = await client.acceptSession(options.queue, options.session, {
        maxAutoLockRenewalDurationInMs: 0,
      });
      return new Lease(receiver, options.queue, options.clock, options.log);
    } catch (error) {
      if (isServiceBusError(error) && error.code === 'SessionCannotBeLocked') return null;
      throw translateBusError(error, options.queue);
    }
  }

  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /**
   * Asked before anything is published. A process that was stopped for longer than the lock wakes up in the belief that
   * it leads, before it has heard anything else.
   * @throws SyncError LEASE_LOST
   */
  require(): void {
    if (this.#clock.now() >= this.#heldUntil) this.#lose();
    this.#lost.signal.throwIfAborted();
  }

  async readState(): Promise<LeaseState> {
    let stored: unknown;
    try {
      stored = await this.#receiver.getSessionState();
    } catch (error) {
      throw translateBusError(error, this.#queue);
    }
    if (stored === null || stored === undefined || stored === '') return emptyLeaseState;
    const parsed = leaseStateSchema.safeParse(parsedJson(stored));
    if (parsed.success) return parsed.data;
    throw new SyncError(
      'CONTRACT_INVALID',
      `the state in ${this.#queue} was not written by this version of the agent`,
      {
        context: { queue: this.#queue, path: parsed.error.issues[0]?.path.join('.') ?? '' },
      },
    );
  }

  /** Resolves once the broker has it; a failed write that may yet succeed is repeated for as long as the lock holds. */
  async writeState(json: string): Promise<void> {
    for (;;) {
      this.#lost.signal.throwIfAborted();
      try {
        await untilAborted(this.#receiver.setSessionState(JSON.parse(json)), this.#lost.signal);
        return;
      } catch (error) {
        this.#lost.signal.throwIfAborted();
        const failure = translateBusError(error, this.#queue);
        if (isSessionLost(error)) this.#lose();
        else if (!(failure instanceof SyncError) || failure.code !== 'BUS_UNREACHABLE') throw failure;
        await this.#clock.sleep(200, this.#lost.signal);
      }
    }
  }

  /** Frees the session, so that a standby need not wait for the lock to run out. */
  async release(): Promise<void> {
    this.#lose();
    // Over a broken connection closing waits for nobody.
    await Promise.race([this.#receiver.close().catch(() => undefined), this.#clock.sleep(1_000)]);
  }

  async #renew(): Promise<void> {
    while (!this.#lost.signal.aborted) {
      await this.#clock.sleep(this.#lengthMs * renewAfter, this.#lost.signal);
      if (isAborted(this.#lost.signal)) return;
      await this.#renewOnce();
    }
  }

  async #renewOnce(): Promise<void> {
    try {
      this.#hold(await this.#receiver.renewSessionLock());
    } catch (error) {
      if (isSessionLost(error)) this.#lose();
      else this.#mayBeLost();
      this.#log.debug('the lease could not be renewed', { queue: this.#queue });
    }
  }

  /** Some error on the link: certain when the receiver is closed or time is up, else the next renewal decides. */
  #mayBeLost(): void {
    if (this.#receiver.isClosed || this.#clock.now() >= this.#heldUntil) this.#lose();
    else
      void this.#clock.sleep(1_000, this.#lost.signal).then(() => {
        if (!this.#lost.signal.aborted) return this.#renewOnce();
        return undefined;
      });
  }

  #hold(until: Date): void {
    const now = this.#clock.now();
    this.#lengthMs = Math.min(lockMs.max, Math.max(lockMs.min, until.getTime() - now));
    this.#heldUntil = now + this.#lengthMs * holdsFor;
  }

  #lose(): void {
    if (this.#lost.signal.aborted) return;
    this.#lost.abort(new SyncError('LEASE_LOST', 'leadership was lost', { context: { queue: this.#queue } }));
  }
}

/** The SDK hands back an object, or the text where it was none. */
function parsedJson(stored: unknown): unknown {
  if (typeof stored !== 'string') return stored;
  try {
    return JSON.parse(stored) as unknown;
  } catch {
    return null;
  }
}

function isSessionLost(error: unknown): boolean {
  return (
    isServiceBusError(error) && (error.code === 'SessionLockLost' || error.code === 'SessionCannotBeLocked')
  );
}
