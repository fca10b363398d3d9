import type { CommandContext, Reading } from '../command-context.ts';
import type { Outcome } from '../outcome.ts';
import { findConnectors, readRevision } from '../state/connectors.ts';
import { agentId, readAgents } from '../state/read-agents.ts';
import { readBacklog } from '../state/read-backlog.ts';
import { isOpen, readHolds } from '../state/read-holds.ts';
import type { ConnectorStatus, Status } from '../state/status.ts';
import { agentDocument } from './agents-list.ts';
import { statusText } from './status-text.ts';

/** How things stand, read from the tables alone: the function app is not asked, so it works while that is down. */
export async function showStatus(
  context: CommandContext,
  options: { readonly connector?: string },
): Promise<Outcome> {
  const tables = context.tables();
  const now = context.io.now();
  const stored = await readRevision(tables);
  const known = options.connector === undefined ? await findConnectors(tables, stored) : [options.connector];
  const agents = await readAgents(tables, options.connector);
  const connectors: ConnectorStatus[] = [];
  for (const connector of known)
    connectors.push(await readConnector(tables, connector, stored?.revision ?? 0, now));
  const rules =
    stored === null
      ? null
      : {
          revision: stored.revision,
          hash: stored.hash,
          publishedAt: stored.publishedAt,
          publishedBy: stored.publishedBy,
        };
  const status: Status = { at: now, rules, agents, connectors };
  const next = nextSteps(status);
  return {
    data: statusDocument(status),
    text: statusText(status, context.paint),
    ...(next.length === 0 ? {} : { next: next.join('\n') }),
  };
}

async function readConnector(
  tables: Reading,
  connector: string,
  revision: number,
  now: number,
): Promise<ConnectorStatus> {
  const [backlog, holds, quarantined] = await Promise.all([
    readBacklog(tables, connector, revision, now),
    readHolds(tables, [connector], ['held', 'approved']),
    tables.range('Quarantine', connector, {
      from: '0',
      to: 'g',
      limit: Number.MAX_SAFE_INTEGER,
      keysOnly: true,
    }),
  ]);
  const held = holds.filter((hold) => isOpen(hold, now)).length;
  return { backlog, held, approved: holds.length - held, quarantined: quarantined.length };
}

function statusDocument({ at, rules, agents, connectors }: Status): unknown {
  return {
    at,
    rules,
    agents: agents.keys.map((key) => agentDocument(key, agents)),
    connectors: connectors.map(({ backlog, held, approved, quarantined }) => ({
      ...backlog,
      held,
      approvedNotCarriedOut: approved,
      quarantined,
    })),
  };
}

function nextSteps({ rules, agents, connectors }: Status): readonly string[] {
  const steps: string[] = [];
  if (rules === null) steps.push('No rules are published: dirbridge rules publish rules/');
  if (agents.keys.some((key) => key.status === 'pending'))
    steps.push('An agent waits to be trusted: dirbridge agents trust');
  if (connectors.some(({ held }) => held > 0)) steps.push('Operations are held: dirbridge holds list');
  if (connectors.some(({ quarantined }) => quarantined > 0))
    steps.push('Objects cannot be written: dirbridge quarantine list');
  const silent = agents.keys.some(
    (key) =>
      key.status === 'trusted' &&
      agents.statuses.get(agentId(key.connector, key.agent))?.problem != null &&
      agents.statuses.get(agentId(key.connector, key.agent))?.heartbeat?.state === 'stopped',
  );
  if (silent) steps.push('An agent stopped with a problem: read its log.');
  return steps;
}
