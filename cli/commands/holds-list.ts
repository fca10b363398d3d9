import type { Hold } from '../../shared/guard/hold.ts';
import type { CommandContext, Reading } from '../command-context.ts';
import type { Outcome } from '../outcome.ts';
import { chooseConnectors } from '../state/connectors.ts';
import { labelText, readLabels, unknownObject, type ObjectLabel } from '../state/describe-object.ts';
import { isOpen, isVoidPermit, readHolds, type PlacedHold } from '../state/read-holds.ts';
import { count, countsByKind } from '../text/count.ts';
import { ago } from '../text/moments.ts';
import type { Paint, Style } from '../text/paint.ts';
import { table, type Cell } from '../text/table.ts';

export interface ListHoldsOptions {
  readonly all?: boolean;
  readonly connector?: string;
  readonly limit: number;
}

export interface LabelledHold extends PlacedHold {
  readonly object: ObjectLabel;
}

/** What waits for a decision; with --all also what was decided. */
export async function listHolds(context: CommandContext, options: ListHoldsOptions): Promise<Outcome> {
  const tables = context.tables();
  const now = context.io.now();
  const connectors = await chooseConnectors(tables, options.connector);
  const read = await readHolds(tables, connectors, options.all === true ? 'every' : ['held', 'approved']);
  const holds = options.all === true ? read : read.filter((hold) => isOpen(hold, now));
  const approved = read.filter((hold) => hold.status === 'approved' && !isVoidPermit(hold, now)).length;
  // The latest of a long history are what somebody looks for; of what waits, the first comes first.
  const shown = options.all === true ? holds.slice(-options.limit) : holds.slice(0, options.limit);
  const labelled = await labelHolds(tables, shown);
  const open = holds.filter((hold) => isOpen(hold, now));
  return {
    data: { holds: labelled, total: holds.length, open: open.length, approvedNotCarriedOut: approved },
    text: holdsText(labelled, holds.length, now, context.paint),
    ...nextStep(open, approved),
  };
}

export async function labelHolds(
  tables: Reading,
  holds: readonly PlacedHold[],
): Promise<readonly LabelledHold[]> {
  const labels = new Map<string, ReadonlyMap<string, ObjectLabel>>();
  for (const [connector, own] of Map.groupBy(holds, (hold) => hold.connector))
    labels.set(
      connector,
      await readLabels(
        tables,
        connector,
        own.map((hold) => hold.key),
      ),
    );
  return holds.map((hold) => ({
    ...hold,
    object: labels.get(hold.connector)?.get(hold.key) ?? unknownObject,
  }));
}

function nextStep(open: readonly Hold[], approved: number): { next?: string } {
  const lines: string[] = [];
  if (approved > 0) lines.push(`${count(approved, 'approved operation')} not carried out yet.`);
  if (open.length > 0)
    lines.push(
      `Held: ${countsByKind(open.map((hold) => hold.operation))}. Decide with "dirbridge holds approve HASH…" or "dirbridge holds reject HASH…".`,
    );
  return lines.length === 0 ? {} : { next: lines.join('\n') };
}

const styles: Readonly<Record<Hold['status'], Style>> = {
  held: 'yellow',
  approved: 'green',
  spent: 'dim',
  rejected: 'red',
  overtaken: 'dim',
};

export function holdsText(holds: readonly LabelledHold[], total: number, now: number, paint: Paint): string {
  if (total === 0) return 'nothing is held';
  const rows = holds.map((hold): readonly Cell[] => [
    hold.hash,
    { text: isVoidPermit(hold, now) ? 'held' : hold.status, style: styles[hold.status] },
    hold.operation,
    labelText(hold.object, hold.key),
    hold.cause,
    ago(hold.heldAt, now),
    isVoidPermit(hold, now) ? `${hold.message}; an approval ran out unused` : hold.message,
  ]);
  const lines = table(['HASH', 'STATUS', 'OPERATION', 'OBJECT', 'CAUSE', 'HELD', 'WHY'], rows, paint);
  const hidden = total - holds.length;
  return hidden > 0 ? `${lines}\n… and ${count(hidden, 'more', 'more')}; see --limit` : lines;
}
