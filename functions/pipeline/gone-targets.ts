import { partitionOf } from '../../shared/model/partition.ts';
import { isGone } from '../../shared/plan/is-gone.ts';
import { loadObjects } from './object-rows.ts';
import type { Pipeline } from './pipeline.ts';

/** Which targets of links have left for good (see isGone). */
export async function goneTargets(
  pipeline: Pipeline,
  connector: string,
  keys: readonly string[],
): Promise<ReadonlySet<string>> {
  const byPartition = Map.groupBy(new Set(keys), (key) => partitionOf(connector, key));
  const loaded = await Promise.all(
    [...byPartition].map(([partition, some]) => loadObjects(pipeline.tables, { connector, partition }, some)),
  );
  const gone = loaded.flatMap((objects) =>
    [...objects].flatMap(([key, { value }]) => (isGone(value) ? [key] : [])),
  );
  return new Set(gone);
}
