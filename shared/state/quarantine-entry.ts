import type { ErrorCode } from '../errors/error-codes.ts';

/** Row of table Quarantine: PartitionKey connector, RowKey source key. */
export interface QuarantineEntry {
  readonly key: string;
  readonly partition: string;
  readonly code: ErrorCode;
  readonly message: string;
  readonly targets: readonly string[];
  readonly count: number;
  readonly firstAt: number;
  readonly lastAt: number;
}
