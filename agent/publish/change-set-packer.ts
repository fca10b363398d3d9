import type { ChangeSet, ObjectChange } from '../../shared/contracts/change-set.v1.ts';
import { partitionOf } from '../../shared/model/partition.ts';
import { carriedTextBytes, splitObject, type SplitLimits } from './split-object.ts';

export interface PackedSet {
  readonly partition: string;
  readonly objects: number;
  /** JSON of the change set. */
  readonly payload: string;
  /** What was too large to be carried. */
  readonly oversized: readonly { readonly key: string; readonly attribute: string }[];
}

/** Object, old and new index row of 33 objects fit one table transaction of 100 rows. */
const objectsMax = 33;

/** A Standard queue takes 256 KB; the rest is for the envelope and the names asked for. */
export const messageLimits: SplitLimits = { pieceBytes: 180_000, objectBytes: 700_000 };

interface Piece {
  readonly key: string;
  readonly json: string;
  readonly bytes: number;
  readonly oversized: readonly string[];
}

/** The set of one partition that is being filled. */
interface OpenSet {
  readonly pieces: Piece[];
  readonly keys: Set<string>;
  bytes: number;
}

/**
 * Groups what one reading says into change sets by partition. The reading may come in parts: a set is handed out when it is
 * full, so at most one open set a partition is kept, however much is read.
 */
export class ChangeSetPacker {
  /** Objects put in, by partition. */
  readonly counts: Record<string, number> = {};
  readonly #connector: string;
  readonly #asked: readonly string[];
  readonly #limits: SplitLimits;
  /** JSON of the header up to its list of objects, which is filled in as text: each object's JSON is made once. */
  readonly #frame: string;
  readonly #open = new Map<string, OpenSet>();

  constructor(connector: string, header: Omit<ChangeSet, 'objects'>, limits: SplitLimits = messageLimits) {
    this.#connector = connector;
    this.#asked = header.asked;
    this.#limits = limits;
    this.#frame = JSON.stringify({ ...header, objects: [] }).slice(0, -2);
  }

  /** @returns the sets that this filled. */
  put(changes: readonly ObjectChange[]): PackedSet[] {
    const full: PackedSet[] = [];
    for (const change of changes) {
      const partition = partitionOf(this.#connector, change.key);
      this.counts[partition] = (this.counts[partition] ?? 0) + 1;
      const whole = pieceOf(change, this.#limits);
      if (whole.bytes <= this.#limits.pieceBytes) this.#add(partition, whole, full);
      else
        for (const part of splitObject(change, this.#asked, this.#limits))
          this.#add(partition, pieceOf(part, this.#limits), full);
    }
    return full;
  }

  /** The sets that are not full. */
  rest(): PackedSet[] {
    const rest = [...this.#open].map(([partition, set]) => this.#packed(partition, set));
    this.#open.clear();
    return rest;
  }

  #add(partition: string, piece: Piece, full: PackedSet[]): void {
    let set = this.#open.get(partition);
    // No set names an object twice: its rows are written in one transaction.
    const isFull =
      set !== undefined &&
      (set.pieces.length >= objectsMax ||
        set.bytes + piece.bytes > this.#limits.pieceBytes ||
        set.keys.has(piece.key));
    if (set !== undefined && isFull) full.push(this.#packed(partition, set));
    if (set === undefined || isFull) {
      set = { pieces: [], keys: new Set(), bytes: 0 };
      this.#open.set(partition, set);
    }
    set.pieces.push(piece);
    set.keys.add(piece.key);
    set.bytes += piece.bytes;
  }

  #packed(partition: string, { pieces }: OpenSet): PackedSet {
    return {
      partition,
      objects: pieces.length,
      payload: `${this.#frame}${pieces.map(({ json }) => json).join(',')}]}`,
      oversized: pieces.flatMap(({ key, oversized }) => oversized.map((attribute) => ({ key, attribute }))),
    };
  }
}

function pieceOf(change: ObjectChange, limits: SplitLimits): Piece {
  const json = JSON.stringify(change);
  // A character takes three bytes at most. Where even that many leave room for a full set, nothing is counted.
  const atMost = 3 * json.length + 2;
  const bytes = atMost * objectsMax <= limits.pieceBytes ? atMost : carriedTextBytes(json);
  return { key: change.key, json, bytes, oversized: change.oversized ?? [] };
}
