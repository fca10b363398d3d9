import { odata } from '@azure/data-tables';
import type { Row, TableName } from '../../ports/table-store.ts';
import { rowOf } from './entity.ts';
import { pageRowsMax, quoted, readPage } from './read-range.ts';
import type { TableAccess } from './table-access.ts';

/** Requests of one call under way at once: more only queue at the account. */
const requestsAtOnce = 32;
/** With PartitionKey and the two bounds that makes 14 comparisons; the service takes 15. */
const keysAFilter = 11;
/** Up to this many, point reads are as quick. */
const pointReadsUpTo = 2;
const slowMs = 1_000;
/** Weight of the latest point read in what one is taken to last. */
const latestShare = 0.1;
const slowForMs = 10 * 60_000;

export type ReadOne = (table: TableName, partitionKey: string, rowKey: string) => Promise<Row | undefined>;
export type ReadMany = (
  table: TableName,
  partitionKey: string,
  rowKeys: readonly string[],
) => Promise<ReadonlyMap<string, Row>>;

/**
 * Many rows of a partition by their keys. Eleven keys in one filter cost an eighth of eleven point reads in requests and
 * CPU (measured on Azurite), but the service then goes through all rows between the first and the last of them. So keys
 * are sorted and read kind by kind (`o|…`, `m|group|…`), and where that turned out slow (a group of 100,000 members) or
 * came in several pages, the same kind in the same partition is read key by key for the next ten minutes. Slow means
 * slower than its keys would be one by one: on a busy machine everything takes long, and many requests take longest.
 */
export function readMany(access: TableAccess, readOne: ReadOne): ReadMany {
  const slowUntil = new Map<string, number>();
  const point = timedReads(readOne);

  const readFiltered = async (
    table: TableName,
    partitionKey: string,
    keys: readonly string[],
    kind: string,
  ) => {
    const rows: Row[] = [];
    const [first = ''] = keys;
    const bounds = odata`PartitionKey eq ${partitionKey} and RowKey ge ${first} and RowKey le ${keys.at(-1) ?? first}`;
    const filter = `${bounds} and (${keys.map((key) => `RowKey eq ${quoted(key)}`).join(' or ')})`;
    const started = performance.now();
    let continuation: string | undefined;
    let pages = 0;
    do {
      const page = await access.run(table, partitionKey, (client) =>
        readPage(client, { filter }, pageRowsMax, continuation, access.within),
      );
      rows.push(...page.entities.map((entity) => rowOf(entity)));
      ({ continuation } = page);
      pages++;
    } while (continuation !== undefined);
    if (pages > 1 || performance.now() - started > Math.max(slowMs, keys.length * point.typicalMs())) {
      // Bounded: forgetting only costs one slow read more.
      if (slowUntil.size > 10_000) slowUntil.clear();
      slowUntil.set(kind, performance.now() + slowForMs);
    }
    return rows;
  };

  return async (table, partitionKey, rowKeys) => {
    const rows = new Map<string, Row>();
    const requests: (() => Promise<void>)[] = [];
    for (const [prefix, keys] of kindsOf(rowKeys)) {
      const kind = JSON.stringify([table, partitionKey, prefix]);
      if (keys.length <= pointReadsUpTo || (slowUntil.get(kind) ?? 0) > performance.now())
        for (const rowKey of keys)
          requests.push(async () => {
            const row = await point.read(table, partitionKey, rowKey);
            if (row !== undefined) rows.set(rowKey, row);
          });
      else
        for (let i = 0; i < keys.length; i += keysAFilter)
          requests.push(async () => {
            for (const row of await readFiltered(table, partitionKey, keys.slice(i, i + keysAFilter), kind))
              rows.set(row.rowKey, row);
          });
    }
    const waiting = requests.values();
    const worker = async () => {
      for (const request of waiting) await request();
    };
    await Promise.all(Array.from({ length: Math.min(requestsAtOnce, requests.length) }, worker));
    return rows;
  };
}

/** Point reads, and how long one takes lately. */
function timedReads(readOne: ReadOne): { readonly read: ReadOne; typicalMs(): number } {
  let pointMs = 0;
  return {
    async read(table, partitionKey, rowKey) {
      const started = performance.now();
      const row = await readOne(table, partitionKey, rowKey);
      pointMs += (performance.now() - started - pointMs) * latestShare;
      return row;
    },
    typicalMs: () => pointMs,
  };
}

/** Keys by all but their last part, sorted as the service sorts them. */
function kindsOf(rowKeys: readonly string[]): Map<string, string[]> {
  const kinds = new Map<string, string[]>();
  for (const key of [...new Set(rowKeys)].sort()) {
    const prefix = key.slice(0, key.lastIndexOf('|') + 1);
    const known = kinds.get(prefix);
    if (known === undefined) kinds.set(prefix, [key]);
    else known.push(key);
  }
  return kinds;
}
