import type { Link } from '../model/link.ts';
import type { StagedObject } from '../model/staged-object.ts';
import { project } from '../rules/project.ts';
import type { Projection } from '../rules/projection.ts';
import type { RuleSet, Sync } from '../rules/rule-set.ts';
import { selectSync } from '../rules/select-sync.ts';

/** Rules with the containers that their scopes name, by connector: lower-case DN to source key. Absent: not answered yet. */
export interface ResolvedRules {
  readonly rules: RuleSet;
  readonly containers: Readonly<Record<string, ReadonlyMap<string, string>>>;
}

/** Of an object's row what rules look at. */
export interface JudgedRecord {
  readonly staged: StagedObject;
  readonly link: Link | null;
  /** What its random values follow from, once drawn. */
  readonly seed?: string | undefined;
  /** Names that were passed over since others have them, as `property|value` in lower case. */
  readonly passedOver?: readonly string[] | undefined;
}

/** A tombstone has no class any more; its link says which sync made it. */
export function findSync(
  { rules }: Pick<ResolvedRules, 'rules'>,
  connector: string,
  record: JudgedRecord,
  isDeleted: boolean,
): Sync | null {
  const byLink =
    rules.syncs.find((sync) => sync.name === record.link?.sync && sync.connector === connector) ?? null;
  return isDeleted ? byLink : (selectSync(rules, connector, record.staged) ?? byLink);
}

/** What rules make of a source object of a connector at a time (epoch ms). */
export function projectObject(
  { rules, containers }: ResolvedRules,
  connector: string,
  sync: Sync,
  record: JudgedRecord,
  now: number,
): Projection {
  return project(sync, record.staged, {
    now,
    containers: containers[connector] ?? new Map<string, string>(),
    parameters: rules.parameters,
    seed: record.link?.state === 'live' ? null : record.seed,
    isTaken: (path, value) => record.passedOver?.includes(`${path}|${value.toLowerCase()}`) === true,
  });
}
