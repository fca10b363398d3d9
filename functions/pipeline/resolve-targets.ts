import { settledAt } from '../../shared/model/link.ts';
import { partitionOf } from '../../shared/model/partition.ts';
import type { RowWrite } from '../../shared/ports/table-store.ts';
import { objectsPartition, referenceRowKey } from '../../shared/state/keys.ts';
import { loadObjects } from './object-rows.ts';
import type { Pipeline } from './pipeline.ts';

export interface ResolvedTarget {
  readonly cloudId: string;
  /** Epoch ms from which it may be referred to. */
  readonly settledAt: number;
}

export interface Reference {
  readonly target: string;
  readonly referrer: string;
  readonly attribute: string;
}

/**
 * Says who is to be woken when a target is linked. Always written before the target's link is read: the target writes
 * its link first and reads the references afterwards, so whichever comes second sees the other (SPEC I6).
 */
export async function writeReferences(
  pipeline: Pipeline,
  connector: string,
  references: readonly Reference[],
): Promise<void> {
  const byPartition = new Map<string, Map<string, RowWrite>>();
  for (const { target, referrer, attribute } of references) {
    const partition = partitionOf(connector, target);
    const writes = byPartition.get(partition) ?? new Map<string, RowWrite>();
    const rowKey = referenceRowKey(target, referrer, attribute);
    byPartition.set(partition, writes.set(rowKey, { kind: 'upsert', rowKey, content: {} }));
  }
  await Promise.all(
    [...byPartition].map(async ([partition, writes]) => {
      const all = [...writes.values()];
      for (let at = 0; at < all.length; at += 100)
        await pipeline.tables.transact(
          'References',
          objectsPartition(connector, partition),
          all.slice(at, at + 100),
        );
    }),
  );
}

/** Cloud ids by source key; a target that is not in the cloud (or deleted there) is missing. */
export async function resolveTargets(
  pipeline: Pipeline,
  connector: string,
  keys: readonly string[],
): Promise<ReadonlyMap<string, ResolvedTarget>> {
  const byPartition = Map.groupBy(new Set(keys), (key) => partitionOf(connector, key));
  const resolved = new Map<string, ResolvedTarget>();
  await Promise.all(
    [...byPartition].map(async ([partition, targets]) => {
      for (const [key, { value }] of await loadObjects(pipeline.tables, { connector, partition }, targets)) {
        if (value.link?.state === 'live')
          resolved.set(key, { cloudId: value.link.cloudId, settledAt: settledAt(value.link) });
      }
    }),
  );
  return resolved;
}
