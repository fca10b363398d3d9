import type { ImportNote } from '../../shared/state/import-note.ts';
import type { PoisonNote } from '../../shared/state/poison-note.ts';
import type { WaitingNote } from '../../shared/state/waiting-note.ts';
import type { Activity } from './read-activity.ts';
import type { KnownAgents } from './read-agents.ts';
import type { Backlog } from './read-backlog.ts';
import type { WritesLeft } from './read-notes.ts';

export interface ConnectorStatus {
  readonly backlog: Backlog;
  /** Operations that wait for a person, by cause, with the time of the first. */
  readonly held: Readonly<Record<string, { readonly count: number; readonly since: number }>>;
  readonly approved: number;
  /** Objects that cannot be written, by code. */
  readonly quarantined: Readonly<Record<string, number>>;
  readonly imports: readonly ImportNote[];
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
  readonly activity: Activity;
  readonly quota: readonly WritesLeft[];
  readonly poison: readonly PoisonNote[];
  readonly waiting: readonly WaitingNote[];
}

/** Something a person should know, and what to do about it. */
export interface Finding {
  /** `bad`: something is not kept in step, or may not be; `look`: a person's word is waited for. */
  readonly weight: 'bad' | 'look';
  /** Agent or connector it is about; null for all. */
  readonly about: string | null;
  readonly what: string;
  /** Epoch ms; null where nobody wrote it down. */
  readonly since: number | null;
  readonly action: string;
}

export const totalOf = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((sum, count) => sum + count, 0);
