import { SyncError } from '../../shared/errors/sync-error.ts';
import { partitions } from '../../shared/model/partition.ts';
import { compileRules, type RuleFile } from '../../shared/rules/compile-rules.ts';
import type { RuleSet } from '../../shared/rules/rule-set.ts';
import { putRow } from '../../shared/state/put-row.ts';
import {
  latestRowKey,
  revisionRowKey,
  rulesPartition,
  type LatestRevision,
  type StoredRevision,
} from '../../shared/state/rule-rows.ts';
import { configureAgent } from '../pipeline/configure-agent.ts';
import { readRow, untilSettled } from '../pipeline/object-rows.ts';
import type { Pipeline } from '../pipeline/pipeline.ts';
import type { Accepted } from './accepted.ts';
import { storeAndTell } from './store-and-tell.ts';
import type { Operator } from './verify-operator.ts';

/** Publishing what is in force already lets go what an applied plan keeps back, and tells agent and partitions again. */
export async function publishRules(
  pipeline: Pipeline,
  files: readonly RuleFile[],
  operator: Operator,
): Promise<Accepted> {
  const rules = compilePublished(files);
  const next = await storeRevision(pipeline, { files, rules, operator, apply: null });
  return tellPartitions(pipeline, rules, next, operator);
}

/** @throws SyncError OPERATOR_INVALID with file, line and column of what is wrong. */
export function compilePublished(files: readonly RuleFile[]): RuleSet {
  const compiled = compileRules(files);
  if (compiled.ok) return compiled.rules;
  const lines = compiled.problems
    .slice(0, 20)
    .map((problem) => `${problem.file}:${problem.line}:${problem.column} ${problem.message}`);
  throw new SyncError('OPERATOR_INVALID', `the rules were not published:\n${lines.join('\n')}`);
}

/** Repeating it changes nothing. */
export async function tellPartitions(
  pipeline: Pipeline,
  rules: RuleSet,
  { revision, generation }: LatestRevision,
  operator: Operator,
): Promise<Accepted> {
  const requestId = pipeline.random.id('r');
  const at = pipeline.clock.now();
  const sources = Object.values(rules.connectors).filter((connector) => connector.type !== 'entra');
  for (const { name } of sources) {
    await configureAgent(pipeline, name);
    await Promise.all(
      partitions.map((partition) =>
        storeAndTell(pipeline, name, partition, `${requestId}-${partition}`, {
          kind: 'publish-rules',
          by: operator.id,
          at,
          revision,
          generation,
        }),
      ),
    );
  }
  return { requestId, detail: { revision, generation, hash: rules.hash } };
}

export interface Publication {
  readonly files: readonly RuleFile[];
  readonly rules: RuleSet;
  readonly operator: Operator;
  /** The plan they are published with, and what has to be in force for it; null: none. */
  readonly apply: {
    readonly id: string;
    readonly base: { readonly revision: number; readonly hash: string };
  } | null;
}

/**
 * Puts rules in force, with the plan that binds them. Rules that are in force keep their revision.
 *
 * @throws SyncError PLAN_STALE when others are in force than those the plan was made upon.
 */
export async function storeRevision(pipeline: Pipeline, publication: Publication): Promise<LatestRevision> {
  const { files, rules, operator, apply } = publication;
  return untilSettled(async () => {
    const row = readRow<LatestRevision>(await pipeline.tables.get('Rules', rulesPartition, latestRowKey));
    const latest = row?.value ?? null;
    const known = latest?.hash === rules.hash && latest.apply?.id === apply?.id ? latest : null;
    // In another mode a plan binds nothing any more, until it is asked for again.
    if (known !== null && (known.apply === undefined || known.apply.mode === pipeline.mode)) return known;
    if (apply !== null && known === null) checkBase(latest, apply.base);
    const isNew = latest?.hash !== rules.hash;
    const before = latest?.revision ?? 0;
    const revision = isNew ? before + 1 : before;
    const at = pipeline.clock.now();
    const next: LatestRevision = {
      revision,
      hash: rules.hash,
      generation: (latest?.generation ?? 0) + 1,
      ...(apply === null
        ? {}
        : { apply: { id: apply.id, at, base: known?.apply?.base ?? before, mode: pipeline.mode } }),
    };
    const stored: StoredRevision = {
      revision,
      hash: rules.hash,
      files,
      publishedAt: at,
      publishedBy: operator.id,
    };
    await pipeline.tables.transact('Rules', rulesPartition, [
      ...(isNew
        ? [{ kind: 'insert', rowKey: revisionRowKey(revision), content: { data: stored } } as const]
        : []),
      putRow(latestRowKey, { data: next }, row?.etag ?? null),
    ]);
    return next;
  });
}

function checkBase(
  latest: LatestRevision | null,
  base: { readonly revision: number; readonly hash: string },
): void {
  if (latest?.revision === base.revision && latest.hash === base.hash) return;
  throw new SyncError(
    'PLAN_STALE',
    `the plan was made upon revision ${base.revision} of the rules, and in force is ${latest === null ? 'none' : `revision ${latest.revision}`}`,
  );
}
