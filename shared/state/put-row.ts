import type { RowContent, RowWrite } from '../ports/table-store.ts';

/** Writes a row as it was decided from what was read: made where nothing was there (null), else replaced unchanged since. */
export function putRow(rowKey: string, content: RowContent, etag: string | null): RowWrite {
  return etag === null ? { kind: 'insert', rowKey, content } : { kind: 'replace', rowKey, etag, content };
}
