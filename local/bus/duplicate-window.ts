/** Message ids seen within the window. Insertion order is time order, so the oldest are dropped from the front. */
export class DuplicateWindow {
  readonly #seen = new Map<string, number>();
  readonly #window: number;

  constructor(window: number) {
    this.#window = window;
  }

  /** True once for an id within the window; later sends are duplicates and do not prolong it. */
  admit(messageId: string, now: number): boolean {
    for (const [id, at] of this.#seen) {
      if (at + this.#window > now) break;
      this.#seen.delete(id);
    }
    if (this.#seen.has(messageId)) return false;
    this.#seen.set(messageId, now);
    return true;
  }
}
