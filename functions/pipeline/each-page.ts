import type { Row } from '../../shared/ports/table-store.ts';
import { partitionKeyOf, type Place } from './object-rows.ts';
import type { Pipeline } from './pipeline.ts';

export interface PagedRange {
  readonly table: 'Objects' | 'References';
  readonly from: string;
  readonly to: string;
  readonly limit: number;
  readonly where?: Readonly<Record<string, string>>;
  readonly keysOnly?: boolean;
}

/** All rows of a range, page by page, each page handled before the next is read. */
export async function eachPage(
  pipeline: Pick<Pipeline, 'tables'>,
  place: Place,
  { table, ...range }: PagedRange,
  handle: (rows: readonly Row[]) => Promise<void> | void,
): Promise<void> {
  let { from } = range;
  for (;;) {
    const rows = await pipeline.tables.range(table, partitionKeyOf(place), { ...range, from });
    await handle(rows);
    const last = rows.at(-1);
    if (rows.length < range.limit || last === undefined) return;
    from = `${last.rowKey}\u0001`;
  }
}
