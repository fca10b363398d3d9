/** What is counted for an import in one partition; data of its index row. */
export interface ImportCount {
  readonly import: string;
  readonly namingContext: string;
  readonly startedAt: { readonly epoch: number; readonly n: number };
  readonly expected: number;
  /** Epoch ms after which the import counts as incomplete. */
  readonly giveUpAt: number;
}

/** What is counted for a whole list; data of its index row. */
export interface ListCount {
  /** Epoch ms after which the list counts as incomplete. */
  readonly giveUpAt: number;
}
