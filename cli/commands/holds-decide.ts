import { permitMs } from '../../shared/guard/hold.ts';
import type { CommandContext } from '../command-context.ts';
import { CommandError, usageError } from '../command-error.ts';
import { confirm } from '../confirm.ts';
import type { Outcome } from '../outcome.ts';
import { chooseConnectors } from '../state/connectors.ts';
import { groupHolds, isMeant, kindsOf, type HoldFilter } from '../state/hold-groups.ts';
import { readHolds, isOpen, type PlacedHold } from '../state/read-holds.ts';
import { count, countsByKind } from '../text/count.ts';
import { paintFor } from '../text/paint.ts';
import { groupsText, holdsText, labelHolds } from './holds-list.ts';

export type Decision = 'approve' | 'reject';

export interface DecideOptions extends HoldFilter {
  readonly all?: boolean;
  readonly connector?: string;
  readonly yes?: boolean;
}

/** What the operator function takes in one request. */
const holdsAtOnce = 500;
/** More than a screen is not read before deciding anyway; how many of what kind is. */
const shownMax = 40;

/** Approves or rejects held operations, after showing them. */
export async function decideHolds(
  context: CommandContext,
  decision: Decision,
  hashes: readonly string[],
  options: DecideOptions,
): Promise<Outcome> {
  checkHashes(hashes, options);
  const holds = await findHolds(context, decision, hashes, options);
  if (holds.length === 0) return { data: { decision, holds: [], requests: [] }, text: 'nothing is held' };
  await askFirst(context, decision, holds, options);
  const requests = await send(context, decision, holds);
  const kinds = countsByKind(kindsOf(holds));
  return {
    data: { decision, holds: holds.map(({ connector, hash }) => ({ connector, hash })), requests },
    text: `${decision === 'approve' ? 'approved' : 'rejected'}: ${kinds}`,
    next: whatFollows(decision),
  };
}

function checkHashes(hashes: readonly string[], options: DecideOptions): void {
  if (options.all === true && hashes.length > 0) throw usageError('name hashes or --all, not both');
  if (options.all !== true && hashes.length === 0)
    throw usageError('name what is meant: hashes from "dirbridge holds list", or --all');
  const narrowed = ['sync', 'operation', 'property', 'key'] as const;
  if (options.all !== true && narrowed.some((name) => options[name] !== undefined))
    throw usageError('--sync, --operation, --property and --key narrow --all; hashes need none of them');
  const wrong = hashes.find((hash) => !/^[0-9a-f]{20}$/.test(hash));
  if (wrong !== undefined)
    throw usageError(
      `'${wrong}' is no hash of a hold`,
      'Copy it from "dirbridge holds list": 20 hex digits.',
    );
}

async function findHolds(
  context: CommandContext,
  decision: Decision,
  hashes: readonly string[],
  options: DecideOptions,
): Promise<readonly PlacedHold[]> {
  const tables = context.tables();
  const connectors = await chooseConnectors(tables, options.connector);
  const now = context.io.now();
  if (options.all === true)
    return (await readHolds(tables, connectors, ['held', 'approved'])).filter(
      (hold) => isOpen(hold, now) && isMeant(hold, options),
    );
  const found: PlacedHold[] = [];
  for (const connector of connectors) {
    for (const row of (await tables.getMany('Holds', connector, hashes)).values())
      found.push({ ...(row.data as PlacedHold), connector });
  }
  const missing = hashes.filter((hash) => !found.some((hold) => hold.hash === hash));
  if (missing.length > 0)
    throw new CommandError('NO_SUCH_HOLD', `there is no hold ${missing.join(', ')}`, {
      action: 'See "dirbridge holds list --all".',
    });
  const closed = found.filter((hold) => !isDecidable(hold, decision, now));
  if (closed.length > 0)
    throw new CommandError(
      'HOLD_CLOSED',
      `not held any more: ${closed.map((hold) => `${hold.hash} (${hold.status})`).join(', ')}`,
      { action: 'Nothing was changed. Leave these out and repeat.' },
    );
  return found;
}

/** A rejection may be taken back, and so may an approval that was not carried out yet. */
function isDecidable(hold: PlacedHold, decision: Decision, now: number): boolean {
  if (isOpen(hold, now)) return true;
  return hold.status === (decision === 'approve' ? 'rejected' : 'approved');
}

async function askFirst(
  context: CommandContext,
  decision: Decision,
  holds: readonly PlacedHold[],
  options: DecideOptions,
): Promise<void> {
  const paint = paintFor(context.io.stderr, context.io.env);
  const now = context.io.now();
  if (holds.length > shownMax) context.say(groupsText(groupHolds(holds), now, paint));
  else context.say(holdsText(await labelHolds(context.tables(), holds), holds.length, now, paint));
  const kinds = countsByKind(kindsOf(holds));
  const operations = kindsOf(holds);
  const destroys = operations.some((kind) => kind === 'delete' || kind === 'remove-member');
  await confirm(context.io, {
    question: `${decision === 'approve' ? 'Approve' : 'Reject'} ${count(operations.length, 'operation')}: ${kinds}?`,
    // Whoever deletes, or takes people out of groups, has read how many.
    expected: decision === 'approve' && destroys ? String(operations.length) : 'yes',
    isGiven: options.yes === true,
  });
}

async function send(
  context: CommandContext,
  decision: Decision,
  holds: readonly PlacedHold[],
): Promise<readonly string[]> {
  const operator = context.operator();
  const requests: string[] = [];
  let done = 0;
  for (const [connector, own] of Map.groupBy(holds, (hold) => hold.connector)) {
    for (let at = 0; at < own.length; at += holdsAtOnce) {
      const chunk = own.slice(at, at + holdsAtOnce).map((hold) => hold.hash);
      try {
        const answer = await operator.ask(decision, { connector, holds: chunk });
        requests.push(String(answer['requestId']));
      } catch (error) {
        if (done > 0)
          context.say(`${done} of ${holds.length} were accepted before this failure; repeating is safe.`);
        throw error;
      }
      done += chunk.length;
    }
  }
  return requests;
}

function whatFollows(decision: Decision): string {
  if (decision === 'reject')
    return 'The rejection stands for exactly this operation: the object is left as it is until something else is planned for it.';
  const days = permitMs / 86_400_000;
  return [
    'Each is carried out once, and only if planning still comes to exactly this operation; otherwise it closes as overtaken.',
    `An approval that is not used within ${days} days is void. See "dirbridge holds list --all" and "dirbridge journal".`,
  ].join('\n');
}
