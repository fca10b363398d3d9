import type { ControllerFacts } from '../../shared/adapters/active-directory/domain-controller.ts';
import type { LeaseStateStore } from '../lease/lease-state-store.ts';
import type { Watermark } from '../lease/lease-state.ts';
import { larger, readCoverage, type Coverage } from './coverage.ts';
import type { DirectoryReader } from './directory-reader.ts';

/**
 * Keeps account of what was told, so that no domain controller is read that lacks some of it. Before anything is
 * published, the highest number of the moment is noted in memory: this domain controller may die before the exact
 * account can be read from it, and nothing that was told may be lost from sight with it.
 */
export class ToldCoverage {
  readonly #reader: DirectoryReader;
  readonly #facts: ControllerFacts;
  readonly #state: LeaseStateStore;
  readonly #hasOthers: boolean;
  /** What was told from domain controllers read before this one. */
  readonly #before: Watermark['covers'];
  /** Null until it was read here: numbers of another domain controller mean nothing on this one. */
  #coverage: Coverage | null = null;
  #noted = 0n;

  constructor(reader: DirectoryReader, facts: ControllerFacts, state: LeaseStateStore, hasOthers: boolean) {
    const known = state.current.watermarks.find((one) => one.namingContext === reader.namingContext);
    this.#reader = reader;
    this.#facts = facts;
    this.#state = state;
    this.#hasOthers = hasOthers;
    this.#before = known?.covers;
    const { covers, witnesses } = known ?? {};
    if (known?.invocationId === facts.invocationId && covers !== undefined && witnesses !== undefined)
      this.#coverage = { covers, witnesses };
  }

  get current(): Coverage | null {
    return this.#coverage;
  }

  /** More was noted than an exact account has been read of. */
  get isLoose(): boolean {
    return this.#noted > 0n;
  }

  /** To be called after a read, before what it showed is published. */
  async note(): Promise<void> {
    if (!this.#hasOthers) return;
    const usn = await this.#reader.highestUsn();
    if (usn <= this.#noted) return;
    this.#noted = usn;
    const { namingContext } = this.#reader;
    const raise = (watermark: Watermark): Watermark =>
      watermark.namingContext === namingContext ? this.#withAtLeast(watermark, usn) : watermark;
    this.#state.amend((before) => ({ ...before, watermarks: before.watermarks.map(raise) }));
  }

  async tighten(): Promise<Coverage> {
    const noted = this.#noted;
    const read = await readCoverage(this.#reader, this.#facts.invocationId, this.#before);
    // What was noted meanwhile may have come after the reading.
    if (this.#noted > noted) this.#coverage = this.#withAtLeast(read, this.#noted);
    else [this.#coverage, this.#noted] = [read, 0n];
    return this.#coverage;
  }

  #withAtLeast<T extends Coverage>(coverage: T, usn: bigint): T {
    const { invocationId } = this.#facts;
    const own = coverage.covers?.[invocationId];
    if (coverage.covers === undefined) return coverage;
    const raised = String(larger(usn, own === undefined ? undefined : BigInt(own)));
    return { ...coverage, covers: { ...coverage.covers, [invocationId]: raised } };
  }
}
