import { permitMs, type Hold } from '../../shared/guard/hold.ts';
import type { Reading } from '../command-context.ts';

export interface PlacedHold extends Hold {
  readonly connector: string;
}

/** Hashes are hex; `g` follows `f`. */
const everyHash = { from: '0', to: 'g', limit: Number.MAX_SAFE_INTEGER } as const;

export async function readHolds(
  tables: Reading,
  connectors: readonly string[],
  statuses: readonly Hold['status'][] | 'every',
): Promise<readonly PlacedHold[]> {
  const filters = statuses === 'every' ? [{}] : statuses.map((status) => ({ where: { status } }));
  const ranges = connectors.flatMap((connector) =>
    filters.map(async (filter) => {
      const rows = await tables.range('Holds', connector, { ...everyHash, ...filter });
      return rows.map((row) => ({ ...(row.data as Hold), connector }));
    }),
  );
  const holds = (await Promise.all(ranges)).flat();
  return holds.sort((a, b) => a.heldAt - b.heldAt || (a.hash < b.hash ? -1 : 1));
}

/** An approval that nobody used in its time is void: its operation waits for a person again. */
export const isVoidPermit = (hold: Hold, now: number): boolean =>
  hold.status === 'approved' && now - (hold.decidedAt ?? 0) >= permitMs;

/** Waits for a person's decision. */
export const isOpen = (hold: Hold, now: number): boolean => hold.status === 'held' || isVoidPermit(hold, now);
