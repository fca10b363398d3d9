import { SyncError } from '../../shared/errors/sync-error.ts';
import { partitionOf } from '../../shared/model/partition.ts';
import type { RowWrite } from '../../shared/ports/table-store.ts';
import {
  appliedPlanMs,
  planHashesMax,
  planPartition,
  planPartRowKey,
  planPartsPartition,
  planPartsRowKey,
  type PlanPart,
} from '../../shared/state/applied-plan.ts';
import type { Pipeline } from '../pipeline/pipeline.ts';
import type { Accepted } from './accepted.ts';
import type { ApplyPlanBody } from './operator-request.ts';
import { compilePublished, storeRevision, tellPartitions } from './publish-rules.ts';
import type { Operator } from './verify-operator.ts';

/**
 * Takes a plan: first the hashes of its operations, in parts, then the word to carry it out, which puts exactly its rules in
 * force, bound to what it names (ADR 0022). Every step may be repeated.
 */
export async function applyPlan(
  pipeline: Pipeline,
  body: ApplyPlanBody,
  operator: Operator,
): Promise<Accepted> {
  return body.step === 'store' ? storePart(pipeline, body) : carryOutPlan(pipeline, body, operator);
}

type Part = Extract<ApplyPlanBody, { step: 'store' }>;

async function storePart(pipeline: Pipeline, { plan, part, connector, operations }: Part): Promise<Accepted> {
  const entries = Object.entries(operations);
  const stored = entries.reduce((sum, [, hashes]) => sum + hashes.length, 0);
  if (stored > planHashesMax)
    throw new SyncError(
      'OPERATOR_INVALID',
      `a part of a plan has at most ${planHashesMax} operations, not ${stored}`,
    );
  const byPartition = Map.groupBy(entries, ([key]) => partitionOf(connector, key));
  const writes = [...byPartition].map(([partition, some]): RowWrite => {
    const data: PlanPart = Object.fromEntries(some);
    return { kind: 'upsert', rowKey: planPartRowKey(partition, part), content: { data } };
  });
  if (writes.length > 0) await pipeline.tables.transact('Requests', planPartition(connector, plan), writes);
  // Last: a part counts once all of its operations are stored.
  await pipeline.tables.transact('Requests', planPartsPartition(plan), [
    { kind: 'upsert', rowKey: planPartsRowKey(part), content: { data: { connector, stored } } },
  ]);
  return { requestId: pipeline.random.id('r'), detail: { stored } };
}

async function carryOutPlan(
  pipeline: Pipeline,
  body: Extract<ApplyPlanBody, { step: 'carry-out' }>,
  operator: Operator,
): Promise<Accepted> {
  const { plan, parts, at, hash, files, base } = body;
  const rules = compilePublished(files);
  if (rules.hash !== hash)
    throw new SyncError(
      'OPERATOR_INVALID',
      'the rules of the plan mean something else to this version of the function app than to the command: plan again with the command of the same version',
    );
  if (pipeline.clock.now() - at >= appliedPlanMs)
    throw new SyncError('PLAN_STALE', `the plan is older than ${appliedPlanMs / 86_400_000} days`);
  await checkParts(pipeline, plan, parts);
  const next = await storeRevision(pipeline, { files, rules, operator, apply: { id: plan, base } });
  return tellPartitions(pipeline, rules, next, operator);
}

/** A plan of which a part is missing would be carried out in part. */
async function checkParts(pipeline: Pipeline, plan: string, parts: number): Promise<void> {
  const pageSize = 100;
  for (let from = 0; from < parts; from += pageSize) {
    const wanted = Array.from({ length: Math.min(pageSize, parts - from) }, (_, index) =>
      planPartsRowKey(from + index),
    );
    const rows = await pipeline.tables.getMany('Requests', planPartsPartition(plan), wanted);
    const missing = wanted.find((rowKey) => !rows.has(rowKey));
    if (missing !== undefined)
      throw new SyncError(
        'OPERATOR_INVALID',
        `part ${Number(missing)} of plan ${plan} was not stored; send the plan again`,
      );
  }
}
