import { SyncError } from '../../shared/errors/sync-error.ts';
import { cloudIdPlace, type CloudIdClaim } from '../../shared/state/cloud-id-claim.ts';
import { readRow } from './object-rows.ts';
import type { Pipeline } from './pipeline.ts';

/**
 * Claims a cloud object for a source object before it is linked; false when another source object holds it: two
 * objects with one anchor must not fight over one account.
 */
export async function claimCloudId(
  pipeline: Pipeline,
  cloudId: string,
  claim: CloudIdClaim,
): Promise<boolean> {
  const { partitionKey, rowKey } = cloudIdPlace(cloudId);
  try {
    await pipeline.tables.transact('Keys', partitionKey, [
      { kind: 'insert', rowKey, content: { data: claim } },
    ]);
    return true;
  } catch (error) {
    if (!(error instanceof SyncError) || error.code !== 'STATE_CONFLICT') throw error;
    const row = readRow<CloudIdClaim>(await pipeline.tables.get('Keys', partitionKey, rowKey));
    return row === null || (row.value.connector === claim.connector && row.value.key === claim.key);
  }
}

export async function forgetCloudId(pipeline: Pipeline, cloudId: string): Promise<void> {
  const { partitionKey, rowKey } = cloudIdPlace(cloudId);
  await pipeline.tables.transact('Keys', partitionKey, [{ kind: 'delete', rowKey }]);
}
