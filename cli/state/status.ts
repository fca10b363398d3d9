import type { KnownAgents } from './read-agents.ts';
import type { Backlog } from './read-backlog.ts';

export interface ConnectorStatus {
  readonly backlog: Backlog;
  readonly held: number;
  readonly approved: number;
  readonly quarantined: number;
}

export interface Status {
  readonly at: number;
  readonly rules: {
    readonly revision: number;
    readonly hash: string;
    readonly publishedAt: number;
    readonly publishedBy: string;
  } | null;
  readonly agents: KnownAgents;
  readonly connectors: readonly ConnectorStatus[];
}
