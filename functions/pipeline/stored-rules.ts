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
import type { RulesInForce, RulesSource } from './rules-source.ts';

/** A process looks for a newer revision so often; a publication reaches it earlier through `w`. */
const freshMs = 15_000;

/** Rules from table Rules, compiled once a revision and process. */
export function storedRules(tables: TableStore, clock: Clock): RulesSource {
  let known: { readonly inForce: RulesInForce | null; readonly at: number } | null = null;
  let loading: Promise<RulesInForce | null> | null = null;
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
    refresh() {
      known = null;
      loading = null;
    },
  };
}

async function loadRules(tables: TableStore, before: RulesInForce | null): Promise<RulesInForce | null> {
  const latest = readRow<LatestRevision>(await tables.get('Rules', rulesPartition, latestRowKey));
  if (latest === null) return null;
  const { revision, generation } = latest.value;
  const rules = before?.revision === revision ? before.rules : await compileRevision(tables, revision);
  const containers: Record<string, ReadonlyMap<string, string>> = {};
  for (const connector of Object.keys(rules.connectors)) {
    const row = readRow<StoredContainers>(
      await tables.get('Rules', rulesPartition, containersRowKey(connector, revision)),
    );
    containers[connector] = new Map(
      row?.value.containers.flatMap(({ dn, key }) =>
        key === null ? [] : [[dn.toLowerCase(), key] as const],
      ) ?? [],
    );
  }
  return { revision, generation, rules, containers };
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
