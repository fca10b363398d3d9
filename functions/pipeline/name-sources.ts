import type { RowWrite } from '../../shared/ports/table-store.ts';
import { sourceNameRow, type NamedSource, type SourceName } from '../../shared/state/source-name.ts';
import { gather } from './gather.ts';
import type { Place } from './object-rows.ts';
import type { Pipeline } from './pipeline.ts';

export interface NewName extends SourceName {
  /** Source key of the object that has it now. */
  readonly key: string;
}

const rowsMax = 100;

/**
 * Writes down under which names objects are found when a person asks for them. Always before the objects themselves: a
 * message that comes again finds nothing new in them, and would leave the names out.
 */
export async function nameSources(
  pipeline: Pipeline,
  { connector }: Place,
  names: readonly NewName[],
): Promise<void> {
  const rows = names.map((name) => ({
    ...sourceNameRow(connector, name),
    source: { connector, key: name.key },
  }));
  await Promise.all(
    [...Map.groupBy(rows, ({ partitionKey }) => partitionKey)].map(([partitionKey, some]) =>
      gather(pipeline.tables, `names ${partitionKey}`, some, (all) =>
        writeNames(pipeline, partitionKey, all),
      ),
    ),
  );
}

async function writeNames(
  pipeline: Pipeline,
  partitionKey: string,
  rows: readonly { readonly rowKey: string; readonly source: NamedSource }[],
): Promise<void> {
  // Of two that are given one name at the same time, one is found; no transaction takes a row twice.
  const writes = [...new Map(rows.map(({ rowKey, source }) => [rowKey, source]))].map(
    ([rowKey, data]): RowWrite => ({ kind: 'upsert', rowKey, content: { data } }),
  );
  for (let at = 0; at < writes.length; at += rowsMax)
    await pipeline.tables.transact('Keys', partitionKey, writes.slice(at, at + rowsMax));
}
