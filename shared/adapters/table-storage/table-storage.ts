import { odata } from '@azure/data-tables';
import type { TableStore } from '../../ports/table-store.ts';
import { checkKeys } from './check-keys.ts';
import { rowOf } from './entity.ts';
import { pageRowsMax, readPage, readRange } from './read-range.ts';
import { readMany } from './read-many.ts';
import { prepare, submit } from './submit-writes.ts';
import { tableAccess, type TableAccess, type TableStorageOptions } from './table-access.ts';
import { codeOf, statusOf } from './translate-error.ts';

/** TableStore on Azure Table storage. Tables are made at first use, or all at once by ensureTables. */
export function tableStorage(options: TableStorageOptions): TableStore & Pick<TableAccess, 'ensureTables'> {
  const access = tableAccess(options);
  const { within } = access;

  const get: TableStore['get'] = async (table, partitionKey, rowKey) => {
    checkKeys(table, partitionKey, rowKey);
    return access.run(table, partitionKey, async (client) => {
      try {
        return rowOf(await client.getEntity(partitionKey, rowKey, within()));
      } catch (error) {
        if (statusOf(error) === 404 && codeOf(error) !== 'TableNotFound') return undefined;
        throw error;
      }
    });
  };
  const getMany = readMany(access, get);

  return {
    ensureTables: (tables) => access.ensureTables(tables),
    get,
    async getMany(table, partitionKey, rowKeys) {
      checkKeys(table, partitionKey, ...rowKeys);
      return getMany(table, partitionKey, rowKeys);
    },
    async range(table, partitionKey, range) {
      checkKeys(table, partitionKey);
      return access.run(table, partitionKey, (client) => readRange(client, partitionKey, range, within));
    },
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
      checkKeys(table, partitionKey, ...writes.map(({ rowKey }) => rowKey));
      const prepared = prepare(partitionKey, writes);
      await access.run(table, partitionKey, (client) => submit(client, partitionKey, prepared, within));
    },
  };
}
