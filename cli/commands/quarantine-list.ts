import { errorCodes } from '../../shared/errors/error-codes.ts';
import type { QuarantineEntry } from '../../shared/state/quarantine-entry.ts';
import type { CommandContext } from '../command-context.ts';
import type { Outcome } from '../outcome.ts';
import { chooseConnectors } from '../state/connectors.ts';
import { labelText, readLabels, unknownObject, type ObjectLabel } from '../state/describe-object.ts';
import { count } from '../text/count.ts';
import { ago } from '../text/moments.ts';
import type { Paint } from '../text/paint.ts';
import { table, type Cell } from '../text/table.ts';

export interface ListQuarantineOptions {
  readonly connector?: string;
  readonly limit: number;
}

export interface QuarantinedObject extends QuarantineEntry {
  readonly connector: string;
  readonly object: ObjectLabel;
  /** What to do about it. */
  readonly action: string;
}

/** Objects that cannot be written as they are; they are tried again with growing pauses, everything else flows on. */
export async function listQuarantine(
  context: CommandContext,
  options: ListQuarantineOptions,
): Promise<Outcome> {
  const tables = context.tables();
  const entries: (QuarantineEntry & { readonly connector: string })[] = [];
  for (const connector of await chooseConnectors(tables, options.connector)) {
    const rows = await tables.range('Quarantine', connector, {
      from: '0',
      to: 'g',
      limit: Number.MAX_SAFE_INTEGER,
    });
    entries.push(...rows.map((row) => ({ ...(row.data as QuarantineEntry), connector })));
  }
  const shown = entries.sort((a, b) => b.lastAt - a.lastAt).slice(0, options.limit);
  const objects: QuarantinedObject[] = [];
  for (const [connector, own] of Map.groupBy(shown, (entry) => entry.connector)) {
    const labels = await readLabels(
      tables,
      connector,
      own.map((entry) => entry.key),
    );
    for (const entry of own)
      objects.push({
        ...entry,
        object: labels.get(entry.key) ?? unknownObject,
        action: actionOf(entry.code),
      });
  }
  return {
    data: { objects, total: entries.length },
    text: quarantineText(objects, entries.length, context.io.now(), context.paint),
    ...(objects.length === 0 ? {} : { next: actionsText(objects) }),
  };
}

/** The row may come from a newer release with a code that this one does not know. */
const actionOf = (code: string): string =>
  (errorCodes as Readonly<Record<string, { readonly action: string } | undefined>>)[code]?.action ?? '';

export function quarantineText(
  objects: readonly QuarantinedObject[],
  total: number,
  now: number,
  paint: Paint,
): string {
  if (objects.length === 0) return 'nothing is in quarantine';
  const rows = objects.map((one): readonly Cell[] => [
    one.connector,
    one.key,
    labelText(one.object, one.key),
    { text: one.code, style: 'red' },
    one.count,
    ago(one.lastAt, now),
    one.message,
  ]);
  const lines = table(['CONNECTOR', 'KEY', 'OBJECT', 'CODE', 'TRIES', 'LAST', 'WHY'], rows, paint);
  const hidden = total - objects.length;
  return hidden > 0 ? `${lines}\n… and ${count(hidden, 'more', 'more')}; see --limit` : lines;
}

const actionsText = (objects: readonly QuarantinedObject[]): string =>
  [...new Map(objects.map((one) => [one.code, `${one.code}: ${one.action}`])).values()].join('\n');
