/** A bug, not data: never caught below the shell. */
export function invariant(condition: unknown, why: string): asserts condition {
  if (condition === false || condition === undefined || condition === null)
    throw new Error(`Invariant broken: ${why}`);
}
