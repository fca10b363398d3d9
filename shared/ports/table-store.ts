/** Tables of the state; the adapter prefixes their names by a setting. */
export type TableName =
  | 'Objects'
  | 'References'
  | 'Identities'
  | 'Keys'
  | 'Quota'
  | 'Budgets'
  | 'Journal'
  | 'Requests'
  | 'Holds'
  | 'Quarantine'
  | 'Cursors'
  | 'Rules'
  | 'Agents';

/** What a row holds: `data` is deflated and chunked by the adapter, `tags` are plain columns that a filter may name. */
export interface RowContent {
  readonly data?: unknown;
  readonly tags?: Readonly<Record<string, string | number | boolean>>;
}

export interface Row {
  readonly rowKey: string;
  readonly etag: string;
  readonly data: unknown;
  readonly tags: Readonly<Record<string, string | number | boolean>>;
}

/**
 * One write of a transaction. `insert` fails if the row is there, `replace` fails unless the row still has `etag`,
 * `upsert` writes whatever is there. `delete` with an etag fails unless the row still has it; without one it removes
 * the row, and a row that is gone already is no failure.
 */
export type RowWrite =
  | { readonly kind: 'insert'; readonly rowKey: string; readonly content: RowContent }
  | { readonly kind: 'replace'; readonly rowKey: string; readonly etag: string; readonly content: RowContent }
  | { readonly kind: 'upsert'; readonly rowKey: string; readonly content: RowContent }
  | { readonly kind: 'delete'; readonly rowKey: string; readonly etag?: string };

export interface RangeOptions {
  /** First RowKey, included. */
  readonly from: string;
  /** First RowKey that is not included any more. */
  readonly to: string;
  /** At most this many rows (default 1,000). */
  readonly limit?: number;
  /** Only rows whose tag equals the value. */
  readonly where?: Readonly<Record<string, string | number | boolean>>;
  /** Keys and tags only; `data` is undefined. */
  readonly keysOnly?: boolean;
}

/**
 * Rows in partitions, in RowKey order, with optimistic concurrency; Azure Table storage behind it.
 *
 * Errors: SyncError STATE_CONFLICT (an etag or an insert did not hold), STATE_UNREACHABLE (outage, to be waited out),
 * STATE_TOO_LARGE (over 100 rows, 3 MB or 1 MiB a row: refused before sending, since Azurite accepts more than Azure).
 */
export interface TableStore {
  get(table: TableName, partitionKey: string, rowKey: string): Promise<Row | undefined>;
  /** The rows that exist, by RowKey; any number of keys. */
  getMany(
    table: TableName,
    partitionKey: string,
    rowKeys: readonly string[],
  ): Promise<ReadonlyMap<string, Row>>;
  range(table: TableName, partitionKey: string, options: RangeOptions): Promise<readonly Row[]>;
  /** Partition keys that hold rows in [from, to) of partition keys; for sweeps and small tables only. */
  scan(
    table: TableName,
    options: { readonly fromPartition: string; readonly toPartition: string; readonly limit?: number },
  ): AsyncIterable<Row & { readonly partitionKey: string }>;
  /** All or nothing, one partition, at most 100 rows with different RowKeys. */
  transact(table: TableName, partitionKey: string, writes: readonly RowWrite[]): Promise<void>;
}
