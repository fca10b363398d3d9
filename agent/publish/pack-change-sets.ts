import type { ChangeSet, ObjectChange } from '../../shared/contracts/change-set.v1.ts';
import { ChangeSetPacker, messageLimits, type PackedSet } from './change-set-packer.ts';
import type { SplitLimits } from './split-object.ts';

/** Groups what one read said into change sets by partition. */
export function packChangeSets(
  connector: string,
  header: Omit<ChangeSet, 'objects'>,
  changes: readonly ObjectChange[],
  limits: SplitLimits = messageLimits,
): readonly PackedSet[] {
  const packer = new ChangeSetPacker(connector, header, limits);
  return [...packer.put(changes), ...packer.rest()];
}
