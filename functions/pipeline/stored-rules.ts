import { SyncError } from '../../shared/errors/sync-error.ts';
import type { Clock } from '../../shared/ports/clock.ts';
import type { TableStore } from '../../shared/ports/table-store.ts';
import { compileRules } from '../../shared/rules/compile-rules.ts';
import {
  containersRowKey,
  latestRowKey,
  revisionRowKey,
  rulesPartition,
  type LatestRevision,
  type StoredContainers,
  type StoredRevision,
} from '../../shared/state/rule-rows.ts';
import { readRow } from './object-rows.ts';
import type { ResolvedRules } from '../../shared/plan/project-object.ts';
import type { RuleSet } from '../../shared/rules/rule-set.ts';
import type { RulesInForce, RulesSource } from './rules-source.ts';

/** A process looks for a newer revision so often; a publication reaches it earlier through `w`. */
const freshMs = 15_000;
/** Objects that no later revision touched stand at many; more than these at once are rare. */
const earlierMax = 4;

/** Rules from table Rules, compiled once a revision and process. */
export function storedRules(tables: TableStore, clock: Clock): RulesSource {
  let known: { readonly inForce: RulesInForce | null; readonly at: number } | null = null;
  let loading: Promise<RulesInForce | null> | null = null;
  const earlier = new Map<number, Promise<ResolvedRules | null>>();
  const load = (): Promise<RulesInForce | null> => {
    const look = loadRules(tables, known?.inForce ?? null)
      .then((inForce) => {
        // A look that began before `refresh` is its callers' alone.
        if (loading === look) known = { inForce, at: clock.now() };
        return inForce;
      })
      .finally(() => {
        if (loading === look) loading = null;
      });
    return look;
  };
  const satisfies = (inForce: RulesInForce | null, atLeast: number): boolean =>
    (inForce?.generation ?? 0) >= atLeast;
  return {
    async inForce(atLeast) {
      const isFresh = known !== null && clock.now() - known.at < freshMs;
      if (isFresh && known !== null && satisfies(known.inForce, atLeast)) return known.inForce;
      if (loading !== null) {
        const joined = await loading;
        if (satisfies(joined, atLeast)) return joined;
      }
      loading ??= load();
      return loading;
    },
    earlier(revision) {
      const known = earlier.get(revision);
      if (known !== undefined) return known;
      const look = loadEarlier(tables, revision);
      // One that could not be read is asked for again.
      look.catch(() => earlier.delete(revision));
      const [oldest] = earlier.keys();
      if (earlier.size >= earlierMax && oldest !== undefined) earlier.delete(oldest);
      earlier.set(revision, look);
      return look;
    },
    refresh() {
      known = null;
      loading = null;
    },
  };
}

async function loadEarlier(tables: TableStore, revision: number): Promise<ResolvedRules | null> {
  try {
    const rules = await compileRevision(tables, revision);
    return { rules, containers: await loadContainers(tables, rules, revision) };
  } catch (error) {
    if (error instanceof SyncError && error.code === 'RULES_INVALID') return null;
    throw error;
  }
}

async function loadRules(tables: TableStore, before: RulesInForce | null): Promise<RulesInForce | null> {
  const latest = readRow<LatestRevision>(await tables.get('Rules', rulesPartition, latestRowKey));
  if (latest === null) return null;
  const { revision, generation, apply } = latest.value;
  const rules = before?.revision === revision ? before.rules : await compileRevision(tables, revision);
  const containers = await loadContainers(tables, rules, revision);
  return { revision, generation, rules, containers, ...(apply === undefined ? {} : { apply }) };
}

/** As the agents resolved them for that revision. */
async function loadContainers(
  tables: TableStore,
  rules: RuleSet,
  revision: number,
): Promise<ResolvedRules['containers']> {
  const containers: Record<string, ReadonlyMap<string, string>> = {};
  for (const connector of Object.keys(rules.connectors)) {
    const row = readRow<StoredContainers>(
      await tables.get('Rules', rulesPartition, containersRowKey(connector, revision)),
    );
    // Not answered yet is something else than not found.
    if (row === null) continue;
    containers[connector] = new Map(
      row.value.containers.flatMap(({ dn, key }) => (key === null ? [] : [[dn.toLowerCase(), key] as const])),
    );
  }
  return containers;
}

async function compileRevision(tables: TableStore, revision: number) {
  const row = readRow<StoredRevision>(await tables.get('Rules', rulesPartition, revisionRowKey(revision)));
  if (row === null)
    throw new SyncError('RULES_INVALID', `revision ${revision} of the rules is named but not stored`, {
      context: { revision },
    });
  const compiled = compileRules(row.value.files);
  if (compiled.ok) return compiled.rules;
  const [problem] = compiled.problems;
  throw new SyncError(
    'RULES_INVALID',
    `revision ${revision} of the rules does not compile with this version: ${problem?.message ?? ''}`,
    { context: { revision } },
  );
}
