import type { Operation } from '../../shared/plan/operation.ts';
import type { ResolvedRules } from '../../shared/plan/project-object.ts';
import type { NameBook } from './name-book.ts';
import type { PlannedObject, Target } from './planned-object.ts';
import { newTally, type Tally } from './tally.ts';

/** By which rules objects of one source are looked at. */
export interface SurveyQuestion {
  readonly connector: string;
  readonly rules: ResolvedRules;
  /** Rules in force, to tell who enters and leaves scope; null where they are the same or there are none. */
  readonly before: ResolvedRules | null;
  /** Epoch ms. */
  readonly now: number;
  /** Of all sources: they share the names of the cloud. */
  readonly names: NameBook;
}

/** A reference whose target may be read later than the object that has it. */
export interface PendingReference {
  readonly of: PlannedObject;
  readonly name: string;
  readonly target: string;
  readonly before: string | null;
  readonly cloudId: string | null;
  readonly isAppliedUnknown: boolean;
  readonly version: string | null;
}

/** Members of a group that may be to add or to take out, until all targets are known. */
export interface PendingGroup {
  readonly of: PlannedObject;
  readonly cloudId: string | null;
  /** With the cloud id each was added with before. */
  readonly add: { readonly key: string; readonly applied: string | null }[];
  readonly remove: { readonly key: string; readonly cloudId: string; readonly isDoubtful: boolean }[];
}

/** What reading all objects of one source came to. Only what later steps need is kept of an object. */
export interface Survey {
  readonly connector: string;
  objects: number;
  readonly planned: PlannedObject[];
  readonly targets: Map<string, Target>;
  readonly references: PendingReference[];
  readonly groups: PendingGroup[];
  /** Objects that come under rules, and that leave them, by sync. */
  readonly enters: Map<string, Tally>;
  readonly leaves: Map<string, Tally>;
  /** By attribute that was never read, and by container that nobody has resolved. */
  readonly unread: Map<string, Tally>;
  readonly unresolved: Map<string, Tally>;
  readonly waiting: Tally;
  readonly noBase: Tally;
  readonly noRules: Tally;
  /** Being written at this moment: what becomes of them may differ. */
  readonly busy: Tally;
  /** Disabled or only noted now, deleted after their time of grace. */
  readonly deletedLater: Tally;
  readonly noUsageLocation: Tally;
  /** References and members that wait for somebody who is not in the cloud. */
  waitingReferences: number;
  waitingMembers: number;
  /** Removals that wait in a hold already. */
  heldRemovals: number;
}

export function newSurvey(connector: string): Survey {
  return {
    connector,
    objects: 0,
    planned: [],
    targets: new Map(),
    references: [],
    groups: [],
    enters: new Map(),
    leaves: new Map(),
    unread: new Map(),
    unresolved: new Map(),
    waiting: newTally(),
    noBase: newTally(),
    noRules: newTally(),
    busy: newTally(),
    deletedLater: newTally(),
    noUsageLocation: newTally(),
    waitingReferences: 0,
    waitingMembers: 0,
    heldRemovals: 0,
  };
}

/** Whether something is to be made anew, or brought back. */
export const makes = (operations: readonly Operation[]): boolean =>
  operations.some(({ kind }) => kind === 'create' || kind === 'restore');
