import type { ErrorCode } from '../../shared/errors/error-codes.ts';
import type { Operation } from '../../shared/plan/operation.ts';
import type { ObjectPlan } from '../../shared/plan/plan-object.ts';
import type { Sync } from '../../shared/rules/rule-set.ts';
import type { ObjectRecord, ParkCause } from '../../shared/state/object-record.ts';

/** What looking at an object came to. */
export type Prepared =
  /** Nothing to be written; the row goes, is parked, or comes back when it is due (also where it waits for something). */
  | {
      readonly kind: 'rest';
      readonly record: ObjectRecord;
      readonly park: ParkCause | null;
      readonly dueAt: number | null;
      readonly refresh: Refresh | null;
    }
  | {
      readonly kind: 'refused';
      readonly record: ObjectRecord;
      readonly code: ErrorCode;
      readonly message: string;
      readonly targets: readonly string[];
    }
  | PreparedPlan;

export interface Refresh {
  readonly key: string;
  readonly attributes?: string[];
}

export interface PreparedPlan {
  readonly kind: 'plan';
  readonly record: ObjectRecord;
  readonly sync: Sync;
  readonly plan: ObjectPlan;
  /** Plan and members together. */
  readonly operations: readonly Operation[];
  readonly anchor: string | null;
  readonly caution: { readonly cause: 'vanished' | 'mailbox'; readonly message: string } | null;
  /** Members that are missing on a doubtful word alone, of those to be taken out. */
  readonly doubtfulMembers: readonly string[];
  /** Members whom an earlier attempt may have written, and who are not known yet to be in or out. */
  readonly uncertainMembers: readonly string[];
  readonly hasMoreMembers: boolean;
  /** It refers to others, which is written once it has been made. */
  readonly owesReferences: boolean;
  readonly naming: Naming;
}

/** What the plan has to do with names that no two users may share. */
export interface Naming {
  /** Names this turn may write, as an attempt carries them. */
  readonly claimed: readonly string[];
  /** A part of the plan was left out until a name is free. */
  readonly isWaiting: boolean;
  /** By property: who of ours holds a name that Graph is asked for all the same. */
  readonly holders: Readonly<Record<string, string>>;
}

export const noNames: Naming = { claimed: [], isWaiting: false, holders: {} };

export function rest(record: ObjectRecord, park: ParkCause | null, dueAt: number | null = null): Prepared {
  return { kind: 'rest', record, park, dueAt, refresh: null };
}

/** An attempt that ran out without a record: what it wrote may or may not be there. */
export function isUnknown(record: ObjectRecord, now: number): boolean {
  return record.attempt !== null && record.attempt.until <= now;
}
