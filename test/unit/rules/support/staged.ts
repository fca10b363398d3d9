import { readFileSync } from 'node:fs';
import type { Value } from '../../../../shared/contracts/primitives.ts';
import type { StagedObject } from '../../../../shared/model/staged-object.ts';
import { captureNeeds } from '../../../../shared/rules/capture-needs.ts';
import { compileRules } from '../../../../shared/rules/compile-rules.ts';
import { project } from '../../../../shared/rules/project.ts';
import type { Projection } from '../../../../shared/rules/projection.ts';
import type { RuleSet, Sync } from '../../../../shared/rules/rule-set.ts';
import { now } from './evaluate.ts';

export const version = { epoch: 1_764_000_000_000, n: 7 };
export const userKey = 'a1b2c3d4e5f60718293a4b5c6d7e8f90';
export const staffKey = '00000000000000000000000000000001';

export type SourceValues = Readonly<Record<string, readonly Value[]>>;

export function rulesOf(...texts: readonly string[]): RuleSet {
  const result = compileRules(texts.map((text, index) => ({ name: `${index}.yaml`, text })));
  if (!result.ok) throw new Error(JSON.stringify(result.problems, null, 1));
  return result.rules;
}

export function rulesInFile(name: string): RuleSet {
  return rulesOf(readFileSync(new URL(`../../../../rules/${name}`, import.meta.url), 'utf8'));
}

export function syncNamed(rules: RuleSet, name: string): Sync {
  const sync = rules.syncs.find((one) => one.name === name);
  if (sync === undefined) throw new Error(`no sync ${name}`);
  return sync;
}

/** A staged object after a whole read for these rules: what is not given is known to be empty. */
export function stagedAs(
  rules: RuleSet,
  name: string,
  values: SourceValues,
  over: Partial<StagedObject> = {},
): StagedObject {
  const asked = captureNeeds(rules, 'corp').attributes;
  const attributes = Object.fromEntries(
    [...new Set([...asked, ...Object.keys(values)])].map((one) => [
      one.toLowerCase(),
      { version, values: values[one] ?? [] },
    ]),
  );
  return {
    key: userKey,
    class: { version, name },
    life: { version, isDeleted: false },
    floor: null,
    base: version,
    openBases: [],
    dn: { version, text: 'CN=Ada Lovelace,OU=Staff,DC=corp,DC=example' },
    ancestors: { version, keys: [staffKey, '00000000000000000000000000000000'] },
    attributes,
    lists: {},
    oversized: {},
    seenIn: null,
    vanished: null,
    ...over,
  };
}

export function projectOf(
  sync: Sync,
  staged: StagedObject,
  containers: ReadonlyMap<string, string> = new Map(),
  parameters: Readonly<Record<string, string>> = {},
): Projection {
  return project(sync, staged, { now, containers, parameters });
}

/** The projection where it must be in scope. */
export function projectIn(
  sync: Sync,
  staged: StagedObject,
  containers: ReadonlyMap<string, string> = new Map(),
): Extract<Projection, { kind: 'in' }> {
  const projection = projectOf(sync, staged, containers);
  if (projection.kind !== 'in') throw new Error(`not in scope: ${JSON.stringify(projection)}`);
  return projection;
}
