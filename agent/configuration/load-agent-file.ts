import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { LineCounter, parseDocument, type Document } from 'yaml';
import type * as z from 'zod';
import { SyncError } from '../../shared/errors/sync-error.ts';
import { agentFileSchema, type AgentFile } from './agent-file.ts';
import { nearestName } from './nearest-name.ts';

/** @throws SyncError CONFIG_INVALID that names every mistake with line and column. */
export function loadAgentFile(path: string): AgentFile {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new SyncError('CONFIG_INVALID', `${path} cannot be read`, { cause });
  }
  return parseAgentFile(text, path);
}

export function parseAgentFile(text: string, path: string): AgentFile {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const problems: string[] = [];
  const report = (offset: number, message: string): void => {
    const { line, col } = lines.linePos(offset);
    problems.push(`${path}:${line}:${col}: ${message}`);
  };
  for (const error of document.errors) report(error.pos[0], error.message);
  if (problems.length > 0) throw invalid(problems);
  const parsed = agentFileSchema.safeParse(document.toJS());
  if (!parsed.success) {
    for (const issue of parsed.error.issues) describe(issue, document, report);
    throw invalid(problems);
  }
  checkTogether(parsed.data, (at, message) => report(offsetOf(document, at), message));
  if (problems.length > 0) throw invalid(problems);
  return parsed.data;
}

function invalid(problems: readonly string[]): SyncError {
  return new SyncError('CONFIG_INVALID', problems.join('\n'));
}

type Report = (offset: number, message: string) => void;

function describe(issue: z.core.$ZodIssue, document: Document, report: Report): void {
  const path = issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part));
  const name = path.join('.');
  if (issue.code === 'unrecognized_keys') {
    for (const key of issue.keys) {
      const guess = nearestName(key, knownKeys(path));
      report(
        keyOffset(document, [...path, key]),
        `unknown key "${[...path, key].join('.')}"${guess === undefined ? '' : `; did you mean "${guess}"?`}`,
      );
    }
    return;
  }
  if (issue.code === 'invalid_union' && /(password|connection)$/.test(name)) {
    report(
      offsetOf(document, path),
      `${name}: a secret is given as { file: path } or { env: NAME }, never in this file`,
    );
    return;
  }
  const isMissing = document.getIn(path) === undefined;
  report(offsetOf(document, path), isMissing ? `${name} is missing` : `${name}: ${issue.message}`);
}

/** Names that the schema knows at a place, for the guess. */
function knownKeys(path: readonly (string | number)[]): readonly string[] {
  let schema: unknown = agentFileSchema;
  for (const part of path) schema = unwrapped(schema)?.shape?.[part];
  return Object.keys(unwrapped(schema)?.shape ?? {});
}

interface SchemaParts {
  readonly shape?: Readonly<Record<string, unknown>>;
  readonly def?: { readonly innerType?: unknown };
}

function unwrapped(schema: unknown): SchemaParts | undefined {
  const parts = schema as SchemaParts | undefined;
  return parts?.shape === undefined && parts?.def?.innerType !== undefined
    ? unwrapped(parts.def.innerType)
    : parts;
}

function offsetOf(document: Document, path: readonly (string | number)[]): number {
  for (let length = path.length; length > 0; length -= 1) {
    const node: unknown = document.getIn(path.slice(0, length), true);
    const range = (node as { range?: readonly number[] } | undefined)?.range;
    if (range?.[0] !== undefined) return range[0];
  }
  return 0;
}

function keyOffset(document: Document, path: readonly (string | number)[]): number {
  const parent: unknown = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true);
  const items = (
    parent as { items?: readonly { key?: { value?: unknown; range?: readonly number[] } }[] } | null
  )?.items;
  const pair = items?.find((item) => item.key?.value === path.at(-1));
  return pair?.key?.range?.[0] ?? offsetOf(document, path);
}

function checkTogether(file: AgentFile, report: (at: readonly string[], message: string) => void): void {
  const { directory, bus } = file;
  const { mode } = directory.tls;
  for (const text of directory.urls) {
    const url = new URL(text);
    if ((url.protocol === 'ldaps:') !== (mode === 'ldaps'))
      report(['directory', 'urls'], `${text} does not fit directory.tls.mode ${mode}`);
    if (mode === 'none' && !isLoopback(url.hostname))
      report(
        ['directory', 'tls', 'mode'],
        `none would send the password in the clear to ${url.hostname}; it is for loopback only`,
      );
  }
  if ((bus.connection === undefined) === (bus.namespace === undefined))
    report(['bus'], 'bus takes exactly one of connection and namespace');
  if ((bus.namespace === undefined) !== (bus.credential === undefined))
    report(['bus'], 'bus.namespace and bus.credential belong together');
}

function isLoopback(host: string): boolean {
  const name = host.replace(/^\[|\]$/g, '');
  return name === 'localhost' || name === '::1' || (isIP(name) === 4 && name.startsWith('127.'));
}
