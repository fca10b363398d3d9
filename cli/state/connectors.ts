import { compileRules } from '../../shared/rules/compile-rules.ts';
import {
  latestRowKey,
  revisionRowKey,
  rulesPartition,
  type LatestRevision,
  type StoredRevision,
} from '../../shared/state/rule-rows.ts';
import type { Reading } from '../command-context.ts';

/** A published revision, and how often rules or containers have changed since the first. */
export interface PublishedRevision extends StoredRevision {
  readonly generation: number;
}

/** The revision in force with what stands in it; null while nothing was published. */
export async function readRevision(tables: Reading): Promise<PublishedRevision | null> {
  const latest = await tables.get('Rules', rulesPartition, latestRowKey);
  if (latest === undefined) return null;
  const { revision, generation } = latest.data as LatestRevision;
  const row = await tables.get('Rules', rulesPartition, revisionRowKey(revision));
  return row === undefined ? null : { ...(row.data as StoredRevision), generation };
}

/** Source connectors that the rules in force name, and those whose agents introduced themselves. */
export async function findConnectors(
  tables: Reading,
  revision: StoredRevision | null,
): Promise<readonly string[]> {
  const names = new Set<string>();
  const compiled = revision === null ? null : compileRules(revision.files);
  if (compiled?.ok === true) {
    for (const { name, type } of Object.values(compiled.rules.connectors))
      if (type !== 'entra') names.add(name);
  }
  for await (const row of tables.scan('Agents', everyConnector)) names.add(row.partitionKey);
  return [...names].sort();
}

/** Connector names begin with a small letter; `{` follows `z`. */
export const everyConnector = { fromPartition: 'a', toPartition: '{' } as const;

/** The connectors a command is about. */
export async function chooseConnectors(
  tables: Reading,
  wanted: string | undefined,
): Promise<readonly string[]> {
  return wanted === undefined ? findConnectors(tables, await readRevision(tables)) : [wanted];
}
