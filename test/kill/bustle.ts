import { setTimeout as sleep } from 'node:timers/promises';
import { groupDn } from '../../local/demo/seed-directory.ts';
import { SeededRandom } from '../../local/graph/seeded-random.ts';
import type { Company } from './company.ts';

/** What may happen in a company, and how often of a hundred. */
const happenings: readonly (readonly [number, (bustle: Bustle) => Promise<unknown>])[] = [
  [34, (at) => at.company.retitle(at.someone())],
  [8, (at) => at.company.redisplay(at.someone())],
  [6, (at) => at.company.rename(at.someone())],
  [8, (at) => at.company.toggle(at.someone())],
  [8, (at) => at.company.assign(at.someone(), at.someone())],
  [6, (at) => at.company.hire()],
  [4, (at) => at.company.dismiss(at.someone())],
  [2, (at) => at.company.found([at.someone()])],
  [1, (at) => at.dissolveOne()],
  [3, (at) => at.company.describe(at.some())],
  [12, (at) => at.company.join(at.some(), at.someone())],
  [8, (at) => at.company.leave(at.some(), at.someone())],
];

/** Changes in the directory as a seed decides. */
export class Bustle {
  readonly company: Company;
  readonly #random: SeededRandom;

  constructor(company: Company, seed: number) {
    this.company = company;
    this.#random = new SeededRandom(seed);
  }

  /** So many changes, with pauses as people make them. */
  async go(changes: number, pauseMsMax: number): Promise<void> {
    for (let done = 0; done < changes; done += 1) {
      await this.#one();
      if (this.#random.next() < 0.2) await sleep(this.#random.within({ from: 0, to: pauseMsMax * 5 }));
    }
  }

  async #one(): Promise<void> {
    let left = this.#random.next() * happenings.reduce((sum, [weight]) => sum + weight, 0);
    for (const [weight, happen] of happenings) {
      left -= weight;
      if (left >= 0) continue;
      await happen(this);
      return;
    }
  }

  someone(): string {
    return this.#pick([...this.company.employees.keys()]);
  }

  /** One is left, and so is whichever is somebody's primary group: a directory refuses to delete it. */
  async dissolveOne(): Promise<void> {
    const primary = groupDn(this.company.client, 'Contractors');
    const others = [...this.company.teams].flatMap(([key, { dn }]) => (dn === primary ? [] : [key]));
    if (others.length > 1) await this.company.dissolve(this.#pick(others));
  }

  some(): string {
    return this.#pick([...this.company.teams.keys()]);
  }

  #pick(keys: readonly string[]): string {
    const key = keys[Math.floor(this.#random.next() * keys.length)];
    if (key === undefined) throw new Error('the company has died out');
    return key;
  }
}
