import type { CommandContext, Reading } from '../command-context.ts';
import type { Outcome } from '../outcome.ts';
import { findConnectors, readRevision } from '../state/connectors.ts';
import { inTurns } from '../state/in-turns.ts';
import { readActivity } from '../state/read-activity.ts';
import { readAgents } from '../state/read-agents.ts';
import { readBacklog } from '../state/read-backlog.ts';
import { isOpen, readHolds, type PlacedHold } from '../state/read-holds.ts';
import { readImports, readPoison, readQuota, readWaiting } from '../state/read-notes.ts';
import { totalOf, type ConnectorStatus, type Finding, type Status } from '../state/status.ts';
import { agentDocument } from './agents-list.ts';
import { findingsOf } from './status-findings.ts';
import { statusText } from './status-text.ts';

/** How things stand, read from the tables alone: the function app is not asked, so it works while that is down. */
export async function showStatus(
  context: CommandContext,
  options: { readonly connector?: string },
): Promise<Outcome> {
  const status = await readStatus(context.tables(), context.io.now(), options.connector);
  const findings = findingsOf(status);
  const next = nextSteps(status);
  return {
    data: statusDocument(status, findings),
    text: statusText(status, findings, context.paint),
    ...(next.length === 0 ? {} : { next: next.join('\n') }),
  };
}

/** Each has requests under way for many partitions at once. */
const connectorsAtOnce = 2;

async function readStatus(tables: Reading, now: number, only: string | undefined): Promise<Status> {
  const stored = await readRevision(tables);
  const known = only === undefined ? await findConnectors(tables, stored) : [only];
  const rules =
    stored === null
      ? null
      : {
          revision: stored.revision,
          hash: stored.hash,
          publishedAt: stored.publishedAt,
          publishedBy: stored.publishedBy,
        };
  const [agents, connectors, activity, quota, poison, waiting] = await Promise.all([
    readAgents(tables, only),
    inTurns(known, connectorsAtOnce, (connector) =>
      readConnector(tables, connector, stored?.generation ?? 0, now),
    ),
    readActivity(tables, now),
    readQuota(tables, now),
    readPoison(tables),
    readWaiting(tables, now),
  ]);
  return { at: now, rules, agents, connectors, activity, quota, poison, waiting };
}

async function readConnector(
  tables: Reading,
  connector: string,
  generation: number,
  now: number,
): Promise<ConnectorStatus> {
  const [backlog, holds, quarantined, imports] = await Promise.all([
    readBacklog(tables, connector, generation, now),
    readHolds(tables, [connector], ['held', 'approved']),
    tables.range('Quarantine', connector, {
      from: '0',
      to: 'g',
      limit: Number.MAX_SAFE_INTEGER,
      keysOnly: true,
    }),
    readImports(tables, connector),
  ]);
  const open = holds.filter((hold) => isOpen(hold, now));
  const codes: Record<string, number> = {};
  for (const { tags } of quarantined) codes[String(tags['code'])] = (codes[String(tags['code'])] ?? 0) + 1;
  return { backlog, held: byCause(open), approved: holds.length - open.length, quarantined: codes, imports };
}

function byCause(holds: readonly PlacedHold[]): ConnectorStatus['held'] {
  const causes = [...Map.groupBy(holds, causeOf)];
  return Object.fromEntries(
    causes.map(([cause, some]) => [
      cause,
      { count: some.length, since: Math.min(...some.map(({ heldAt }) => heldAt)) },
    ]),
  );
}

/** A budget of emptied values counts each property for itself: one property on many objects is the sign of a lost right. */
function causeOf({ cause, draw }: PlacedHold): string {
  if (draw === undefined) return cause;
  return draw.path === null ? `${cause} ${draw.budget}` : `${cause} ${draw.budget} ${draw.path}`;
}

function statusDocument(status: Status, findings: readonly Finding[]): unknown {
  const { at, rules, agents, connectors, activity, quota, poison, waiting } = status;
  return {
    at,
    rules,
    agents: agents.keys.map((key) => agentDocument(key, agents)),
    connectors: connectors.map(({ backlog, held, approved, quarantined, imports }) => ({
      ...backlog,
      held: heldCount(held),
      heldByCause: held,
      approvedNotCarriedOut: approved,
      quarantined: totalOf(quarantined),
      quarantinedByCode: quarantined,
      lastImports: imports,
    })),
    activity,
    graphWrites: quota,
    poison,
    waiting,
    findings,
  };
}

const heldCount = (held: ConnectorStatus['held']): number =>
  Object.values(held).reduce((sum, { count }) => sum + count, 0);

function nextSteps({ rules, agents, connectors }: Status): readonly string[] {
  const steps: string[] = [];
  if (rules === null) steps.push('No rules are published: dirbridge rules publish rules/');
  if (agents.keys.some((key) => key.status === 'pending'))
    steps.push('An agent waits to be trusted: dirbridge agents trust');
  if (connectors.some(({ held }) => heldCount(held) > 0))
    steps.push('Operations are held: dirbridge holds list');
  if (connectors.some(({ quarantined }) => totalOf(quarantined) > 0))
    steps.push('Objects cannot be written: dirbridge quarantine list');
  return steps;
}
