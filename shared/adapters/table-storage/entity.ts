import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { TableEntityResult } from '@azure/data-tables';
import { invariant } from '../../errors/invariant.ts';
import { SyncError } from '../../errors/sync-error.ts';
import type { Row, RowContent } from '../../ports/table-store.ts';

/** What Table storage allows a binary property (learn.microsoft.com, Understanding the Table service data model). */
const chunkBytes = 64 * 1024;
/**
 * 1 MiB is the documented limit of an entity. Counted as it travels (base64, names, types), which is more than Azure
 * counts and what Azurite counts, so that neither refuses what passes here.
 */
const rowBytesMax = 1_000_000;
const schemaVersion = 1;

export interface Entity extends Record<string, unknown> {
  readonly partitionKey: string;
  readonly rowKey: string;
}

/**
 * A row as columns: `v` version of this layout, `d0`… deflated JSON in chunks, `t_<name>` text and boolean tags,
 * `n_<name>` numeric tags as decimal text. Numbers are text because the service would choose Int32, Int64 or double by
 * their size, and a filter on one does not find the others.
 */
export function entityOf(
  partitionKey: string,
  rowKey: string,
  content: RowContent,
): { entity: Entity; bytes: number } {
  const columns: Record<string, unknown> = { v: schemaVersion };
  let bytes = (partitionKey.length + rowKey.length) * 2 + 64;
  for (const [name, value] of Object.entries(content.tags ?? {})) {
    const [column, stored] = tagColumn(name, value);
    columns[column] = stored;
    bytes += (column.length + String(stored).length) * 2 + 8;
  }
  if (content.data !== undefined) {
    const deflated = deflateRawSync(JSON.stringify(content.data));
    bytes += Math.ceil(deflated.length / 3) * 4;
    for (let start = 0; start < deflated.length && bytes <= rowBytesMax; start += chunkBytes) {
      columns[`d${start / chunkBytes}`] = deflated.subarray(start, start + chunkBytes);
      bytes += 48;
    }
  }
  if (bytes > rowBytesMax)
    throw new SyncError('STATE_TOO_LARGE', `a row has ${bytes} bytes, at most ${rowBytesMax} fit`, {
      context: { partition: partitionKey, row: rowKey, bytes },
    });
  return { entity: { partitionKey, rowKey, ...columns }, bytes };
}

export function rowOf(entity: TableEntityResult<Record<string, unknown>>, withData = true): Row {
  const tags: Record<string, string | number | boolean> = {};
  const chunks: Uint8Array[] = [];
  for (const [column, value] of Object.entries(entity)) {
    if (column.startsWith('t_') && (typeof value === 'string' || typeof value === 'boolean'))
      tags[column.slice(2)] = value;
    else if (column.startsWith('n_')) tags[column.slice(2)] = Number(value);
    else if (/^d\d+$/.test(column) && value instanceof Uint8Array) chunks[Number(column.slice(1))] = value;
  }
  const version = entity['v'];
  invariant(
    version === undefined || version === schemaVersion,
    `a row has layout ${String(version)}, written by a newer release`,
  );
  return {
    rowKey: entity.rowKey ?? '',
    etag: entity.etag,
    data:
      chunks.length === 0 || !withData
        ? undefined
        : (JSON.parse(inflateRawSync(Buffer.concat(chunks)).toString('utf8')) as unknown),
    tags,
  };
}

/** Column and stored value of a tag; the prefix says its type and keeps it apart from every other column. */
export function tagColumn(name: string, value: string | number | boolean): [string, string | boolean] {
  invariant(/^[A-Za-z][A-Za-z0-9]{0,60}$/.test(name), `a tag's name must be letters and digits: ${name}`);
  if (typeof value !== 'number') return [`t_${name}`, value];
  invariant(Number.isFinite(value), `tag ${name} must be a finite number`);
  return [`n_${name}`, String(value)];
}
