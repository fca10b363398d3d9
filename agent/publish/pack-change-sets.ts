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

/** Groups what one read said into change sets by partition. */
export function packChangeSets(
  connector: string,
  header: Omit<ChangeSet, 'objects'>,
  changes: readonly ObjectChange[],
  limits: SplitLimits = messageLimits,
): readonly PackedSet[] {
  const packed: PackedSet[] = [];
  const open = new Map<string, Piece[]>();
  const sizes = new Map<string, number>();
  // Each object's JSON is made once; the header's ends with an empty list, which is filled in as text.
  const frame = JSON.stringify({ ...header, objects: [] });
  const close = (partition: string): void => {
    const pieces = open.get(partition);
    open.delete(partition);
    sizes.delete(partition);
    if (pieces === undefined) return;
    packed.push({
      partition,
      objects: pieces.length,
      payload: `${frame.slice(0, -2)}${pieces.map(({ json }) => json).join(',')}]}`,
      oversized: pieces.flatMap(({ key, oversized }) => oversized.map((attribute) => ({ key, attribute }))),
    });
  };
  for (const change of changes) {
    const partition = partitionOf(connector, change.key);
    for (const piece of piecesOf(change, header.asked, limits)) {
      const filled = sizes.get(partition) ?? 0;
      const count = open.get(partition)?.length ?? 0;
      if (count > 0 && (count >= objectsMax || filled + piece.bytes > limits.pieceBytes)) close(partition);
      const target = open.get(partition) ?? [];
      target.push(piece);
      open.set(partition, target);
      sizes.set(partition, (sizes.get(partition) ?? 0) + piece.bytes);
    }
  }
  for (const partition of [...open.keys()]) close(partition);
  return packed;
}

interface Piece {
  readonly key: string;
  readonly json: string;
  readonly bytes: number;
  readonly oversized: readonly string[];
}

function piecesOf(change: ObjectChange, asked: readonly string[], limits: SplitLimits): readonly Piece[] {
  const whole = pieceOf(change);
  return whole.bytes <= limits.pieceBytes ? [whole] : splitObject(change, asked, limits).map(pieceOf);
}

function pieceOf(change: ObjectChange): Piece {
  const json = JSON.stringify(change);
  return { key: change.key, json, bytes: carriedTextBytes(json), oversized: change.oversized ?? [] };
}
