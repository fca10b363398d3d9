import type { CommandContext } from '../command-context.ts';
import type { Outcome } from '../outcome.ts';
import { agentId, readAgents, type KnownAgents, type KnownKey } from '../state/read-agents.ts';
import { ago, moment } from '../text/moments.ts';
import type { Paint } from '../text/paint.ts';
import { table, type Cell } from '../text/table.ts';

export async function listAgents(
  context: CommandContext,
  options: { readonly connector?: string },
): Promise<Outcome> {
  const agents = await readAgents(context.tables(), options.connector);
  const pending = agents.keys.filter((key) => key.status === 'pending');
  return {
    data: { agents: agents.keys.map((key) => agentDocument(key, agents)) },
    text: agentsText(agents, context.io.now(), context.paint),
    ...(pending.length > 0
      ? { next: 'Compare the key id with the one in the agent’s log, then: dirbridge agents trust' }
      : {}),
  };
}

/** One key with what its agent last said of itself. */
export function agentDocument(key: KnownKey, { statuses }: KnownAgents): Readonly<Record<string, unknown>> {
  const status = key.status === 'trusted' ? statuses.get(agentId(key.connector, key.agent)) : undefined;
  return {
    ...key,
    lastSeenAt: status?.at ?? null,
    heartbeat: status?.heartbeat ?? null,
    problem: status?.problem ?? null,
  };
}

export function agentsText(agents: KnownAgents, now: number, paint: Paint): string {
  if (agents.keys.length === 0) return 'no agent has introduced itself yet';
  const rows = agents.keys.map((key): readonly Cell[] => {
    const status =
      key.status === 'trusted' ? agents.statuses.get(agentId(key.connector, key.agent)) : undefined;
    return [
      key.connector,
      key.agent,
      key.keyId,
      keyStatus(key),
      moment(key.firstSeenAt),
      status?.heartbeat?.state ?? '-',
      status === undefined || status.heartbeat === null ? '-' : ago(status.at, now),
    ];
  });
  return table(['CONNECTOR', 'AGENT', 'KEY', 'STATUS', 'FIRST SEEN', 'STATE', 'HEARTBEAT'], rows, paint);
}

function keyStatus(key: KnownKey): Cell {
  if (!key.isGenuine) return { text: 'FORGED', style: 'red' };
  const style = ({ trusted: 'green', pending: 'yellow', revoked: 'dim' } as const)[key.status];
  return { text: key.status, style };
}
