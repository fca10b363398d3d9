/** What was last written to one cloud object, attribute by attribute, as it went into the request. */
export type AppliedValues = Readonly<Record<string, unknown>>;

export type CloudClass = 'user' | 'group';

/** Source object and cloud object belong together. */
export interface Link {
  readonly sync: string;
  readonly cloudId: string;
  readonly cloudClass: CloudClass;
  /** The anchor value when the link was made; a later change is held, never followed. */
  readonly anchor: string;
  readonly linkedAt: number;
  readonly applied: AppliedValues;
  /** Cloud ids of single-valued references as applied: { manager: cloud id }. */
  readonly appliedReferences: Readonly<Record<string, string>>;
  readonly state: 'live' | 'deleted';
  /** Epoch ms since when the object has been out of scope, disabled by us, or deleted at its source. */
  readonly leaving: { readonly cause: 'left-scope' | 'deleted'; readonly since: number } | null;
  readonly deletedAt: number | null;
  /** Epoch ms until which a 404 may be replication lag. */
  readonly lagUntil: number | null;
  /** Found by its anchor, not made by us: what stands in it is unknown until it has been written once. */
  readonly isFound?: boolean;
  /** Disabled by us, and its sessions have not been revoked yet. */
  readonly owesRevocation?: boolean;
  /** Returned after it had been disabled for leaving, and not enabled yet. */
  readonly owesEnabling?: boolean;
}

/** A write is under way: nobody else touches the object until it is recorded or has run out. */
export interface Attempt {
  readonly owner: string;
  /** Epoch ms. Every request ends 10 s before. */
  readonly until: number;
  /** What is being written, so that a successor knows what may have been applied. */
  readonly operations: readonly string[];
  /** Names no two users may share that may be written, as `property|value` in lower case. */
  readonly names?: readonly string[];
  /** Members that are being added or taken out: what became of them is made certain even where a fold has settled them. */
  readonly members?: readonly string[];
  /** What is being made, so that it is found again even when nobody wants it made any more. */
  readonly creation?: { readonly sync: string; readonly cloudClass: CloudClass; readonly anchor: string };
}

/** How long a 404 about an object we made, found or restored may be replication lag (docs/reference/facts.md). */
export const lagMs = 120_000;

/**
 * Links from and to an object are written only so long after it was made: Graph's replicas usually know it by then,
 * and a reference that is refused costs a write of the quota all the same.
 */
export const settleMs = 1_000;

/** Epoch ms from which others may refer to the cloud object; 0 for one that has long been there. */
export function settledAt(link: Link): number {
  return link.lagUntil === null ? 0 : link.lagUntil - lagMs + settleMs;
}
