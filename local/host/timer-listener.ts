import type { RpcTypedData } from './core-types.ts';
import { offsetDate, roundTripDate } from './dotnet-date.ts';
import { Executor } from './executor.ts';
import type { HostLog } from './host-log.ts';
import type { NextOccurrence } from './ncrontab.ts';
import type { RegisteredFunction } from './registration.ts';
import type { TimerStatus, TimerStore } from './timer-store.ts';

export interface TimerTrigger {
  readonly fn: RegisteredFunction;
  readonly schedule: NextOccurrence;
  readonly expression: string;
  readonly runOnStartup: boolean;
  readonly useMonitor: boolean;
  readonly executor: Executor;
  readonly store: TimerStore;
  readonly log: HostLog;
  readonly stop: AbortSignal;
}

const longestTimer = 2 ** 31 - 1;
const monitorFromMs = 60_000;

/** One run at a time; the next time counts from the start of the run, so an overrun is caught up once, at once. */
export class TimerListener {
  readonly #trigger: TimerTrigger;
  readonly #isMonitored: boolean;
  #timer: NodeJS.Timeout | undefined;
  #status: TimerStatus | undefined;

  constructor(trigger: TimerTrigger) {
    this.#trigger = trigger;
    this.#isMonitored = trigger.useMonitor && intervalMs(trigger.schedule) >= monitorFromMs;
  }

  start(): void {
    const { schedule, store, fn, stop, log, expression, runOnStartup } = this.#trigger;
    stop.addEventListener('abort', () => clearTimeout(this.#timer));
    const now = new Date();
    const next = schedule(now);
    log.information(
      `The next occurrence of the 'Functions.${fn.metadata.name}' schedule (Cron: '${expression}') will be: ` +
        (next === undefined ? 'never' : next.toISOString()),
    );
    this.#status = this.#isMonitored ? store.read(fn.metadata.name) : undefined;
    const missed = this.#status === undefined ? undefined : new Date(this.#status.next);
    if (missed !== undefined && missed < now) {
      void this.#run(
        now,
        true,
        `UnscheduledInvocationReason: IsPastDue, OriginalSchedule: ${roundTripDate(missed)}`,
      );
    } else if (runOnStartup) {
      void this.#run(now, false, 'UnscheduledInvocationReason: RunOnStartup');
    } else {
      this.#remember(undefined, next);
      this.#schedule(next);
    }
  }

  /** What the handler gets, for a run by hand as well. */
  input(isPastDue = false): RpcTypedData {
    const status =
      this.#status === undefined
        ? null
        : { Last: this.#status.last, Next: this.#status.next, LastUpdated: this.#status.lastUpdated };
    return {
      json: JSON.stringify({
        Schedule: { AdjustForDST: true },
        ScheduleStatus: this.#isMonitored ? status : null,
        IsPastDue: isPastDue,
      }),
    };
  }

  #schedule(next: Date | undefined): void {
    if (next === undefined || this.#trigger.stop.aborted) return;
    const wait = Math.max(1, next.getTime() - Date.now());
    this.#timer = setTimeout(
      () => {
        // Longer waits than a timer holds are taken in stages; a timer may also fire a little early.
        if (next.getTime() - Date.now() > 0) this.#schedule(next);
        else void this.#run(next, false);
      },
      Math.min(wait, longestTimer),
    );
  }

  async #run(due: Date, isPastDue: boolean, details?: string): Promise<void> {
    if (this.#trigger.stop.aborted) return;
    const { executor, fn, schedule } = this.#trigger;
    const startedAt = new Date(Math.max(Date.now(), due.getTime()));
    await executor.execute(fn, {
      reason: `Timer fired at ${roundTripDate(startedAt)}`,
      ...(details === undefined ? {} : { details }),
      input: this.input(isPastDue),
      triggerMetadata: {},
    });
    const next = schedule(startedAt);
    this.#remember(startedAt, next);
    this.#schedule(next);
  }

  #remember(last: Date | undefined, next: Date | undefined): void {
    if (!this.#isMonitored || next === undefined) return;
    this.#status = {
      last: last === undefined ? (this.#status?.last ?? '0001-01-01T00:00:00+00:00') : offsetDate(last),
      next: offsetDate(next),
      lastUpdated: offsetDate(last ?? new Date()),
    };
    this.#trigger.store.write(this.#trigger.fn.metadata.name, this.#status);
  }
}

function intervalMs(schedule: NextOccurrence): number {
  const first = schedule(new Date());
  const second = first === undefined ? undefined : schedule(first);
  return first === undefined || second === undefined
    ? Number.POSITIVE_INFINITY
    : second.getTime() - first.getTime();
}
