/** A request of an operator that was taken: what was asked for follows. */
export interface Accepted {
  readonly requestId: string;
  readonly detail: Readonly<Record<string, unknown>>;
}
