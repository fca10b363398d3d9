import type { Hold } from '../../shared/guard/hold.ts';
import type { CloudClass } from '../../shared/model/link.ts';
import type { Operation } from '../../shared/plan/operation.ts';
import type { Sync } from '../../shared/rules/rule-set.ts';

/** An object that a plan has something to say about. */
export interface PlannedObject {
  readonly connector: string;
  readonly key: string;
  readonly sync: Sync;
  readonly cloudClass: CloudClass;
  /** Null while it is not in the cloud. */
  readonly cloudId: string | null;
  readonly label: string;
  /** As the pipeline plans them; `add-members` holds all members at once. */
  readonly operations: Operation[];
  /** Held whatever the budgets say. */
  readonly caution: Pick<Hold, 'cause' | 'message'> | null;
  /** Read from a domain controller that may lack what was told before. */
  readonly isDoubtful: boolean;
  /** Who of the members to be taken out is missing on a doubtful word alone. */
  readonly doubtfulMembers: Set<string>;
  /** Source keys that its references were written with. */
  readonly references: Readonly<Record<string, string>>;
  /** Values that cannot be made. */
  readonly problems: readonly { readonly target: string; readonly message: string }[];
  /** Set when the budgets have been asked. */
  held: readonly HeldPart[];
}

/** What a person would have to approve first: an operation, or one property of an update. */
export interface HeldPart {
  readonly operation: Operation;
  readonly cause: Hold['cause'] | 'rejected';
  readonly message: string;
}

/** Stands for the cloud id of what the plan itself makes. */
export const toBeMade = '(created by this plan)';

/** What references and memberships can point to. */
export interface Target {
  /** Null where it is not in the cloud, and has never been. */
  readonly cloudId: string | null;
  /** The plan creates or restores it. */
  readonly isMade: boolean;
  /** Left for good, so that a link to it is no loss. */
  readonly isGone: boolean;
  readonly label: string;
}

/** The cloud id a reference to it would be written with; null: it has to wait. */
export function targetIdOf(target: Target | undefined): string | null {
  if (target === undefined) return null;
  return target.cloudId ?? (target.isMade ? toBeMade : null);
}
