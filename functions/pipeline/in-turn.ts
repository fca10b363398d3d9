const turns = new WeakMap<object, Map<string, Promise<unknown>>>();

/** One at a time for a name: those of one process who change one row would only take its etag from each other. */
export async function inTurn<T>(owner: object, name: string, task: () => Promise<T>): Promise<T> {
  const names = turns.get(owner) ?? new Map<string, Promise<unknown>>();
  turns.set(owner, names);
  const before = names.get(name) ?? Promise.resolve();
  const mine = before.then(task, task);
  const settled = mine.catch(() => undefined);
  names.set(name, settled);
  try {
    return await mine;
  } finally {
    if (names.get(name) === settled) names.delete(name);
  }
}
