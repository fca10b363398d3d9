import { setTimeout as sleep } from 'node:timers/promises';
import type { Cloud, LogEntry } from './cloud.ts';
import type { Mark } from './directory-client.ts';
import { describeWrites, isWrite } from './written.ts';

/** What one write in the directory should bring about in Graph. */
export interface Effect {
  readonly cause: Mark;
  readonly anchor: string;
  /** As Graph's log names what was changed: a property, `members`, `created`, `deleted`, `restored`. */
  readonly change: string;
}

export interface Played {
  readonly effects: readonly Effect[];
  /** Anchors of objects that may be written beside those of the effects. */
  readonly touched?: readonly string[];
  /** Waits until the product has seen what should have no effect; says whether it has. */
  readonly noticed?: () => Promise<boolean>;
}

export interface StepResult {
  readonly name: string;
  readonly written: string;
  readonly latencies: readonly number[];
  readonly unexpected: readonly LogEntry[];
  /** Effects that did not come. */
  readonly missing: readonly string[];
  readonly entries: readonly LogEntry[];
}

const patienceMs = 30_000;
/** How long what is still different may take to become equal. */
const settleMs = 8_000;
const pollMs = 15;
/** No request and no message for so long: what was to come has come. */
const quietMs = 600;

/** Plays steps one after the other and says from Graph's own log what each brought about. */
export class Stage {
  readonly #cloud: Cloud;
  readonly #busAdmin: string;
  readonly #isEqual: (anchors: ReadonlySet<string>) => Promise<boolean>;
  #ids: ReadonlyMap<string, string> = new Map();
  #seq = 0;

  /** @param isEqual whether those objects are in the cloud what the directory says now. */
  constructor(cloud: Cloud, busAdmin: string, isEqual: (anchors: ReadonlySet<string>) => Promise<boolean>) {
    this.#cloud = cloud;
    this.#busAdmin = busAdmin;
    this.#isEqual = isEqual;
  }

  /** What was logged until now belongs to no step. */
  async begin(): Promise<void> {
    this.#seq = (await this.#cloud.log(0)).seq;
  }

  async play(name: string, act: () => Promise<Played>): Promise<StepResult> {
    const since = this.#seq;
    const played = await act();
    const { effects } = played;
    const anchors = new Set([...effects.map(({ anchor }) => anchor), ...(played.touched ?? [])]);
    const open = await this.#await(since, effects);
    const isNoticed = (await played.noticed?.()) ?? true;
    await this.untilQuiet();
    await this.#untilEqual(anchors);
    const { entries, seq } = await this.#cloud.log(since);
    this.#seq = seq;
    const ids = await this.#idsOf(anchors);
    const latencies = effects.flatMap((effect) => {
      const entry = findEffect(entries, ids, effect);
      return entry === undefined ? [] : [entry.answeredAt - effect.cause.at];
    });
    const touched = new Set([...anchors].map((anchor) => ids.get(anchor)));
    return {
      name,
      written: describeWrites(entries),
      latencies,
      unexpected: entries.filter((entry) => isWrite(entry) && !isTouched(entry, touched)),
      missing: [
        ...open.map(({ change }) => `'${change}' did not reach Graph in ${patienceMs / 1_000} s`),
        ...(isNoticed ? [] : ['the relay agent did not notice it']),
      ],
      entries,
    };
  }

  /** A write that Graph put off comes after a silence; the next step must not be blamed for it. */
  async #untilEqual(anchors: ReadonlySet<string>): Promise<void> {
    const deadline = Date.now() + settleMs;
    while (Date.now() < deadline && !(await this.#isEqual(anchors))) {
      await sleep(100);
      await this.untilQuiet();
    }
  }

  async untilQuiet(): Promise<void> {
    const deadline = Date.now() + patienceMs;
    let [seen, since] = ['', Date.now()];
    while (Date.now() < deadline) {
      const now = await this.#activity();
      if (now !== seen) [seen, since] = [now, Date.now()];
      else if (Date.now() - since >= quietMs) return;
      await sleep(50);
    }
  }

  /** Messages sent and not yet settled, and requests answered: any change is a sign of life. */
  async #activity(): Promise<string> {
    const queues = (await (await fetch(`${this.#busAdmin}/queues`)).json()) as QueueCounts;
    const live = Object.entries(queues).filter(([name]) => name.startsWith('changes'));
    const { seq } = await this.#cloud.log(Number.MAX_SAFE_INTEGER);
    return JSON.stringify([seq, live.map(([, { active, sent }]) => [active, sent])]);
  }

  async #await(since: number, effects: readonly Effect[]): Promise<readonly Effect[]> {
    const deadline = Date.now() + patienceMs;
    for (let seen = -1; ;) {
      const { entries, seq } = await this.#cloud.log(since);
      if (seq === seen && Date.now() < deadline) {
        await sleep(pollMs);
        continue;
      }
      seen = seq;
      const ids = await this.#idsOf(effects.map(({ anchor }) => anchor));
      const missing = effects.filter((effect) => findEffect(entries, ids, effect) === undefined);
      if (missing.length === 0 || Date.now() >= deadline) return missing;
    }
  }

  async #idsOf(anchors: Iterable<string>): Promise<ReadonlyMap<string, string>> {
    if ([...anchors].some((anchor) => !this.#ids.has(anchor))) this.#ids = (await this.#cloud.state()).ids;
    return this.#ids;
  }
}

type QueueCounts = Readonly<Record<string, { readonly active: number; readonly sent: number }>>;

export function findEffect(
  entries: readonly LogEntry[],
  ids: ReadonlyMap<string, string>,
  { anchor, change, cause }: Effect,
): LogEntry | undefined {
  const id = ids.get(anchor);
  if (id === undefined) return undefined;
  return entries.find(
    (entry) => entry.objectId === id && entry.changed.includes(change) && entry.answeredAt >= cause.at,
  );
}

/** A refused request names no object in its answer; its path does. */
function isTouched(entry: LogEntry, touched: ReadonlySet<string | undefined>): boolean {
  if (entry.objectId !== null) return touched.has(entry.objectId);
  return [...touched].some((id) => id !== undefined && entry.path.includes(id));
}
