import { odata } from '@azure/data-tables';
import type { Row, TableStore } from '../../ports/table-store.ts';
import { rowOf } from './entity.ts';
import { pageRowsMax, readPage, readRange } from './read-range.ts';
import { prepare, submit } from './submit-writes.ts';
import { tableAccess, type TableAccess, type TableStorageOptions } from './table-access.ts';
import { codeOf, statusOf } from './translate-error.ts';

/** Point reads of one getMany under way at once: more only queue at the account. */
const readsAtOnce = 32;

/** TableStore on Azure Table storage. Tables are made at first use, or all at once by ensureTables. */
export function tableStorage(options: TableStorageOptions): TableStore & Pick<TableAccess, 'ensureTables'> {
  const access = tableAccess(options);
  const { within } = access;

  const get: TableStore['get'] = (table, partitionKey, rowKey) =>
    access.run(table, partitionKey, async (client) => {
      try {
        return rowOf(await client.getEntity(partitionKey, rowKey, within()));
      } catch (error) {
        if (statusOf(error) === 404 && codeOf(error) !== 'TableNotFound') return undefined;
        throw error;
      }
    });

  return {
    ensureTables: (tables) => access.ensureTables(tables),
    get,
    // Point reads, not a filter: `RowKey eq a or RowKey eq b` makes Azure scan the partition from its first row.
    async getMany(table, partitionKey, rowKeys) {
      const rows = new Map<string, Row>();
      const wanted = new Set(rowKeys).values();
      const reader = async () => {
        for (const rowKey of wanted) {
          const row = await get(table, partitionKey, rowKey);
          if (row !== undefined) rows.set(rowKey, row);
        }
      };
      await Promise.all(Array.from({ length: Math.min(readsAtOnce, rowKeys.length) }, reader));
      return rows;
    },
    range: (table, partitionKey, range) =>
      access.run(table, partitionKey, (client) => readRange(client, partitionKey, range, within)),
    async *scan(table, { fromPartition, toPartition, limit = Number.POSITIVE_INFINITY }) {
      const filter = odata`PartitionKey ge ${fromPartition} and PartitionKey lt ${toPartition}`;
      let continuation: string | undefined;
      let left = limit;
      while (left > 0) {
        const page = await access.run(table, fromPartition, (client) =>
          readPage(client, { filter }, Math.min(left, pageRowsMax), continuation, within),
        );
        for (const entity of page.entities)
          yield { ...rowOf(entity), partitionKey: entity.partitionKey ?? '' };
        left -= page.entities.length;
        continuation = page.continuation;
        if (continuation === undefined) return;
      }
    },
    async transact(table, partitionKey, writes) {
      if (writes.length === 0) return;
      const prepared = prepare(partitionKey, writes);
      await access.run(table, partitionKey, (client) => submit(client, partitionKey, prepared, within));
    },
  };
}
