interface Edge {
  readonly source: string;
  readonly target: string;
  readonly shownFrom: number;
  hiddenFrom: number;
}

/** One many-to-many relation (members, owners, role members); a removed edge is shown until its lag has passed. */
export class Links {
  readonly #bySource = new Map<string, Map<string, Edge>>();
  readonly #byTarget = new Map<string, Set<string>>();
  #removed: Edge[] = [];

  has(source: string, target: string): boolean {
    return this.#bySource.get(source)?.get(target)?.hiddenFrom === Infinity;
  }

  add(source: string, target: string, shownFrom: number): void {
    const targets = this.#bySource.get(source) ?? new Map<string, Edge>();
    this.#bySource.set(source, targets);
    const held = targets.get(target);
    if (held !== undefined) held.hiddenFrom = Infinity;
    else targets.set(target, { source, target, shownFrom, hiddenFrom: Infinity });
    const sources = this.#byTarget.get(target) ?? new Set();
    this.#byTarget.set(target, sources.add(source));
  }

  remove(source: string, target: string, hiddenFrom: number): void {
    const edge = this.#bySource.get(source)?.get(target);
    if (edge === undefined) return;
    edge.hiddenFrom = hiddenFrom;
    this.#removed.push(edge);
  }

  /** Gone for good: the object is purged. */
  forget(id: string): void {
    for (const target of this.#bySource.get(id)?.keys() ?? []) this.#byTarget.get(target)?.delete(id);
    for (const source of this.#byTarget.get(id) ?? []) this.#bySource.get(source)?.delete(id);
    this.#bySource.delete(id);
    this.#byTarget.delete(id);
  }

  /** What reads show at that time. */
  targets(source: string, now: number): string[] {
    this.#sweep(now);
    return [...(this.#bySource.get(source)?.values() ?? [])]
      .filter((edge) => edge.shownFrom <= now && now < edge.hiddenFrom)
      .map((edge) => edge.target);
  }

  sources(target: string, now: number): string[] {
    this.#sweep(now);
    return [...(this.#byTarget.get(target) ?? [])].filter((source) => {
      const edge = this.#bySource.get(source)?.get(target);
      return edge !== undefined && edge.shownFrom <= now && now < edge.hiddenFrom;
    });
  }

  /** What has been written, shown or not. */
  writtenTargets(source: string): string[] {
    return [...(this.#bySource.get(source)?.values() ?? [])]
      .filter((edge) => edge.hiddenFrom === Infinity)
      .map((edge) => edge.target);
  }

  writtenSources(target: string): string[] {
    return [...(this.#byTarget.get(target) ?? [])].filter((source) => this.has(source, target));
  }

  #sweep(now: number): void {
    if (!this.#removed.some((edge) => edge.hiddenFrom <= now)) return;
    for (const edge of this.#removed) {
      if (edge.hiddenFrom > now || this.#bySource.get(edge.source)?.get(edge.target) !== edge) continue;
      this.#bySource.get(edge.source)?.delete(edge.target);
      this.#byTarget.get(edge.target)?.delete(edge.source);
    }
    // An edge that came back (hiddenFrom is Infinity again) needs no sweeping either.
    this.#removed = this.#removed.filter((edge) => edge.hiddenFrom > now && edge.hiddenFrom !== Infinity);
  }
}
