import type { SourceId } from './name-claim.ts';

/** Row of table Keys: which source object a cloud object belongs to. PartitionKey `cloud|` and two digits, RowKey id. */
export type CloudIdClaim = SourceId;

export function cloudIdPlace(cloudId: string): { readonly partitionKey: string; readonly rowKey: string } {
  return { partitionKey: `cloud|${cloudId.slice(0, 2)}`, rowKey: cloudId };
}
