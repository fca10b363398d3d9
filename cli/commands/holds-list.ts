import type { Hold } from '../../shared/guard/hold.ts';
import type { CommandContext, Reading } from '../command-context.ts';
import type { Outcome } from '../outcome.ts';
import { chooseConnectors } from '../state/connectors.ts';
import { labelText, readLabels, unknownObject, type ObjectLabel } from '../state/describe-object.ts';
import { groupHolds, isMeant, kindsOf, type HoldFilter, type HoldGroup } from '../state/hold-groups.ts';
import { isOpen, isVoidPermit, readHolds, type PlacedHold } from '../state/read-holds.ts';
import { count, countsByKind } from '../text/count.ts';
import { ago } from '../text/moments.ts';
import type { Paint, Style } from '../text/paint.ts';
import { table, type Cell } from '../text/table.ts';

export interface ListHoldsOptions extends HoldFilter {
  readonly all?: boolean;
  readonly connector?: string;
  readonly limit?: number;
}

/** More than this is told in groups: nobody reads a thousand lines to see that they say the same. */
const eachMax = 20;

export interface LabelledHold extends PlacedHold {
  readonly object: ObjectLabel;
}

/** What waits for a decision; with --all also what was decided. */
export async function listHolds(context: CommandContext, options: ListHoldsOptions): Promise<Outcome> {
  const tables = context.tables();
  const now = context.io.now();
  const connectors = await chooseConnectors(tables, options.connector);
  const found = await readHolds(tables, connectors, options.all === true ? 'every' : ['held', 'approved']);
  const read = found.filter((hold) => isMeant(hold, options));
  const holds = options.all === true ? read : read.filter((hold) => isOpen(hold, now));
  const approved = read.filter((hold) => hold.status === 'approved' && !isVoidPermit(hold, now)).length;
  const limit = options.limit ?? holds.length;
  // The latest of a long history are what somebody looks for; of what waits, the first comes first.
  const shown = options.all === true ? holds.slice(-limit) : holds.slice(0, limit);
  const labelled = await labelHolds(tables, shown);
  const open = holds.filter((hold) => isOpen(hold, now));
  const groups = groupHolds(open);
  const isMany = options.limit === undefined && options.all !== true && holds.length > eachMax;
  return {
    data: {
      groups,
      holds: labelled,
      total: holds.length,
      open: open.length,
      approvedNotCarriedOut: approved,
    },
    text: isMany
      ? groupsText(groups, now, context.paint)
      : holdsText(labelled, holds.length, now, context.paint),
    ...nextStep(open, approved, isMany),
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

function nextStep(open: readonly PlacedHold[], approved: number, isMany: boolean): { next?: string } {
  const lines: string[] = [];
  if (approved > 0) lines.push(`${count(approved, 'approved operation')} not carried out yet.`);
  if (open.length > 0)
    lines.push(
      `Held: ${countsByKind(kindsOf(open))}. Decide with "dirbridge holds approve HASH…" or "dirbridge holds reject HASH…".`,
    );
  if (isMany)
    lines.push(
      'Each one: --limit 1000. Some of them, also to approve or reject with --all: --sync, --operation, --property, --key.',
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

export function groupsText(groups: readonly HoldGroup[], now: number, paint: Paint): string {
  const rows = groups.map((group): readonly Cell[] => [
    group.operations.toLocaleString('en-US'),
    group.sync,
    group.property === null ? group.operation : `${group.operation} ${group.property}`,
    count(group.objects, 'object'),
    group.cause,
    ago(group.oldest, now),
    group.message,
  ]);
  return table(['HELD', 'SYNC', 'OPERATION', 'OF', 'CAUSE', 'SINCE', 'WHY (THE LATEST)'], rows, paint);
}

/** With what it is about, where the kind alone does not say it. */
function operationText({ operation, draw, members }: PlacedHold): string {
  if (members !== undefined) return `${operation} (${members.length.toLocaleString('en-US')})`;
  return draw?.path == null ? operation : `${operation} ${draw.path}`;
}

export function holdsText(holds: readonly LabelledHold[], total: number, now: number, paint: Paint): string {
  if (total === 0) return 'nothing is held';
  const rows = holds.map((hold): readonly Cell[] => [
    hold.hash,
    { text: isVoidPermit(hold, now) ? 'held' : hold.status, style: styles[hold.status] },
    operationText(hold),
    labelText(hold.object, hold.key),
    hold.cause,
    ago(hold.heldAt, now),
    isVoidPermit(hold, now) ? `${hold.message}; an approval ran out unused` : hold.message,
  ]);
  const lines = table(['HASH', 'STATUS', 'OPERATION', 'OBJECT', 'CAUSE', 'HELD', 'WHY'], rows, paint);
  const hidden = total - holds.length;
  return hidden > 0 ? `${lines}\n… and ${count(hidden, 'more', 'more')}; see --limit` : lines;
}
