import type { Random } from '../../shared/ports/random.ts';
import type { Projection } from '../../shared/rules/projection.ts';
import type { ObjectRecord } from '../../shared/state/object-record.ts';

/** It is to be made with values that are random, and what they follow from has not been drawn. */
export function lacksSeed(record: ObjectRecord, projection: Projection): boolean {
  if (projection.kind !== 'in' || record.seed !== undefined) return false;
  return projection.chosen?.some((path) => !Object.hasOwn(projection.createOnly, path)) === true;
}

/**
 * Stored with whatever the turn comes to, at the latest with the attempt: so a creation that is repeated sends the same
 * values (ADR 0019).
 */
export function withSeed(random: Random, record: ObjectRecord): ObjectRecord {
  return { ...record, seed: Buffer.from(random.bytes(32)).toString('base64') };
}
