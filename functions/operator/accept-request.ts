import * as z from 'zod';
import { SyncError } from '../../shared/errors/sync-error.ts';
import type { Hold } from '../../shared/guard/hold.ts';
import type { AgentKey } from '../../shared/state/agent-rows.ts';
import { configureAgent } from '../pipeline/configure-agent.ts';
import { readRow, untilSettled } from '../pipeline/object-rows.ts';
import type { Pipeline } from '../pipeline/pipeline.ts';
import { forgetAgents } from './forget-agents.ts';
import { operatorBodies, type OperatorKind } from './operator-request.ts';
import type { Accepted } from './accepted.ts';
import { applyPlan } from './apply-plan.ts';
import { publishRules } from './publish-rules.ts';
import { storeAndTell } from './store-and-tell.ts';
import type { Operator } from './verify-operator.ts';

/**
 * Takes a checked operator's request: writes it down and tells the partitions. The effect follows from the row, so a
 * crash in between is healed by asking again.
 *
 * @throws SyncError OPERATOR_INVALID naming what is wrong with the request.
 */
export async function acceptRequest(
  pipeline: Pipeline,
  kind: OperatorKind,
  body: unknown,
  operator: Operator,
): Promise<Accepted> {
  switch (kind) {
    case 'approve':
    case 'reject':
      return decideHolds(pipeline, kind, parse(operatorBodies[kind], body), operator);
    case 'publish-rules':
      return publishRules(pipeline, parse(operatorBodies[kind], body).files, operator);
    case 'apply-plan':
      return applyPlan(pipeline, parse(operatorBodies[kind], body), operator);
    case 'trust-agent':
      return trustAgent(pipeline, parse(operatorBodies[kind], body), operator);
    case 'forget-agents':
      return forgetAgents(pipeline, parse(operatorBodies[kind], body));
  }
}

function parse<T>(schema: z.ZodType<T>, body: unknown): T {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  throw new SyncError('OPERATOR_INVALID', z.prettifyError(parsed.error));
}

async function decideHolds(
  pipeline: Pipeline,
  kind: 'approve' | 'reject',
  body: { readonly connector: string; readonly holds: readonly string[] },
  operator: Operator,
): Promise<Accepted> {
  const rows = await pipeline.tables.getMany('Holds', body.connector, body.holds);
  const missing = body.holds.filter((hash) => !rows.has(hash));
  if (missing.length > 0)
    throw new SyncError('OPERATOR_INVALID', `no such hold: ${missing.slice(0, 5).join(', ')}`);
  const at = pipeline.clock.now();
  const requestId = pipeline.random.id('r');
  const byPartition = Map.groupBy(rows, ([, row]) => (row.data as Hold).partition);
  await Promise.all(
    [...byPartition].map(async ([partition, entries]) => {
      const holds = entries.map(([hash]) => hash);
      await storeAndTell(pipeline, body.connector, partition, `${requestId}-${partition}`, {
        kind,
        by: operator.id,
        at,
        holds,
      });
    }),
  );
  return { requestId, detail: { holds: body.holds.length } };
}

async function trustAgent(
  pipeline: Pipeline,
  body: { readonly connector: string; readonly keyId: string; readonly trust: boolean },
  operator: Operator,
): Promise<Accepted> {
  const agent = await untilSettled(async () => {
    const row = readRow<AgentKey>(await pipeline.tables.get('Agents', body.connector, body.keyId));
    if (row === null)
      throw new SyncError(
        'OPERATOR_INVALID',
        `connector ${body.connector} knows no key ${body.keyId}; start the agent first, it introduces itself`,
      );
    const next: AgentKey = {
      ...row.value,
      status: body.trust ? 'trusted' : 'revoked',
      trustedAt: pipeline.clock.now(),
      trustedBy: operator.id,
    };
    await pipeline.tables.transact('Agents', body.connector, [
      {
        kind: 'replace',
        rowKey: body.keyId,
        etag: row.etag,
        content: { data: next, tags: { status: next.status } },
      },
    ]);
    return next.agent;
  });
  if (body.trust) await configureAgent(pipeline, body.connector);
  return {
    requestId: pipeline.random.id('r'),
    detail: { agent, keyId: body.keyId, status: body.trust ? 'trusted' : 'revoked' },
  };
}
