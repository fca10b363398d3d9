import type { LogEntry } from './cloud.ts';

const reads = new Set(['GET', 'HEAD']);

/** Requests that ask Graph to change something; the envelope of a batch is none, its parts are. */
export const isWrite = (entry: LogEntry): boolean =>
  !reads.has(entry.method) && !entry.path.endsWith('/$batch') && !entry.path.startsWith('/_local');

/** Method, kind and property names, as often as they occur: `PATCH user: jobTitle`, `2 x POST group: members`. */
export function describeWrites(entries: readonly LogEntry[]): string {
  const texts = entries.filter(isWrite).map(describeWrite);
  const counts = Map.groupBy(texts, (text) => text);
  const parts = [...counts].map(([text, { length }]) => (length === 1 ? text : `${length} x ${text}`));
  return parts.length === 0 ? 'nothing' : parts.join('; ');
}

function describeWrite({ method, path, bodyKeys, status }: LogEntry): string {
  const failed = status !== null && status >= 400 ? ` (${status})` : '';
  const bare = path.replace(/^\/v1\.0/, '').replace(/\?.*$/, '');
  if (bare.startsWith('/directory/deletedItems/')) return `${method} deletedItems: restore${failed}`;
  const kind = bare.startsWith('/groups') ? 'group' : 'user';
  const tail = /^\/(?:users|groups)(?:\/[^/]+|\([^)]*\))?\/?(.*)$/.exec(bare)?.[1] ?? '';
  return `${method} ${kind}${detail(tail, bodyKeys)}${failed}`;
}

function detail(tail: string, bodyKeys: readonly string[]): string {
  if (tail !== '') return `: ${tail.replace(/\/.*$/, '')}`;
  const names = bodyKeys
    .map((name) => name.replace(/@odata\.bind$/, ''))
    .filter((name) => name !== '@odata.id');
  if (names.length === 0) return '';
  return names.length > 3 ? ` (${names.length} properties)` : `: ${names.join(', ')}`;
}
