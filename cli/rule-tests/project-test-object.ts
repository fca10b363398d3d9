import { normalizeDn } from '../../shared/model/dn.ts';
import { captureNeeds } from '../../shared/rules/capture-needs.ts';
import { project } from '../../shared/rules/project.ts';
import type { Projection } from '../../shared/rules/projection.ts';
import type { RuleSet, Sync } from '../../shared/rules/rule-set.ts';
import { selectSync } from '../../shared/rules/select-sync.ts';
import type { TestObject } from './rule-test-schema.ts';
import { stageTestObject, type TestKeys } from './stage-test-object.ts';

export interface TestSurroundings {
  /** The source. */
  readonly connector: string;
  readonly keys: TestKeys;
  /** Epoch ms. */
  readonly now: number;
}

/**
 * What rules make of an object that was described in a file. Null: no sync wants one of its class.
 *
 * @throws WrongTestObject
 */
export function projectTestObject(
  rules: RuleSet,
  object: TestObject,
  { connector, keys, now }: TestSurroundings,
): { readonly sync: Sync | null; readonly projection: Projection | null } {
  const needs = captureNeeds(rules, connector);
  const staged = stageTestObject(object, needs, keys);
  const sync = selectSync(rules, connector, staged);
  if (sync === null) return { sync: null, projection: null };
  const containers = new Map(needs.containers.map((dn) => [dn.toLowerCase(), keys.of(normalizeDn(dn))]));
  const projection = project(sync, staged, { now, containers, parameters: rules.parameters });
  return { sync, projection };
}
