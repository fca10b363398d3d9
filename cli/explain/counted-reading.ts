import type { Reading } from '../command-context.ts';

export interface CountedReading {
  readonly tables: Reading;
  /** Requests so far, as far as a table store needs one for each. */
  readonly requests: () => number;
}

/** As the adapter asks for rows by key: few one by one, more of them so many in one request. */
const oneByOne = 2;
const keysARequest = 11;

/** An explanation must stay cheap however many objects there are: it counts what it asks. */
export function countedReading(tables: Reading): CountedReading {
  let requests = 0;
  return {
    requests: () => requests,
    tables: {
      get(...args) {
        requests += 1;
        return tables.get(...args);
      },
      getMany(table, partitionKey, rowKeys) {
        requests += rowKeys.length <= oneByOne ? rowKeys.length : Math.ceil(rowKeys.length / keysARequest);
        return tables.getMany(table, partitionKey, rowKeys);
      },
      range(...args) {
        requests += 1;
        return tables.range(...args);
      },
      scan(...args) {
        requests += 1;
        return tables.scan(...args);
      },
    },
  };
}
