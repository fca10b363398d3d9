import { deflateRawSync } from 'node:zlib';
import { SyncError } from '../../shared/errors/sync-error.ts';
import type {
  RangeOptions,
  Row,
  RowContent,
  RowWrite,
  TableName,
  TableStore,
} from '../../shared/ports/table-store.ts';

const rowsMax = 100;
const transactionBytesMax = 3_000_000;
const rowBytesMax = 1_000_000;
const pageRowsMax = 1_000;

interface StoredRow {
  readonly etag: string;
  readonly json: string | undefined;
  readonly tags: Row['tags'];
}

export type TableCall =
  | {
      readonly kind: 'get' | 'getMany' | 'range' | 'scan';
      readonly table: TableName;
      readonly partitionKey: string;
    }
  | {
      readonly kind: 'transact';
      readonly table: TableName;
      readonly partitionKey: string;
      readonly writes: readonly RowWrite[];
    };

export interface MemoryTableStoreOptions {
  /** Awaited before the call takes effect: a place to run somebody else's turn, to advance the clock or to fail. */
  readonly before?: (call: TableCall) => Promise<void> | void;
  /** Awaited after it took effect: what fails here was applied all the same, as when a process dies or an answer is lost. */
  readonly after?: (call: TableCall) => Promise<void> | void;
}

/**
 * The TableStore port in memory, as strict as Azure: etags, conflicts, 100 rows and 3 MB a transaction, 1 MiB a row,
 * RowKeys in ordinal order, no row twice in a transaction, all or nothing. Values are stored as JSON text, so nobody
 * shares an object with the store. Every call yields to the event loop before it takes effect, so that concurrent
 * callers do interleave.
 */
export class MemoryTableStore implements TableStore {
  /** Calls by kind, for counting costs. */
  readonly counts: Record<TableCall['kind'], number> = { get: 0, getMany: 0, range: 0, scan: 0, transact: 0 };
  before: MemoryTableStoreOptions['before'];
  after: MemoryTableStoreOptions['after'];
  readonly #partitions = new Map<string, Map<string, StoredRow>>();
  #version = 0;

  constructor(options: MemoryTableStoreOptions = {}) {
    this.before = options.before;
    this.after = options.after;
  }

  get(table: TableName, partitionKey: string, rowKey: string): Promise<Row | undefined> {
    return this.#call({ kind: 'get', table, partitionKey }, () => {
      const stored = this.#partition(table, partitionKey).get(rowKey);
      return stored === undefined ? undefined : rowOf(rowKey, stored, true);
    });
  }

  getMany(
    table: TableName,
    partitionKey: string,
    rowKeys: readonly string[],
  ): Promise<ReadonlyMap<string, Row>> {
    return this.#call({ kind: 'getMany', table, partitionKey }, () => {
      const rows = this.#partition(table, partitionKey);
      const found = new Map<string, Row>();
      for (const rowKey of rowKeys) {
        const stored = rows.get(rowKey);
        if (stored !== undefined) found.set(rowKey, rowOf(rowKey, stored, true));
      }
      return found;
    });
  }

  range(table: TableName, partitionKey: string, options: RangeOptions): Promise<readonly Row[]> {
    return this.#call({ kind: 'range', table, partitionKey }, () =>
      sorted(this.#partition(table, partitionKey))
        .filter(([rowKey, { tags }]) => {
          const isInside = rowKey >= options.from && rowKey < options.to;
          return (
            isInside && Object.entries(options.where ?? {}).every(([name, value]) => tags[name] === value)
          );
        })
        .slice(0, options.limit ?? pageRowsMax)
        .map(([rowKey, stored]) => rowOf(rowKey, stored, options.keysOnly !== true)),
    );
  }

  async *scan(
    table: TableName,
    options: { readonly fromPartition: string; readonly toPartition: string; readonly limit?: number },
  ): AsyncGenerator<Row & { readonly partitionKey: string }> {
    const rows = await this.#call({ kind: 'scan', table, partitionKey: options.fromPartition }, () =>
      [...this.#partitions.entries()]
        .map(([name, content]) => ({ name: JSON.parse(name) as [TableName, string], content }))
        .filter(
          ({ name: [of, key] }) => of === table && key >= options.fromPartition && key < options.toPartition,
        )
        .sort((a, b) => (a.name[1] < b.name[1] ? -1 : 1))
        .flatMap(({ name: [, partitionKey], content }) =>
          sorted(content).map(([rowKey, stored]) => ({ ...rowOf(rowKey, stored, true), partitionKey })),
        ),
    );
    yield* rows.slice(0, options.limit ?? rows.length);
  }

  transact(table: TableName, partitionKey: string, writes: readonly RowWrite[]): Promise<void> {
    if (writes.length === 0) return Promise.resolve();
    return this.#call({ kind: 'transact', table, partitionKey, writes }, () => {
      check(partitionKey, writes);
      const rows = this.#partition(table, partitionKey);
      for (const write of writes)
        if (!holds(write, rows.get(write.rowKey))) throw conflict(table, write.rowKey);
      for (const write of writes) {
        if (write.kind === 'delete') rows.delete(write.rowKey);
        else rows.set(write.rowKey, this.#stored(write.content));
      }
    });
  }

  #stored({ data, tags }: RowContent): StoredRow {
    this.#version += 1;
    const json = data === undefined ? undefined : JSON.stringify(data);
    return { etag: `e${this.#version}`, json, tags: { ...tags } };
  }

  #partition(table: TableName, partitionKey: string): Map<string, StoredRow> {
    const name = JSON.stringify([table, partitionKey]);
    const known = this.#partitions.get(name) ?? new Map<string, StoredRow>();
    this.#partitions.set(name, known);
    return known;
  }

  async #call<T>(call: TableCall, effect: () => T): Promise<T> {
    this.counts[call.kind] += 1;
    await new Promise((resolve) => setImmediate(resolve));
    await this.before?.(call);
    const result = effect();
    await this.after?.(call);
    return result;
  }
}

function sorted(rows: ReadonlyMap<string, StoredRow>): [string, StoredRow][] {
  return [...rows].sort(([a], [b]) => (a < b ? -1 : 1));
}

function rowOf(rowKey: string, { etag, json, tags }: StoredRow, hasData: boolean): Row {
  const data: unknown = json === undefined || !hasData ? undefined : JSON.parse(json);
  return { rowKey, etag, data, tags: { ...tags } };
}

function holds(write: RowWrite, stored: StoredRow | undefined): boolean {
  switch (write.kind) {
    case 'insert':
      return stored === undefined;
    case 'replace':
      return stored?.etag === write.etag;
    case 'delete':
      return write.etag === undefined || stored?.etag === write.etag;
    case 'upsert':
      return true;
  }
}

function check(partitionKey: string, writes: readonly RowWrite[]): void {
  if (new Set(writes.map(({ rowKey }) => rowKey)).size !== writes.length)
    throw new Error('a transaction names a row twice');
  if (writes.length > rowsMax) throw tooLarge(`${writes.length} rows`);
  let total = 0;
  for (const write of writes) {
    if (/[/\\#?]/.test(`${partitionKey}${write.rowKey}`))
      throw new Error(`a key that Azure refuses: ${write.rowKey}`);
    if (write.kind === 'delete') continue;
    const bytes = bytesOf(write.content);
    if (bytes > rowBytesMax) throw tooLarge(`a row of ${bytes} bytes`);
    total += bytes;
  }
  if (total > transactionBytesMax) throw tooLarge(`${total} bytes`);
}

/** Deflated and in base64, as it travels; small rows are not worth the deflating. */
function bytesOf({ data, tags }: RowContent): number {
  const json = data === undefined ? '' : JSON.stringify(data);
  const binary = json.length < 10_000 ? json.length : deflateRawSync(json).length;
  return Math.ceil(binary / 3) * 4 + JSON.stringify(tags ?? {}).length * 2 + 64;
}

const conflict = (table: TableName, row: string): SyncError =>
  new SyncError('STATE_CONFLICT', 'the row was changed meanwhile', { context: { table, row } });
const tooLarge = (what: string): SyncError => new SyncError('STATE_TOO_LARGE', `a transaction has ${what}`);
