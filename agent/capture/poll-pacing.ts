/** A DirSync that finds nothing of ours may take a tenth of the time: so it is followed by nine times its duration. */
const idleFactor = 9;
/** Change notifications may take so much of the rest in advance, so that a real change is not kept waiting. */
const creditMs = 1_000;
/** No rest is longer, whatever a clock that was set says about how long a poll took. */
const restMsMax = 60_000;

/**
 * How often DirSync may run. Notifications come with every write on an account, sign-ins too, and on a large domain one
 * DirSync costs the server a second: so what finds nothing is paid for, even when a notification asked for it.
 */
export class PollPacing {
  #restUntil = 0;

  /** @param isCalled a change notification came. */
  mayPoll(now: number, isCalled: boolean): boolean {
    if (this.#restUntil - now > restMsMax + creditMs) this.#restUntil = now;
    return now >= this.#restUntil - (isCalled ? creditMs : 0);
  }

  polled(now: number, ms: number, isRelevant: boolean): void {
    const rest = Math.min(restMsMax, Math.max(0, ms) * idleFactor);
    this.#restUntil = isRelevant ? now : Math.max(now, this.#restUntil) + rest;
  }
}
