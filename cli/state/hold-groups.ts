import type { PlacedHold } from './read-holds.ts';

/** Which holds are meant; what is left out does not narrow them. */
export interface HoldFilter {
  readonly sync?: string;
  readonly operation?: string;
  /** Target property whose budget held it. */
  readonly property?: string;
  /** Source key of the object. */
  readonly key?: string;
}

/** Holds that have the same story: a person mostly decides about all of them. */
export interface HoldGroup {
  readonly connector: string;
  readonly sync: string;
  readonly operation: string;
  readonly property: string | null;
  readonly cause: string;
  readonly holds: number;
  /** More than holds where removals are held together. */
  readonly operations: number;
  readonly objects: number;
  readonly oldest: number;
  /** Of the latest one, which has the latest numbers. */
  readonly message: string;
}

export const isMeant = (hold: PlacedHold, filter: HoldFilter): boolean =>
  (filter.sync === undefined || hold.sync === filter.sync) &&
  (filter.operation === undefined || hold.operation === filter.operation) &&
  (filter.property === undefined || hold.draw?.path === filter.property) &&
  (filter.key === undefined || hold.key === filter.key);

export const operationsOf = (hold: PlacedHold): number => hold.members?.length ?? 1;

/** Kinds of the held operations, each as often as it is held. */
export const kindsOf = (holds: readonly PlacedHold[]): readonly string[] =>
  holds.flatMap((hold) => Array.from({ length: operationsOf(hold) }, () => hold.operation));

/** The most numerous first. */
export function groupHolds(holds: readonly PlacedHold[]): readonly HoldGroup[] {
  const groups = Map.groupBy(holds, ({ connector, sync, operation, draw, cause }) =>
    JSON.stringify([connector, sync, operation, draw?.path, cause]),
  );
  return [...groups.values()].map(groupOf).sort((a, b) => b.operations - a.operations);
}

function groupOf(holds: readonly PlacedHold[]): HoldGroup {
  const latest = holds.reduce((a, b) => (b.heldAt > a.heldAt ? b : a));
  const { connector, sync, operation, draw, cause, message } = latest;
  return {
    connector,
    sync,
    operation,
    property: draw?.path ?? null,
    cause,
    holds: holds.length,
    operations: kindsOf(holds).length,
    objects: new Set(holds.map(({ key }) => key)).size,
    oldest: holds.reduce((oldest, { heldAt }) => Math.min(oldest, heldAt), latest.heldAt),
    message,
  };
}
