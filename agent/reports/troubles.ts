import type { Heartbeat, Problem } from '../../shared/contracts/agent-report.v1.ts';
import type { Clock } from '../../shared/ports/clock.ts';
import { WakeUp } from '../capture/wake-up.ts';

type Trouble = NonNullable<Heartbeat['troubles']>[number];

/** More than a person reads at once, and more than a heartbeat should carry. */
const toldMax = 20;

/**
 * What is wrong now, by its cause. A report tells its beginning; every heartbeat names it until it has ended, so nobody
 * has to find out whether an old report still holds.
 */
export class Troubles {
  /** Fires when something began or ended: the next heartbeat should not wait. */
  readonly changed = new WakeUp();
  readonly #open = new Map<string, Trouble>();
  readonly #clock: Clock;
  readonly #report: (problem: Problem) => void;

  constructor(clock: Clock, report: (problem: Problem) => void) {
    this.#clock = clock;
    this.#report = report;
  }

  /** @returns true where it was not known yet; its beginning has been reported then. */
  begin(cause: string, problem: Problem, since: number = this.#clock.now()): boolean {
    const known = this.#open.get(cause);
    if (known?.code === problem.code && known.message === problem.message) return false;
    const { code, message } = problem;
    this.#open.set(cause, { code, message, since: known?.since ?? new Date(since).toISOString() });
    this.changed.set();
    if (known === undefined) this.#report(problem);
    return known === undefined;
  }

  /** Ends what this cause began, and everything of the causes below it (`cause/…`). */
  end(cause: string): void {
    for (const open of [...this.#open.keys()])
      if ((open === cause || open.startsWith(`${cause}/`)) && this.#open.delete(open)) this.changed.set();
  }

  /** Whoever does not lead any more knows nothing of the directory. */
  clear(): void {
    if (this.#open.size > 0) this.changed.set();
    this.#open.clear();
  }

  list(): Trouble[] {
    return [...this.#open.values()].slice(0, toldMax);
  }
}
