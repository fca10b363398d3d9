import type { Attempt, Link } from '../model/link.ts';
import type { MemberState, StagedObject } from '../model/staged-object.ts';
import type { PendingState } from './keys.ts';

/** Why an object is not written although something may be left to do. */
export type ParkCause =
  | 'no-base'
  | 'unknown-attributes'
  | 'mode'
  | 'held'
  | 'rejected'
  | 'vanished'
  | 'unresolved-scope'
  | 'name'
  | 'no-rules';

/** Row `o|key`: the last known source object, what was made of it in the cloud, and what is under way. */
export interface ObjectRecord {
  readonly staged: StagedObject;
  readonly link: Link | null;
  readonly attempt: Attempt | null;
  /** RowKey of its one index row. */
  readonly index: string | null;
  readonly parked: ParkCause | null;
  /** Rules revision it was last planned with. */
  readonly revision: number | null;
  /** Operations that stand in table Holds for it. */
  readonly holds: readonly string[];
  /** Holds of a group's removals that were made for it; each is decided for all of its members. */
  readonly memberHolds?: readonly string[];
  readonly failure: { readonly count: number; readonly code: string; readonly at: number } | null;
  /** Hash of the plan that was journaled in plan mode, so that it is journaled once. */
  readonly announced: string | null;
  /** Epoch ms when a refresh was last asked for. */
  readonly refreshAskedAt: number | null;
  /** References that stand in table References for it: attribute to source key of the target. */
  readonly references: Readonly<Record<string, string>>;
  /** Set by a fold that came while a write was under way: plan again when it is recorded. */
  readonly isDirty: boolean;
  /** When the earliest change that is not settled yet was read at its source (epoch ms, the agent's clock). */
  readonly sourceAt?: number;
  /** So often in a row a turn ended with 'plan again at once'. */
  readonly replans?: number;
  /** Epoch ms since when it has waited for a name that another object holds. */
  readonly waitsSince?: number;
  /**
   * What the random values of its flows follow from (base64), drawn when its creation was first planned and kept for ever:
   * a creation that is repeated, or made anew, has the same values (ADR 0019).
   */
  readonly seed?: string;
  /** Names that SelectUniqueValue offers and others have (nameId), until one is found for it. */
  readonly passedOver?: readonly string[];
  /**
   * Applied plan that binds it: what the plan does not name waits, but for what the rules of revision `base` would write as
   * well (ADR 0022). Absent once all is done.
   */
  readonly limitedBy?: { readonly plan: string; readonly base: number };
  /** RowKeys of its latest lines in the journal, latest last. */
  readonly recent?: readonly string[];
}

export function newRecord(staged: StagedObject): ObjectRecord {
  return {
    staged,
    link: null,
    attempt: null,
    index: null,
    parked: null,
    revision: null,
    holds: [],
    failure: null,
    announced: null,
    refreshAskedAt: null,
    references: {},
    isDirty: false,
  };
}

/** Row `m|group|member`. */
export interface MemberRecord {
  readonly state: MemberState;
  /** The cloud id that was added to the cloud group for it. */
  readonly applied: string | null;
  /** Which `p` row stands for it, written in the same transaction. */
  readonly pending: PendingState | null;
  /** Whether table References names it. */
  readonly isReferenced: boolean;
}

/** Row `p|group|…|member`: since when the difference waits (epoch ms). */
export interface PendingRecord {
  readonly since: number;
}

/** Row `w`: the one outstanding work of a partition, and how far it was evaluated. */
export interface WorkRecord {
  readonly work: string | null;
  /** Epoch ms for when the work was asked. */
  readonly at: number;
  readonly rank: string;
  /** Id of the message that caused it: when that message comes again, the work is sent again. */
  readonly by: string | null;
  /** Generation of the rules that must at least be known to whoever takes a turn: another process may hold older ones. */
  readonly generation: number;
  /** Generation that all objects of the partition have been looked at with. */
  readonly observed: number;
  /** Last key of the walk towards a newer generation; null when none is under way. */
  readonly walk: { readonly generation: number; readonly after: string | null } | null;
  /** Mode in force when rows were last parked for it. */
  readonly mode: string;
}

export const idleWork: WorkRecord = {
  work: null,
  at: 0,
  rank: '9',
  by: null,
  generation: 0,
  observed: 0,
  walk: null,
  mode: '',
};

/** Row `c`: linked objects by sync, the base of percentages in budgets. */
export type CountRecord = Readonly<Record<string, number>>;
