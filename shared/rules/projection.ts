/** How one clause of the scope judged the object. */
export interface ScopeVerdict {
  /** `under OU=…`, `where …`, `default exclusion: …`. */
  readonly clause: string;
  readonly passed: boolean;
}

/** A target attribute whose value could not be made; the others flow. */
export interface ProjectionProblem {
  readonly target: string;
  readonly message: string;
}

/** null clears the property (an empty list clears a collection); a path that is absent is left alone. */
export type TargetValue = string | boolean | number | readonly string[] | null;

/** What the rules say the cloud object should be, from the staged object alone. */
export type Projection =
  | {
      /** Something the scope, a flow or the anchor needs was never read: unknown, which is not empty. */
      readonly kind: 'waiting';
      /** Attributes to read; `dn` stands for the object's place in the tree. */
      readonly attributes: readonly string[];
      /** DNs of scope containers that the agent has not resolved yet. */
      readonly containers: readonly string[];
    }
  | {
      /** The scope or the anchor could not be computed. Nothing may be concluded from it, least of all that the object left. */
      readonly kind: 'failed';
      readonly clauses: readonly ScopeVerdict[];
      /** `target` is `scope` or `anchor`. */
      readonly problems: readonly ProjectionProblem[];
    }
  | {
      readonly kind: 'out';
      readonly clauses: readonly ScopeVerdict[];
      /** Epoch ms when time alone may change the outcome; null when it cannot. */
      readonly reviewAt: number | null;
    }
  | {
      readonly kind: 'in';
      readonly clauses: readonly ScopeVerdict[];
      readonly anchor: string;
      /** By target path (`givenName`, `onPremisesExtensionAttributes.extensionAttribute1`). */
      readonly values: Readonly<Record<string, TargetValue>>;
      /** Values of flows with `apply: create`: written when the object is made, never afterwards. */
      readonly createOnly: Readonly<Record<string, TargetValue>>;
      /**
       * Paths whose values are settled only when the object is made: random ones, in `createOnly` where the seed is known,
       * and those that have to be free, in `createOnly` with the first that is not known to be taken. Absent: none.
       */
      readonly chosen?: readonly string[];
      /** Paths whose values are not to be shown. Absent: none. */
      readonly redacted?: readonly string[];
      /** Source keys by target; null: the source has none. */
      readonly references: Readonly<Record<string, string | null>>;
      /** Which link attribute holds the members; null where the sync maps none. */
      readonly members: { readonly attribute: string } | null;
      /** Why the object must not be created without a person's word (an existing one is updated); null mostly. */
      readonly holdCreate: string | null;
      /** A shared, room, equipment or linked mailbox: disabled in AD by nature, so not a leaver. */
      readonly isResourceMailbox: boolean;
      readonly problems: readonly ProjectionProblem[];
      readonly reviewAt: number | null;
    };

export interface ProjectionContext {
  /** Epoch ms. */
  readonly now: number;
  /** Keys of containers that scopes name, by lower-case DN. */
  readonly containers: ReadonlyMap<string, string>;
  readonly parameters: Readonly<Record<string, string>>;
  /**
   * What random values follow from, as it stands in the object's row. Absent: not drawn yet, so that it is only told which
   * values will be chosen. Null: the object is in the cloud, and no flow applies to it whose value is chosen.
   */
  readonly seed?: string | null | undefined;
  /** Whether another object is known to have a value of a path, for SelectUniqueValue. Absent: none has. */
  readonly isTaken?: ((path: string, value: string) => boolean) | undefined;
}
