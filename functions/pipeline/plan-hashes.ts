import {
  planPartition,
  planPartRowKey,
  type AppliedPlan,
  type PlanPart,
} from '../../shared/state/applied-plan.ts';
import type { TableStore } from '../../shared/ports/table-store.ts';
import type { Place } from './object-rows.ts';

/** Partitions of a plan that a process remembers: all of two connectors. Twenty bytes an operation. */
const partitionsMax = 128;

type Hashes = ReadonlyMap<string, readonly string[]>;

const cache = new WeakMap<TableStore, Map<string, Promise<Hashes>>>();

/** Hashes of the operations that a plan names for an object. */
export async function planHashes(
  tables: TableStore,
  { connector, partition }: Place,
  { id }: Pick<AppliedPlan, 'id'>,
  key: string,
): Promise<ReadonlySet<string>> {
  const known = cache.get(tables) ?? new Map<string, Promise<Hashes>>();
  cache.set(tables, known);
  const name = `${planPartition(connector, id)}|${partition}`;
  let look = known.get(name);
  if (look === undefined) {
    look = read(tables, connector, partition, id);
    // One that could not be read is asked for again.
    look.catch(() => known.delete(name));
    const [oldest] = known.keys();
    if (known.size >= partitionsMax && oldest !== undefined) known.delete(oldest);
    known.set(name, look);
  }
  return new Set((await look).get(key));
}

/** A plan does not change once it is carried out: all of its parts were there before. */
async function read(tables: TableStore, connector: string, partition: string, id: string): Promise<Hashes> {
  const hashes = new Map<string, string[]>();
  const pageSize = 100;
  for (let from = planPartRowKey(partition, 0); ;) {
    const rows = await tables.range('Requests', planPartition(connector, id), {
      from,
      to: `${partition}}`,
      limit: pageSize,
    });
    for (const { data } of rows)
      for (const [key, some] of Object.entries(data as PlanPart))
        hashes.set(key, [...(hashes.get(key) ?? []), ...some]);
    const last = rows.at(-1);
    if (last === undefined || rows.length < pageSize) return hashes;
    from = `${last.rowKey}\u0001`;
  }
}
