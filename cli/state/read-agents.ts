import { createHash } from 'node:crypto';
import { keyIdOf } from '../../shared/model/envelope-seal.ts';
import {
  agentKeyRange,
  agentStatusRowKey,
  type AgentKey,
  type AgentStatus,
} from '../../shared/state/agent-rows.ts';
import type { Reading } from '../command-context.ts';
import { agentName } from '../text/agent-name.ts';
import { everyConnector } from './connectors.ts';

export interface KnownKey extends AgentKey {
  readonly connector: string;
  /** SHA-256 of the public key, as ssh-keygen prints it. The key id is its beginning. */
  readonly fingerprint: string;
  /** False when the row's public key is not the one its id names: somebody wrote into the table. */
  readonly isGenuine: boolean;
}

export interface KnownAgents {
  readonly keys: readonly KnownKey[];
  /** By connector and agent. */
  readonly statuses: ReadonlyMap<string, AgentStatus>;
}

export const agentId = (connector: string, agent: string): string => `${connector}|${agent}`;

export async function readAgents(tables: Reading, connector?: string): Promise<KnownAgents> {
  const keys: KnownKey[] = [];
  const statuses = new Map<string, AgentStatus>();
  for await (const row of tables.scan('Agents', everyConnector)) {
    if (connector !== undefined && row.partitionKey !== connector) continue;
    if (row.rowKey.startsWith(agentStatusRowKey(''))) {
      const said = row.data as AgentStatus;
      const status = { ...said, agent: agentName(said.agent) };
      statuses.set(agentId(row.partitionKey, status.agent), status);
    } else if (row.rowKey.startsWith(agentKeyRange.from))
      keys.push(knownKey(row.partitionKey, row.rowKey, row.data as AgentKey));
  }
  return { keys, statuses };
}

function knownKey(connector: string, rowKey: string, key: AgentKey): KnownKey {
  const bytes = Buffer.from(key.publicKey, 'base64');
  const digest = createHash('sha256').update(bytes).digest('base64').replace(/=+$/, '');
  const isGenuine = keyIdOf(bytes) === key.keyId && key.keyId === rowKey;
  return { ...key, agent: agentName(key.agent), connector, fingerprint: `SHA256:${digest}`, isGenuine };
}
