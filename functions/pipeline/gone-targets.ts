import { partitionOf } from '../../shared/model/partition.ts';
import type { ObjectRecord } from '../../shared/state/object-record.ts';
import { loadObjects } from './object-rows.ts';
import type { Pipeline } from './pipeline.ts';

/**
 * Which targets of links have left for good: deleted in the cloud, where their links go with them, or deleted at the source
 * and disabled since, which went through a budget of its own. A link to them is no loss, so it is not counted.
 */
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

function isGone({ link, staged }: ObjectRecord): boolean {
  if (link?.state !== 'live') return true;
  const isDeleted = staged.life?.isDeleted === true && staged.doubt === undefined;
  return isDeleted && link.applied['accountEnabled'] === false;
}
