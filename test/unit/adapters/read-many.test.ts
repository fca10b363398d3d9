import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { readMany } from '../../../shared/adapters/table-storage/read-many.ts';
import type { TableAccess } from '../../../shared/adapters/table-storage/table-access.ts';

const keys = Array.from({ length: 11 }, (_, index) => `m|group|${String(index).padStart(2, '0')}`);

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** A service whose queries and single reads take so long, and how often each was asked. */
function service(times: { readonly queryMs: number; readonly pointMs: number }) {
  const asked = { queries: 0, points: 0 };
  const access: Pick<TableAccess, 'run' | 'within'> = {
    within: () => ({ abortSignal: new AbortController().signal }),
    run: () => {
      asked.queries += 1;
      vi.advanceTimersByTime(times.queryMs);
      return Promise.resolve({ entities: [], continuation: undefined } as never);
    },
  };
  const read = readMany(access as TableAccess, () => {
    asked.points += 1;
    vi.advanceTimersByTime(times.pointMs);
    return Promise.resolve(undefined);
  });
  return { asked, getMany: (rowKeys: readonly string[]) => read('Objects', 'corp|p00', rowKeys) };
}

describe('many rows by their keys', () => {
  test('are asked for in one query, and one by one for a while where that was slow', async () => {
    const { asked, getMany } = service({ queryMs: 1_500, pointMs: 3 });
    await getMany(keys);
    expect(asked).toEqual({ queries: 1, points: 0 });
    await getMany(keys);
    expect(asked).toEqual({ queries: 1, points: keys.length });
  });

  test('go on being asked for in one query where single reads are slow too', async () => {
    const { asked, getMany } = service({ queryMs: 1_500, pointMs: 2_000 });
    await getMany(keys.slice(0, 2));
    await getMany(keys);
    await getMany(keys);
    expect(asked).toEqual({ queries: 2, points: 2 });
  });
});
