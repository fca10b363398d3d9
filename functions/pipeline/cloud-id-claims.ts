import { SyncError } from '../../shared/errors/sync-error.ts';
import { readRow } from './object-rows.ts';
import type { Pipeline } from './pipeline.ts';

/** Row of table Keys: which source object a cloud object belongs to. PartitionKey `cloud|` and two digits, RowKey id. */
export interface CloudIdClaim {
  readonly connector: string;
  readonly key: string;
}

const partitionKeyOf = (cloudId: string): string => `cloud|${cloudId.slice(0, 2)}`;

/**
 * Claims a cloud object for a source object before it is linked; false when another source object holds it: two
 * objects with one anchor must not fight over one account.
 */
export async function claimCloudId(
  pipeline: Pipeline,
  cloudId: string,
  claim: CloudIdClaim,
): Promise<boolean> {
  try {
    await pipeline.tables.transact('Keys', partitionKeyOf(cloudId), [
      { kind: 'insert', rowKey: cloudId, content: { data: claim } },
    ]);
    return true;
  } catch (error) {
    if (!(error instanceof SyncError) || error.code !== 'STATE_CONFLICT') throw error;
    const row = readRow<CloudIdClaim>(await pipeline.tables.get('Keys', partitionKeyOf(cloudId), cloudId));
    return row === null || (row.value.connector === claim.connector && row.value.key === claim.key);
  }
}

export async function forgetCloudId(pipeline: Pipeline, cloudId: string): Promise<void> {
  await pipeline.tables.transact('Keys', partitionKeyOf(cloudId), [{ kind: 'delete', rowKey: cloudId }]);
}
