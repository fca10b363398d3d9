import { createHash } from 'node:crypto';
import { canonical } from './operation.ts';

/**
 * Names one member to be added or taken out. The pipeline writes additions in batches that depend on who happens to be
 * in the cloud at that moment, so the hash of a batch could not be reached again: a plan names every member by itself, and
 * whoever carries it out compares member by member.
 *
 * `cloudId` is that of the group; null where the plan makes the group itself and nobody knows the id yet. So whoever
 * compares tries the id of a group first, and null for one that was linked after the plan was made. Taking out has the hash
 * that `operationHash` gives, so that a hold, a permit and a plan mean the same.
 */
export function memberHash(
  group: string,
  cloudId: string | null,
  kind: 'add-member' | 'remove-member',
  member: string,
): string {
  const subject = canonical([cloudId, member]);
  return createHash('sha256').update(`${group}|${kind}|${subject}`).digest('hex').slice(0, 20);
}
