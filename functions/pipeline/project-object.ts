import { project } from '../../shared/rules/project.ts';
import type { Projection } from '../../shared/rules/projection.ts';
import type { Sync } from '../../shared/rules/rule-set.ts';
import { selectSync } from '../../shared/rules/select-sync.ts';
import type { ObjectRecord } from '../../shared/state/object-record.ts';
import type { RulesInForce } from './rules-source.ts';

/** A tombstone has no class any more; its link says which sync made it. */
export function findSync(
  inForce: RulesInForce,
  connector: string,
  record: ObjectRecord,
  isDeleted: boolean,
): Sync | null {
  const byLink =
    inForce.rules.syncs.find((sync) => sync.name === record.link?.sync && sync.connector === connector) ??
    null;
  return isDeleted ? byLink : (selectSync(inForce.rules, connector, record.staged) ?? byLink);
}

/** What the rules in force make of a source object of a connector at a time (epoch ms). */
export function projectObject(
  inForce: RulesInForce,
  connector: string,
  sync: Sync,
  record: ObjectRecord,
  now: number,
): Projection {
  return project(sync, record.staged, {
    now,
    containers: inForce.containers[connector] ?? new Map<string, string>(),
    parameters: inForce.rules.parameters,
  });
}
