import type { TableClient } from '@azure/data-tables';
import type { TableName } from '../../ports/table-store.ts';
import type { Connection } from '../../settings/connection.ts';
import { tableClients } from './table-clients.ts';
import { codeOf, translateError } from './translate-error.ts';

export interface TableStorageOptions {
  readonly connection: Connection;
  /** First letters of every table's name. */
  readonly prefix: string;
  /** Longest wait for one answer, so that a silent network shows as an outage. */
  readonly answerMsMax?: number;
}

/** Options of one request: how long its answer may take. */
export type Within = () => { abortSignal: AbortSignal };

export interface TableAccess {
  readonly within: Within;
  /** Runs one request; a missing table is made and the request repeated once. Failures come out as SyncError. */
  run<T>(table: TableName, partition: string, request: (client: TableClient) => Promise<T>): Promise<T>;
  /** Makes the tables that are missing; already there is no failure. */
  ensureTables(tables: readonly TableName[]): Promise<void>;
}

export function tableAccess(options: TableStorageOptions): TableAccess {
  const clientOf = tableClients(options.connection, options.prefix);
  const answerMsMax = options.answerMsMax ?? 8_000;
  const within: Within = () => ({ abortSignal: AbortSignal.timeout(answerMsMax) });
  const made = new Map<TableName, Promise<void>>();
  const ensureTable = (table: TableName): Promise<void> => {
    const known = made.get(table);
    if (known !== undefined) return known;
    const making = clientOf(table).createTable(within());
    made.set(table, making);
    making.catch(() => made.delete(table));
    return making;
  };
  return {
    within,
    async run(table, partition, request) {
      const context = { table, partition };
      try {
        return await request(clientOf(table));
      } catch (error) {
        if (codeOf(error) !== 'TableNotFound') throw translateError(error, context);
      }
      try {
        made.delete(table);
        await ensureTable(table);
        return await request(clientOf(table));
      } catch (error) {
        throw translateError(error, context);
      }
    },
    async ensureTables(tables) {
      const making = async (table: TableName) => {
        try {
          await ensureTable(table);
        } catch (error) {
          throw translateError(error, { table });
        }
      };
      await Promise.all(tables.map(making));
    },
  };
}
