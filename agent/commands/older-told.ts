/** The cloud tells it with every heartbeat of a leader whose revision is not the published one. */
const insistsAfterMs = 120_000;

/**
 * Tells an older configuration that came late from one that the cloud insists on. What comes late comes once, or twice at
 * once; what is told again after minutes is in force, and the newer one here was never published (somebody else wrote to
 * the queue) or not in the state that the cloud went back to (a restored state account).
 */
export class OlderTold {
  #first: { readonly revision: number; readonly at: number } | null = null;

  isInsistedOn(revision: number, now: number): boolean {
    if (this.#first?.revision !== revision) {
      this.#first = { revision, at: now };
      return false;
    }
    return now - this.#first.at >= insistsAfterMs;
  }

  /** A configuration was told that is not older. */
  forget(): void {
    this.#first = null;
  }
}
