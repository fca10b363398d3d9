type Handle<T> = (items: readonly T[]) => Promise<void>;

interface Gathering<T> {
  readonly items: T[];
  readonly done: Promise<void>;
  readonly start: () => Promise<void>;
}

/** By owner and name: what waits while a call is under way; null where nothing does. */
const underWay = new WeakMap<object, Map<string, Gathering<unknown> | null>>();

/**
 * One call at a time for a name, and one for all that came during the call before: callers of one process would
 * otherwise only take the row's etag from each other. Nothing is put off where nobody is before.
 */
export async function gather<T>(
  owner: object,
  name: string,
  items: readonly T[],
  handle: Handle<T>,
): Promise<void> {
  const names = underWay.get(owner) ?? new Map<string, Gathering<unknown> | null>();
  underWay.set(owner, names);
  const waiting = names.get(name) as Gathering<T> | null | undefined;
  if (waiting !== undefined) {
    const joined = waiting ?? gathering(handle);
    names.set(name, joined);
    joined.items.push(...items);
    return joined.done;
  }
  names.set(name, null);
  try {
    await handle(items);
  } finally {
    void goOn(names, name);
  }
}

async function goOn(names: Map<string, Gathering<unknown> | null>, name: string): Promise<void> {
  for (let next = names.get(name); next != null; next = names.get(name)) {
    names.set(name, null);
    await next.start();
  }
  names.delete(name);
}

function gathering<T>(handle: Handle<T>): Gathering<T> {
  const items: T[] = [];
  const { promise, resolve, reject } = Promise.withResolvers<undefined>();
  const start = async (): Promise<void> => {
    try {
      await handle(items);
      resolve(undefined);
    } catch (error) {
      // Each of the callers gets it, and none of those who come later.
      reject(error instanceof Error ? error : new Error(String(error)));
    }
  };
  return { items, done: promise, start };
}
