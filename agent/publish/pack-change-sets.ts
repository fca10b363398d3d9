import type { ChangeSet, ObjectChange } from '../../shared/contracts/change-set.v1.ts';
import { partitionOf } from '../../shared/model/partition.ts';
import { carriedBytes, splitObject, type SplitLimits } from './split-object.ts';

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
  const open = new Map<string, { objects: ObjectChange[]; bytes: number }>();
  const close = (partition: string): void => {
    const set = open.get(partition);
    open.delete(partition);
    if (set === undefined) return;
    const body: ChangeSet = { ...header, objects: set.objects };
    packed.push({
      partition,
      objects: set.objects.length,
      payload: JSON.stringify(body),
      oversized: set.objects.flatMap(({ key, oversized = [] }) =>
        oversized.map((attribute) => ({ key, attribute })),
      ),
    });
  };
  for (const change of changes) {
    const partition = partitionOf(connector, change.key);
    for (const piece of splitObject(change, header.asked, limits)) {
      const bytes = carriedBytes(piece);
      const set = open.get(partition);
      if (set !== undefined && (set.objects.length >= objectsMax || set.bytes + bytes > limits.pieceBytes))
        close(partition);
      const target = open.get(partition);
      if (target === undefined) open.set(partition, { objects: [piece], bytes });
      else {
        target.objects.push(piece);
        target.bytes += bytes;
      }
    }
  }
  for (const partition of [...open.keys()]) close(partition);
  return packed;
}
