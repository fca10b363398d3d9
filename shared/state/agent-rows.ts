import type { Heartbeat, Problem } from '../contracts/agent-report.v1.ts';

/** Row of table Agents: PartitionKey connector, RowKey key id (it begins with `k`). */
export interface AgentKey {
  readonly keyId: string;
  readonly agent: string;
  /** SPKI DER in base64. */
  readonly publicKey: string;
  readonly status: 'pending' | 'trusted' | 'revoked';
  readonly firstSeenAt: number;
  readonly trustedAt: number | null;
  readonly trustedBy: string | null;
}

/** Row `h|agent` of table Agents: what an agent last said of itself. */
export interface AgentStatus {
  readonly agent: string;
  readonly at: number;
  readonly heartbeat: Heartbeat | null;
  readonly problem: (Problem & { readonly at: number }) | null;
}

/** At most so many keys of a connector wait for a decision: whoever may send reports must not fill the table. */
export const pendingKeysMax = 50;

export const agentKeyRange = { from: 'k', to: 'l' } as const;
export const agentStatusRowKey = (agent: string): string => `h|${agent}`;
