import type { ObjectChange } from '../../shared/contracts/change-set.v1.ts';
import type { ChangeSetPacker, PackedSet } from './change-set-packer.ts';

/** A call of the sender takes about as many messages as this fills; more on their way at once only costs memory. */
const callBytes = 400_000;
const underWayMax = 3;

/**
 * Change sets of one reading that comes in parts. A set goes out as soon as it is full, the others at the end, so a long
 * reading costs few messages and little memory; what is put in waits while the broker is slower than the directory.
 */
export class ChangeStream {
  readonly #packer: ChangeSetPacker;
  readonly #send: (sets: readonly PackedSet[]) => Promise<void>;
  readonly #underWay = new Set<Promise<void>>();

  constructor(packer: ChangeSetPacker, send: (sets: readonly PackedSet[]) => Promise<void>) {
    this.#packer = packer;
    this.#send = send;
  }

  /** Objects put in, by partition. */
  get counts(): Readonly<Record<string, number>> {
    return this.#packer.counts;
  }

  /** Throws what an earlier part failed of. */
  async put(changes: readonly ObjectChange[]): Promise<void> {
    await this.#begin(this.#packer.put(changes));
  }

  /** Sends what is left; resolves once everything has been accepted. */
  async end(): Promise<void> {
    await this.#begin(this.#packer.rest());
    await Promise.all(this.#underWay);
  }

  /** Waits until nothing is on its way any more, whatever became of it. */
  async settle(): Promise<void> {
    await Promise.allSettled(this.#underWay);
  }

  async #begin(sets: readonly PackedSet[]): Promise<void> {
    for (let at = 0; at < sets.length;) {
      const from = at;
      for (let bytes = 0; at < sets.length && (at === from || bytes < callBytes); at += 1)
        bytes += sets[at]?.payload.length ?? 0;
      const sending: Promise<void> = this.#send(sets.slice(from, at)).then(
        () => void this.#underWay.delete(sending),
      );
      // A failed one stays in the set, so that the waits find it.
      sending.catch(() => undefined);
      this.#underWay.add(sending);
      if (this.#underWay.size >= underWayMax) await Promise.race(this.#underWay);
    }
  }
}
