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
}

/** A write is under way: nobody else touches the object until it is recorded or has run out. */
export interface Attempt {
  readonly owner: string;
  /** Epoch ms. Every request ends 10 s before. */
  readonly until: number;
  /** What is being written, so that a successor knows what may have been applied. */
  readonly operations: readonly string[];
}
