import { isDeepStrictEqual } from 'node:util';
import type { Configured } from '../../shared/contracts/agent-report.v1.ts';
import { putRow } from '../../shared/state/put-row.ts';
import {
  containersRowKey,
  latestRowKey,
  rulesPartition,
  type LatestRevision,
  type StoredContainers,
} from '../../shared/state/rule-rows.ts';
import { readRow, untilSettled } from './object-rows.ts';
import type { Pipeline } from './pipeline.ts';

/**
 * Keeps what an agent found of the containers that scopes name, and returns the generation in which it is known. In one
 * transaction: whoever reads that generation finds the containers.
 */
export async function storeContainers(
  pipeline: Pick<Pipeline, 'tables' | 'clock' | 'random'>,
  connector: string,
  { revision, containers }: Configured,
): Promise<number> {
  const rowKey = containersRowKey(connector, revision);
  return untilSettled(async () => {
    const [known, latest] = await Promise.all([
      pipeline.tables.get('Rules', rulesPartition, rowKey),
      pipeline.tables.get('Rules', rulesPartition, latestRowKey).then((row) => readRow<LatestRevision>(row)),
    ]);
    const stored: StoredContainers = { containers };
    if (latest === null) return 0;
    if (isDeepStrictEqual(known?.data, stored)) return latest.value.generation;
    const next: LatestRevision = { ...latest.value, generation: latest.value.generation + 1 };
    await pipeline.tables.transact('Rules', rulesPartition, [
      { kind: 'upsert', rowKey, content: { data: stored } },
      putRow(latestRowKey, { data: next }, latest.etag),
    ]);
    return next.generation;
  }, pipeline);
}
