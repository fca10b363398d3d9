import type { Heartbeat, Hello, Problem } from '../../shared/contracts/agent-report.v1.ts';
import type { Kind } from '../../shared/contracts/envelope.v1.ts';
import { errorFields } from '../../shared/telemetry/error-fields.ts';
import type { Clock } from '../../shared/ports/clock.ts';
import type { Log } from '../../shared/ports/log.ts';
import type { Publisher } from '../publish/publisher.ts';
import type { Troubles } from './troubles.ts';

const heartbeatMs = 30_000;
/** What comes and goes is told no more often than this. */
const newsMs = 2_000;
const helloMs = 300_000;
const problemsMax = 100;

/** Hello, heartbeats and problems. An outage of the bus holds them back one at a time; older heartbeats are skipped. */
export class Reporter {
  readonly #publisher: Publisher;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #hello: Hello;
  #last: Promise<void> = Promise.resolve();
  #problemsWaiting = 0;

  constructor(publisher: Publisher, hello: Hello, clock: Clock, log: Log) {
    this.#publisher = publisher;
    this.#hello = hello;
    this.#clock = clock;
    this.#log = log;
  }

  /** Says hello until configured, and beats until the signal fires; at once where a trouble begins or ends. */
  async run(
    status: { readonly needsConfigure: boolean; readonly troubles: Troubles; heartbeat(): Heartbeat },
    signal: AbortSignal,
  ): Promise<void> {
    let helloAt = 0;
    while (!signal.aborted) {
      const now = this.#clock.now();
      if (helloAt === 0 || (status.needsConfigure && now - helloAt >= helloMs)) {
        await this.#send('hello', this.#hello);
        helloAt = now;
      }
      status.troubles.changed.take();
      await this.#send('heartbeat', status.heartbeat());
      await this.#pause(status.troubles, signal);
    }
  }

  /** One sleep for each: a race would leave the sleep of the one that lost behind. */
  async #pause(troubles: Troubles, signal: AbortSignal): Promise<void> {
    const ended = new AbortController();
    const either = AbortSignal.any([signal, ended.signal]);
    await this.#clock.sleep(newsMs, signal);
    await Promise.race([this.#clock.sleep(heartbeatMs - newsMs, either), troubles.changed.wait(signal)]);
    ended.abort();
  }

  /** In an outage of the bus they wait; what is more than a person would read is only in the log. */
  problem(problem: Problem): void {
    if (this.#problemsWaiting >= problemsMax) return;
    this.#problemsWaiting += 1;
    void this.#send('problem', problem).finally(() => (this.#problemsWaiting -= 1));
  }

  /** A last word before the process ends; waits until it and all before it were sent, or `ms` have passed. */
  async lastWords(problem: Problem | null, heartbeat: Heartbeat, ms: number): Promise<void> {
    if (problem !== null) this.problem(problem);
    const said = this.#send('heartbeat', heartbeat);
    await Promise.race([said, this.#clock.sleep(ms)]);
  }

  #send(kind: Kind, body: Hello | Heartbeat | Problem): Promise<void> {
    const message = { queue: 'agent-reports', kind, partition: null, payload: JSON.stringify(body) };
    this.#last = this.#last
      .then(() => this.#publisher.send([message]))
      .catch((error: unknown) => this.#log.debug('a report was not sent', errorFields(error)));
    return this.#last;
  }
}
