import { settledAt } from '../../shared/model/link.ts';
import { partitionOf } from '../../shared/model/partition.ts';
import type { RowWrite } from '../../shared/ports/table-store.ts';
import { objectsPartition, referenceRowKey } from '../../shared/state/keys.ts';
import { gather } from './gather.ts';
import { loadObjects, type Place } from './object-rows.ts';
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
  const byPartition = Map.groupBy(references, ({ target }) => partitionOf(connector, target));
  await Promise.all(
    [...byPartition].map(([partition, some]) => {
      const partitionKey = objectsPartition(connector, partition);
      return gather(pipeline.tables, `references ${partitionKey}`, some, (all) =>
        upsertReferences(pipeline, partitionKey, all),
      );
    }),
  );
}

async function upsertReferences(
  pipeline: Pipeline,
  partitionKey: string,
  references: readonly Reference[],
): Promise<void> {
  const rowKeys = references.map((one) => referenceRowKey(one.target, one.referrer, one.attribute));
  const writes = [...new Set(rowKeys)].map((rowKey): RowWrite => ({ kind: 'upsert', rowKey, content: {} }));
  for (let at = 0; at < writes.length; at += 100)
    await pipeline.tables.transact('References', partitionKey, writes.slice(at, at + 100));
}

interface LookUp {
  readonly key: string;
  readonly found: (target: ResolvedTarget) => void;
}

/**
 * Cloud ids by source key; a target that is not in the cloud (or deleted there) is missing. What several objects ask of
 * one partition at the same time is read together, and never before it was asked.
 */
export async function resolveTargets(
  pipeline: Pipeline,
  connector: string,
  keys: readonly string[],
): Promise<ReadonlyMap<string, ResolvedTarget>> {
  const byPartition = Map.groupBy(new Set(keys), (key) => partitionOf(connector, key));
  const resolved = new Map<string, ResolvedTarget>();
  await Promise.all(
    [...byPartition].map(([partition, targets]) => {
      const place = { connector, partition };
      const asked = targets.map((key): LookUp => ({ key, found: (target) => resolved.set(key, target) }));
      return gather(pipeline.tables, `links ${objectsPartition(connector, partition)}`, asked, (all) =>
        lookUp(pipeline, place, all),
      );
    }),
  );
  return resolved;
}

async function lookUp(pipeline: Pipeline, place: Place, asked: readonly LookUp[]): Promise<void> {
  const keys = [...new Set(asked.map(({ key }) => key))];
  const objects = await loadObjects(pipeline.tables, place, keys);
  for (const { key, found } of asked) {
    const link = objects.get(key)?.value.link;
    if (link?.state === 'live') found({ cloudId: link.cloudId, settledAt: settledAt(link) });
  }
}
