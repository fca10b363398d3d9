import { compileRules } from '../../shared/rules/compile-rules.ts';
import type { ResolvedRules } from '../../shared/plan/project-object.ts';
import type { RuleSet } from '../../shared/rules/rule-set.ts';
import { containersRowKey, rulesPartition, type StoredContainers } from '../../shared/state/rule-rows.ts';
import type { Reading } from '../command-context.ts';
import type { PublishedRevision } from '../state/connectors.ts';

/** Source connectors of rules, by name. */
export const sourcesOf = (rules: RuleSet): readonly string[] =>
  [...new Set(rules.syncs.map(({ connector }) => connector))].sort();

/**
 * Rules that nobody has published, with the containers that agents resolved for any revision before: the latest answer about
 * a DN counts. A container that no revision has named yet is unknown, so that what may lie under it waits.
 */
export async function rulesToPlan(tables: Reading, rules: RuleSet): Promise<ResolvedRules> {
  const containers: Record<string, ReadonlyMap<string, string>> = {};
  for (const connector of sourcesOf(rules)) {
    const known = new Map<string, string>();
    const from = containersRowKey(connector, 0);
    const to = containersRowKey(connector, 99_999_999);
    const rows = await tables.range('Rules', rulesPartition, { from, to, limit: Number.MAX_SAFE_INTEGER });
    for (const { data } of rows) learn(known, data as StoredContainers);
    containers[connector] = known;
  }
  return { rules, containers };
}

/** The rules in force as the function app sees them; null where there are none, or this version cannot compile them. */
export async function rulesInForce(
  tables: Reading,
  stored: PublishedRevision | null,
): Promise<ResolvedRules | null> {
  if (stored === null) return null;
  const compiled = compileRules(stored.files);
  if (!compiled.ok) return null;
  const containers: Record<string, ReadonlyMap<string, string>> = {};
  for (const connector of sourcesOf(compiled.rules)) {
    const row = await tables.get('Rules', rulesPartition, containersRowKey(connector, stored.revision));
    const known = new Map<string, string>();
    if (row !== undefined) learn(known, row.data as StoredContainers);
    containers[connector] = known;
  }
  return { rules: compiled.rules, containers };
}

/** A container that is not there any more is unknown again. */
function learn(known: Map<string, string>, { containers }: StoredContainers): void {
  for (const { dn, key } of containers) {
    if (key === null) known.delete(dn.toLowerCase());
    else known.set(dn.toLowerCase(), key);
  }
}
