import { temporaryName } from '../../shared/plan/temporary-name.ts';
import { updatePartHash } from '../../shared/plan/update-part-hash.ts';
import { uniqueProperties } from '../../shared/state/name-claim.ts';
import type { PlanOperation } from '../plan/plan-file.ts';

/**
 * Every hash under which the function app may come to an operation of a plan. An update it may write property by property,
 * and a name by way of a temporary one; see updatePartHash.
 */
export function namedHashes(operation: PlanOperation): readonly string[] {
  const { hash, parts = {} } = operation;
  return [...new Set([hash, ...Object.keys(parts).flatMap((path) => partHashes(operation, path))])];
}

/** Those of one property of an update. */
export function partHashes(operation: PlanOperation, path: string): readonly string[] {
  const { key, cloudId, changes, parts = {} } = operation;
  const { before, after, isRedacted } = changes[path] ?? {};
  const own = parts[path];
  const hashes = own === undefined ? [] : [own];
  const isName = uniqueProperties.some((property) => property === path) && isRedacted !== true;
  if (!isName || cloudId === null || typeof before !== 'string' || typeof after !== 'string') return hashes;
  const between = temporaryName(before, key);
  return [
    ...hashes,
    updatePartHash({ key, cloudId }, path, { before, after: between }),
    updatePartHash({ key, cloudId }, path, { before: between, after }),
  ];
}
