import type { Hold } from '../../shared/guard/hold.ts';
import type { ScopeVerdict } from '../../shared/rules/projection.ts';
import type { JournalEntry } from '../../shared/state/journal-entry.ts';
import type { ObjectLabel } from '../state/describe-object.ts';
import type { Clue } from './find-object.ts';

/** Why an object is, or is not, what the rules make of it; most weighty first. */
export interface Why {
  readonly code: WhyCode;
  readonly what: string;
  /** Epoch ms; null where nobody wrote it down. */
  readonly since: number | null;
  /** Empty where there is nothing to do. */
  readonly action: string;
}

export type WhyCode =
  | 'deleted'
  | 'incomplete'
  | 'no-rules'
  | 'no-sync'
  | 'out-of-scope'
  | 'never-captured'
  | 'container-unknown'
  | 'cannot-compute'
  | 'anchor-changed'
  | 'vanished'
  | 'being-written'
  | 'outcome-unknown'
  | 'refused'
  | 'held'
  | 'rejected'
  | 'plan-mode'
  | 'name-taken'
  | 'reference-waits'
  | 'members-wait'
  | 'leaving'
  | 'due'
  | 'later'
  | 'settled';

export const becauseOf = (code: WhyCode, what: string, action = '', since: number | null = null): Why => ({
  code,
  what,
  since,
  action,
});

/** One flow: what it gives now, and what was written last. */
export interface FlowExplanation {
  readonly target: string;
  /** The sync whose flow wins. */
  readonly sync: string;
  /** Syncs whose flow of the same target loses by precedence. */
  readonly losers: readonly string[];
  /** The expression as it was understood; of a reference the attribute. */
  readonly rule: string;
  readonly outcome:
    | { readonly kind: 'value'; readonly value: unknown; readonly at: 'always' | 'creation' }
    | { readonly kind: 'chosen-at-creation' }
    | { readonly kind: 'untouched' }
    | { readonly kind: 'problem'; readonly message: string }
    /** Not computed: the object is out of scope, or cannot be judged. */
    | { readonly kind: 'not-computed' };
  /** What Dirbridge wrote last; undefined where it never wrote it. */
  readonly applied: unknown;
  /** The value is not in the cloud yet. */
  readonly isPending: boolean;
  readonly reads: readonly string[];
}

export interface SourceFact {
  readonly attribute: string;
  /** undefined: never read. */
  readonly values: readonly unknown[] | undefined;
  /** Epoch and number of the read, as in the journal. */
  readonly version: string | null;
  readonly isOversized: boolean;
}

export interface MemberCounts {
  /** To be added or taken out; at most `countedMax`. */
  readonly ready: number;
  /** Wait for the member to be in the cloud. */
  readonly waiting: number;
  /** Removals that are held. */
  readonly held: number;
}

/** Everything that is known of one object. */
export interface Explanation {
  readonly connector: string;
  readonly key: string;
  readonly foundBy: Clue['kind'];
  /** It had the name that was asked for, and has it no more. */
  readonly isFormer: boolean;
  readonly object: ObjectLabel;
  readonly class: string | null;
  readonly revision: { readonly inForce: number | null; readonly plannedWith: number | null };
  readonly sync: string | null;
  readonly cloud: {
    readonly id: string;
    readonly class: string;
    readonly state: 'live' | 'deleted';
    readonly linkedAt: number;
    readonly anchor: string;
    readonly isFound: boolean;
  } | null;
  readonly why: readonly Why[];
  readonly scope: readonly ScopeVerdict[];
  /** How an existing cloud object would have been found; matching by a property is off in every sync today. */
  readonly match: { readonly by: 'anchor'; readonly anchor: string | null };
  readonly flows: readonly FlowExplanation[];
  readonly source: readonly SourceFact[];
  readonly members: MemberCounts | null;
  readonly holds: readonly Hold[];
  readonly journal: readonly JournalEntry[];
}
