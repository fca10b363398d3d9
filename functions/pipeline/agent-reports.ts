import type { Configured, Heartbeat, Hello, Problem } from '../../shared/contracts/agent-report.v1.ts';
import type { Envelope } from '../../shared/contracts/envelope.v1.ts';
import { SyncError } from '../../shared/errors/sync-error.ts';
import { isSignedBy, keyIdOf } from '../../shared/model/envelope-seal.ts';
import { partitions } from '../../shared/model/partition.ts';
import { agentStatusRowKey, type AgentKey, type AgentStatus } from '../../shared/state/agent-rows.ts';
import { putRow } from '../../shared/state/put-row.ts';
import { configureAgent } from './configure-agent.ts';
import { readRow, untilSettled } from './object-rows.ts';
import type { Pipeline } from './pipeline.ts';
import { storeContainers } from './store-containers.ts';
import { walkTo } from './walk-revision.ts';

/** At most so many keys wait for a decision: whoever may send reports must not fill the table. */
const pendingMax = 50;

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
    const pending = await pipeline.tables.range('Agents', connector, {
      from: 'k',
      to: 'l',
      where: { status: 'pending' },
      limit: pendingMax,
      keysOnly: true,
    });
    if (pending.length >= pendingMax)
      throw new SyncError('SIGNATURE_INVALID', `${pendingMax} agent keys wait for a decision already`, {
        context,
      });
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
