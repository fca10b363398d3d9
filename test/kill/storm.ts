import { setTimeout as sleep } from 'node:timers/promises';
import { SeededRandom } from '../../local/graph/seeded-random.ts';
import { hostNames, type ProcessName, type Victim } from './cast.ts';
import type { Matcher, Service } from './gates.ts';
import {
  accepted,
  graphAnswer,
  graphRequest,
  importPage,
  published,
  recordRequest,
  wakeUpAfterLink,
  watermarkAfter,
  workAnnounced,
} from './matchers.ts';
import type { Stage } from './stage.ts';

/** The points of the exact set, for whatever object comes there next. */
const points: Readonly<Record<string, () => Matcher>> = {
  'between attempt and Graph': () => graphRequest(''),
  'between Graph’s answer and the host': () => graphAnswer(''),
  'between Graph’s answer and the record': () => recordRequest('', ''),
  'between fold and work': () => workAnnounced(null),
  'between a poll and the broker': () => published('changes', ''),
  'between the broker’s acceptance and the agent': () => accepted('changes', ''),
  'between the broker’s acceptance and the watermark': () => watermarkAfter('changes', ''),
  'between a link and its wake-up': () => wakeUpAfterLink(''),
  'in the middle of an import': () => importPage(1),
};

const victims: readonly Victim[] = ['agent', ...hostNames];
const services: readonly Service[] = ['bus', 'tables', 'graph'];
const all: readonly ProcessName[] = [...victims, 'tables', 'bus', 'graph', 'directory'];
/** Traffic that does not come in this time does not come at this stage of the run. */
const trafficMs = 15_000;
/** Longer than a lock and than an attempt. */
const longPauseMs = 45_000;

/** Faults as a seed decides. Each falls at once; what it leaves broken is mended in the background. */
export class Storm {
  readonly #stage: Stage;
  readonly #random: SeededRandom;
  readonly #mending = new Set<Promise<void>>();

  constructor(stage: Stage, seed: number) {
    this.#stage = stage;
    this.#random = new SeededRandom(seed);
  }

  async next(): Promise<void> {
    const kind = this.#random.next();
    if (kind < 0.45) await this.#killAtPoint();
    else if (kind < 0.55) await this.#kill();
    else if (kind < 0.75) this.#cut();
    else if (kind < 0.85) this.#refuse();
    else this.#pause();
  }

  /** All that was broken for a time works again. */
  async over(): Promise<void> {
    await Promise.all(this.#mending);
    await this.#stage.restarted();
  }

  async #killAtPoint(): Promise<void> {
    const [point, matcher] = this.#pick(Object.entries(points));
    const armed = this.#stage.cast.gates.arm(matcher());
    const timer = new AbortController();
    const come = await Promise.race([
      armed.hit.then(() => true),
      sleep(trafficMs, false, { signal: timer.signal }).catch(() => false),
    ]);
    timer.abort();
    armed.disarm();
    if (come) await this.#stage.killAt(point, armed);
    else this.#stage.chronicle.say(`nothing came by ${point}`);
  }

  async #kill(): Promise<void> {
    const victim = this.#pick(victims);
    if (!this.#stage.cast.isAlive(victim)) return;
    await this.#stage.cast.kill(victim);
    this.#stage.chronicle.add(`kill ${victim}`);
    this.#stage.restart(victim);
  }

  #cut(): void {
    const [client, service] = this.#route();
    this.#stage.cast.cut(client, service);
    this.#stage.chronicle.add(`cut ${client} from ${service}`);
  }

  #refuse(): void {
    const [client, service] = this.#route();
    const ms = Math.round(this.#random.within({ from: 500, to: 10_000 }));
    const { cast, chronicle } = this.#stage;
    cast.refuse(client, service, true);
    chronicle.add(`keep ${client} from ${service} for ${ms} ms`);
    this.#mend(ms, () => cast.refuse(client, service, false));
  }

  #pause(): void {
    const { cast, chronicle } = this.#stage;
    const name = this.#pick(all);
    const isClient = (victims as readonly ProcessName[]).includes(name);
    const isLong = this.#random.next() < 0.25 && isClient;
    const ms = isLong ? longPauseMs : Math.round(this.#random.within({ from: 500, to: 8_000 }));
    cast.pause(name);
    chronicle.add(`pause ${name} for ${ms} ms`);
    this.#mend(ms, () => cast.resume(name));
  }

  #mend(ms: number, repair: () => void): void {
    const mending = sleep(ms).then(() => {
      repair();
      this.#mending.delete(mending);
    });
    this.#mending.add(mending);
  }

  #route(): readonly [Victim, Service] {
    const client = this.#pick(victims);
    return [client, client === 'agent' ? 'bus' : this.#pick(services)];
  }

  #pick<T>(list: readonly T[]): T {
    const one = list[Math.floor(this.#random.next() * list.length)];
    if (one === undefined) throw new Error('an empty list');
    return one;
  }
}
