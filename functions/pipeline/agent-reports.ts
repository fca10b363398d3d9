import type { Configured, Heartbeat, Hello, Problem } from '../../shared/contracts/agent-report.v1.ts';
import type { Envelope } from '../../shared/contracts/envelope.v1.ts';
import { SyncError, type ErrorContext } from '../../shared/errors/sync-error.ts';
import { isSignedBy, keyIdOf } from '../../shared/model/envelope-seal.ts';
import { partitions } from '../../shared/model/partition.ts';
import type { RowWrite } from '../../shared/ports/table-store.ts';
import {
  agentKeyRange,
  agentStatusRowKey,
  pendingKeysMax,
  type AgentKey,
  type AgentStatus,
} from '../../shared/state/agent-rows.ts';
import { putRow } from '../../shared/state/put-row.ts';
import { configureAgent } from './configure-agent.ts';
import { readRow, untilSettled } from './object-rows.ts';
import type { Pipeline } from './pipeline.ts';
import { storeContainers } from './store-containers.ts';
import { walkTo } from './walk-revision.ts';

/**
 * Where all places are taken, a key that nobody decided about for so long gives way. Not sooner: whoever floods the list
 * must not push out the key that a person was about to compare. An agent that still runs comes again.
 */
const givesWayMs = 7 * 24 * 3_600_000;

/** Notes the key of an agent that nobody has trusted yet; a trusted one gets its configuration (again). */
export async function takeHello(pipeline: Pipeline, envelope: Envelope, hello: Hello): Promise<void> {
  const publicKey = Buffer.from(hello.publicKey, 'base64');
  const keyId = keyIdOf(publicKey);
  const context = { connector: envelope.connector, agent: envelope.agent, keyId };
  if (envelope.agent === null || !isSignedBy(envelope, publicKey))
    throw new SyncError('SIGNATURE_INVALID', 'a hello is not signed by the key it brings', { context });
  const { agent, connector } = envelope;
  const known = await untilSettled(async () => {
    const row = readRow<AgentKey>(await pipeline.tables.get('Agents', connector, keyId));
    if (row !== null) return row.value;
    const place = await placeForKey(pipeline, connector, context);
    const key: AgentKey = {
      keyId,
      agent,
      publicKey: hello.publicKey,
      status: 'pending',
      firstSeenAt: pipeline.clock.now(),
      trustedAt: null,
      trustedBy: null,
    };
    await pipeline.tables.transact('Agents', connector, [
      ...place,
      { kind: 'insert', rowKey: keyId, content: { data: key, tags: { status: key.status } } },
    ]);
    return key;
  });
  if (known.status === 'trusted') await configureAgent(pipeline, connector);
  else
    pipeline.log.warn('an agent waits to be trusted', {
      ...context,
      code: 'SIGNATURE_INVALID',
      action: 'dirbridge agents trust',
    });
}

/** What has to go for one more; nothing while there is room. */
async function placeForKey(
  pipeline: Pipeline,
  connector: string,
  context: ErrorContext,
): Promise<readonly RowWrite[]> {
  const pending = await pipeline.tables.range('Agents', connector, {
    ...agentKeyRange,
    where: { status: 'pending' },
    limit: pendingKeysMax,
  });
  if (pending.length < pendingKeysMax) return [];
  const ages = pending.map((row) => ({ row, since: (row.data as AgentKey).firstSeenAt }));
  const oldest = ages.reduce((one, other) => (other.since < one.since ? other : one));
  if (pipeline.clock.now() - oldest.since < givesWayMs)
    throw new SyncError('AGENT_KEYS_FULL', `${pendingKeysMax} agent keys wait for a decision already`, {
      context,
    });
  return [{ kind: 'delete', rowKey: oldest.row.rowKey, etag: oldest.row.etag }];
}

export async function takeHeartbeat(
  pipeline: Pipeline,
  envelope: Envelope,
  heartbeat: Heartbeat,
): Promise<void> {
  await updateStatus(pipeline, envelope, (before) => ({
    ...before,
    at: Date.parse(envelope.createdAt),
    heartbeat,
  }));
  await correctRevision(pipeline, envelope.connector, heartbeat);
}

/**
 * A leader with a revision that was never published (messages of the cloud are not signed, ADR 0004), or not in the
 * state that was restored: it is told the published one again until it takes it.
 */
async function correctRevision(pipeline: Pipeline, connector: string, heartbeat: Heartbeat): Promise<void> {
  if (heartbeat.state !== 'leader' || heartbeat.revision === null) return;
  const inForce = await pipeline.rules.inForce(0);
  if (inForce === null || heartbeat.revision <= inForce.revision) return;
  pipeline.log.warn('an agent has a configuration that was not published', {
    connector,
    revision: heartbeat.revision,
    published: inForce.revision,
  });
  await configureAgent(pipeline, connector);
}

export async function takeProblem(pipeline: Pipeline, envelope: Envelope, problem: Problem): Promise<void> {
  pipeline.log.error('an agent reports a problem', {
    code: problem.code,
    message: problem.message,
    agent: envelope.agent,
    connector: envelope.connector,
    key: problem.key,
    attribute: problem.attribute,
  });
  await updateStatus(pipeline, envelope, (before) => ({
    ...before,
    problem: { ...problem, at: Date.parse(envelope.createdAt) },
  }));
}

/** Containers of scopes are known now: objects that waited for them are looked at again. */
export async function takeConfigured(
  pipeline: Pipeline,
  envelope: Envelope,
  configured: Configured,
): Promise<void> {
  const { connector } = envelope;
  const generation = await storeContainers(pipeline, connector, configured);
  pipeline.rules.refresh();
  if (configured.containers.length === 0) return;
  await Promise.all(
    partitions.map((partition) =>
      walkTo(pipeline, { connector, partition }, { generation, by: envelope.id }),
    ),
  );
}

async function updateStatus(
  pipeline: Pipeline,
  envelope: Envelope,
  change: (before: AgentStatus) => AgentStatus,
): Promise<void> {
  const agent = envelope.agent ?? '';
  const rowKey = agentStatusRowKey(agent);
  await untilSettled(async () => {
    const row = readRow<AgentStatus>(await pipeline.tables.get('Agents', envelope.connector, rowKey));
    const next = change(row?.value ?? { agent, at: 0, heartbeat: null, problem: null });
    const content = { data: next };
    await pipeline.tables.transact('Agents', envelope.connector, [
      putRow(rowKey, content, row?.etag ?? null),
    ]);
  });
}
