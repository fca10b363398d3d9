import { refuse } from './refusal.ts';

export interface GraphPath {
  readonly segments: readonly string[];
  readonly query: URLSearchParams;
}

/**
 * Below /v1.0. OData writes a key as a segment or in brackets: `users/x`, `users('x')`, `groups(uniqueName='x')` and, as
 * Microsoft's pages also have it, `groups/(uniqueName='x')`; all become one segment behind the collection.
 */
export function parseGraphPath(pathAndQuery: string): GraphPath {
  const [path, query] = splitOnce(pathAndQuery.replace(/#.*$/s, ''), '?');
  const segments: string[] = [];
  for (const raw of path.split('/')) {
    if (raw === '') continue;
    const segment = decode(raw);
    const [, name = '', key] = /^([^(]*)\((.*)\)$/s.exec(segment) ?? [];
    if (key === undefined) {
      segments.push(segment);
      continue;
    }
    if (name !== '') segments.push(name);
    const [, property, quoted, plain] = /^(?:(\w+)=)?(?:'((?:[^']|'')*)'|(.*))$/s.exec(key) ?? [];
    const value = (quoted ?? plain ?? '').replaceAll("''", "'");
    segments.push(property === undefined ? value : `(${property}=${value})`);
  }
  return { segments, query: new URLSearchParams(query) };
}

function splitOnce(text: string, mark: string): [string, string] {
  const at = text.indexOf(mark);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw refuse.malformed('The request path is not well-formed.');
  }
}
