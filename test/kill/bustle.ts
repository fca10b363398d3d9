import { setTimeout as sleep } from 'node:timers/promises';
import { SeededRandom } from '../../local/graph/seeded-random.ts';
import type { Picture } from '../../local/demo/picture.ts';
import type { Company } from './company.ts';

/** What may happen in a company, and how often of a hundred. */
const happenings: readonly (readonly [number, (bustle: Bustle) => Promise<unknown>])[] = [
  [34, (at) => at.company.retitle(at.someone())],
  [8, (at) => at.company.redisplay(at.someone())],
  [6, (at) => at.company.rename(at.someone())],
  [8, (at) => at.company.toggle(at.someone())],
  [8, (at) => at.company.assign(at.someone(), at.someone())],
  [6, (at) => at.company.hire()],
  [4, (at) => at.dismissKnown()],
  [2, (at) => at.company.found([at.someone()])],
  [1, (at) => at.dissolveLoose()],
  [3, (at) => at.company.describe(at.some())],
  [12, (at) => at.company.join(at.some(), at.someone())],
  [8, (at) => at.company.leave(at.some(), at.someone())],
];

/** Changes in the directory as a seed decides. */
export class Bustle {
  readonly company: Company;
  readonly #random: SeededRandom;
  #cloud: Picture = new Map();

  constructor(company: Company, seed: number) {
    this.company = company;
    this.#random = new SeededRandom(seed);
  }

  /** What the cloud looked like a moment ago. */
  know(cloud: Picture): void {
    this.#cloud = cloud;
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

  /**
   * Only whose memberships the cloud has: a group that is new there waits ten minutes for a member that never comes,
   * which is the product's way of filling its writes, and too long for a run.
   */
  async dismissKnown(): Promise<void> {
    const known = [...this.company.employees.keys()].filter((key) => this.#isKnown(key));
    if (known.length > 0) await this.company.dismiss(this.#pick(known));
  }

  /** A group within another would be waited for likewise. */
  async dissolveLoose(): Promise<void> {
    const teams = [...this.company.teams.values()];
    const loose = teams.filter(({ key }) => !teams.some(({ members }) => members.has(key)));
    if (loose.length > 1) await this.company.dissolve(this.#pick(loose.map(({ key }) => key)));
  }

  #isKnown(key: string): boolean {
    const anchor = this.company.anchorOf(key);
    const teams = [...this.company.teams.values()].filter(({ members }) => members.has(key));
    const isMember = (team: string): boolean =>
      this.#cloud.get(this.company.anchorOf(team))?.members.has(anchor) ?? false;
    return this.#cloud.has(anchor) && teams.every((team) => isMember(team.key));
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
