import { odata, type TableClient } from '@azure/data-tables';
import { invariant } from '../../errors/invariant.ts';
import type { RangeOptions, Row } from '../../ports/table-store.ts';
import { rowOf, tagColumn } from './entity.ts';
import type { Within } from './table-access.ts';

/** What the service gives in one answer at most. */
export const pageRowsMax = 1_000;

type EntityPage = Awaited<ReturnType<typeof readPage>>;

export async function readRange(
  client: TableClient,
  partitionKey: string,
  range: RangeOptions,
  within: Within,
): Promise<Row[]> {
  const limit = range.limit ?? pageRowsMax;
  const where = Object.entries(range.where ?? {}).map(([name, value]) => {
    const [column, stored] = tagColumn(name, value);
    return ` and ${column} eq ${typeof stored === 'boolean' ? stored : quoted(stored)}`;
  });
  invariant(where.length <= 11, 'a filter has at most 14 comparisons');
  const filter =
    odata`PartitionKey eq ${partitionKey} and RowKey ge ${range.from} and RowKey lt ${range.to}` +
    where.join('');
  const rows: Row[] = [];
  let continuation: string | undefined;
  // A page may be short or even empty and still have a continuation, so only its absence ends the range.
  do {
    const page: EntityPage = await readPage(
      client,
      { filter },
      Math.min(limit - rows.length, pageRowsMax),
      continuation,
      within,
    );
    for (const entity of page.entities) {
      // Tags have no names known beforehand, so $select cannot leave out the data alone; at least it is not inflated.
      rows.push(rowOf(entity, range.keysOnly !== true));
    }
    continuation = page.continuation;
  } while (continuation !== undefined && rows.length < limit);
  return rows;
}

/** The SDK's odata tag leaves a value without quotes when nothing stands before it. */
export const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;

export async function readPage(
  client: TableClient,
  queryOptions: { filter: string; select?: string[] },
  maxPageSize: number,
  continuationToken: string | undefined,
  within: Within,
) {
  const pages = client
    .listEntities({ queryOptions, ...within() })
    .byPage(continuationToken === undefined ? { maxPageSize } : { maxPageSize, continuationToken });
  const page = await pages.next();
  if (page.done === true) return { entities: [], continuation: undefined };
  return { entities: page.value, continuation: page.value.continuationToken };
}
