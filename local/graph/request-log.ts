import type { JsonObject } from './json.ts';
import type { Effect } from './outcome.ts';

export interface LogEntry {
  readonly startedAt: number;
  readonly answeredAt: number;
  readonly method: string;
  readonly path: string;
  /** Names only: no value of a body is ever kept. */
  readonly bodyKeys: readonly string[];
  /** null: no answer was sent. */
  readonly status: number | null;
  readonly objectId: string | null;
  readonly effective: boolean;
  /** What was really changed, by name. */
  readonly changed: readonly string[];
  readonly userAgent: string | null;
  /** Parts of one batch share the number; a request of its own has none. */
  readonly batch: number | null;
  /** The fault that a test asked for, if one was played. */
  readonly fault: string | null;
}

interface Count {
  changes: number;
  readonly properties: Record<string, number>;
}

const limit = 500_000;

/** Every Graph request, and how often each object has really changed. */
export class RequestLog {
  #entries: (LogEntry & { readonly seq: number })[] = [];
  #seq = 0;
  #batch = 0;
  #ineffective = 0;
  readonly #objects = new Map<string, Count>();

  nextBatch(): number {
    return ++this.#batch;
  }

  append(entry: LogEntry): void {
    this.#entries.push({ seq: ++this.#seq, ...entry });
    if (this.#entries.length > limit) this.#entries = this.#entries.slice(limit / 2);
  }

  since(seq: number): JsonObject {
    const first = this.#entries[0]?.seq ?? this.#seq + 1;
    const entries = this.#entries.slice(Math.max(0, seq - first + 1));
    return { seq: this.#seq, firstKept: first, entries: entries as unknown as JsonObject[] };
  }

  /** Counted when applied, whether or not the answer then reached the caller. */
  countWrite(effects: readonly Effect[]): void {
    if (effects.length === 0) this.#ineffective += 1;
    const changed = new Set<string>();
    for (const { objectId, property, count } of effects) {
      const held = this.#objects.get(objectId) ?? { changes: 0, properties: {} };
      this.#objects.set(objectId, held);
      held.properties[property] = (held.properties[property] ?? 0) + count;
      if (!changed.has(objectId)) held.changes += 1;
      changed.add(objectId);
    }
  }

  effects(): JsonObject {
    const properties: Record<string, number> = {};
    let changes = 0;
    for (const count of this.#objects.values()) {
      changes += count.changes;
      for (const [name, times] of Object.entries(count.properties))
        properties[name] = (properties[name] ?? 0) + times;
    }
    const objects = Object.fromEntries(
      [...this.#objects].map(([id, { changes: times, properties: by }]) => [
        id,
        { changes: times, properties: by },
      ]),
    );
    return { changes, ineffective: this.#ineffective, properties, objects };
  }
}
