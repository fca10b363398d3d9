import { partitionOfFilter } from './partition-of-filter.ts';

/** The parts of Azurite's table store (3.35, persistence/LokiTableMetadataStore.js) that are used here. */
interface Rows {
  chain(): { find(query: Readonly<Record<string, string>>): unknown };
}
interface QueryOptions {
  readonly filter?: string | undefined;
}
type Query = (
  this: unknown,
  context: unknown,
  account: string,
  table: string,
  options: QueryOptions,
  ...rest: readonly unknown[]
) => Promise<unknown>;
export interface TableRows {
  queryTableEntities: Query;
  getEntityCollection(...parameters: unknown[]): Rows;
}

/**
 * Azurite evaluates a filter on every row of the table: with 50,000 objects each look at one partition takes tenths of a
 * second. It has an index on PartitionKey and uses it for single rows only; here a query that names one partition begins
 * with it. What it answers stays the same, since the whole filter is still evaluated on the rows that are left.
 */
export function narrowQueries(store: TableRows): void {
  const original = store.queryTableEntities;
  store.queryTableEntities = function narrowed(context, account, table, options, ...rest) {
    const partition = partitionOfFilter(options.filter ?? '');
    if (partition === null) return original.call(this, context, account, table, options, ...rest);
    const self = this as TableRows;
    const oneQuery = Object.create(self) as TableRows;
    oneQuery.getEntityCollection = (...parameters) => {
      const rows = self.getEntityCollection(...parameters);
      return { chain: () => rows.chain().find({ PartitionKey: partition }) } as Rows;
    };
    return original.call(oneQuery, context, account, table, options, ...rest);
  };
}
