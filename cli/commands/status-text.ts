import type { AgentStatus } from '../../shared/state/agent-rows.ts';
import { agentId, type KnownAgents, type KnownKey } from '../state/read-agents.ts';
import type { Backlog } from '../state/read-backlog.ts';
import { count } from '../text/count.ts';
import { ago, moment } from '../text/moments.ts';
import { oneLine } from '../text/one-line.ts';
import type { Paint } from '../text/paint.ts';
import type { ConnectorStatus, Status } from '../state/status.ts';

/** Agents send a heartbeat every 30 s; three missed ones are no accident. */
const silentMs = 100_000;

/** Status for people: one paragraph for the rules, one for each agent, one for each connector. */
export function statusText(status: Status, paint: Paint): string {
  const { rules, agents, connectors, at } = status;
  const first =
    rules === null
      ? 'none published'
      : `revision ${rules.revision}, hash ${rules.hash.slice(0, 12)}, published ${moment(rules.publishedAt)} by ${oneLine(rules.publishedBy)}`;
  return [
    row('rules', first, paint),
    ...agentLines(agents, at, paint),
    ...connectors.flatMap((connector) => connectorLines(connector, paint)),
  ].join('\n');
}

function agentLines(agents: KnownAgents, now: number, paint: Paint): readonly string[] {
  const shown = agents.keys.filter((key) => key.status !== 'revoked');
  if (shown.length === 0) return [row('agents', 'none has introduced itself', paint)];
  return shown.flatMap((key) => {
    const status = agents.statuses.get(agentId(key.connector, key.agent));
    const name = `agent ${key.connector}/${key.agent}`;
    if (key.status === 'pending')
      return [row(name, paint('yellow', `waits to be trusted (${key.keyId})`), paint)];
    return [row(name, stateText(key, status, now, paint), paint), ...detailLines(status, now, paint)];
  });
}

function stateText(key: KnownKey, status: AgentStatus | undefined, now: number, paint: Paint): string {
  if (!key.isGenuine) return paint('red', 'its row was tampered with');
  const heartbeat = status?.heartbeat ?? null;
  if (status === undefined || heartbeat === null) return paint('yellow', 'trusted, has not reported yet');
  const seen = `heartbeat ${ago(status.at, now)}`;
  const configured = heartbeat.revision === null ? 'without configuration' : `revision ${heartbeat.revision}`;
  const isSilent = heartbeat.state !== 'stopped' && now - status.at > silentMs;
  const state = isSilent ? paint('red', `silent (was ${heartbeat.state})`) : heartbeat.state;
  return `${state}, ${configured}, ${seen}`;
}

function detailLines(status: AgentStatus | undefined, now: number, paint: Paint): readonly string[] {
  const lines: string[] = [];
  const progress = status?.heartbeat?.import ?? null;
  if (progress !== null) {
    const total = progress.total === null ? 'unknown' : progress.total.toLocaleString('en-US');
    lines.push(
      row(
        '',
        `import ${oneLine(progress.id)}: ${progress.sent.toLocaleString('en-US')} of ${total} sent`,
        paint,
      ),
    );
  }
  for (const mark of status?.heartbeat?.watermarks ?? [])
    lines.push(
      row(
        '',
        oneLine(
          `${mark.namingContext} read up to USN ${mark.usn} of ${mark.server}, ${ago(Date.parse(mark.at), now)}`,
        ),
        paint,
      ),
    );
  const problem = status?.problem ?? null;
  if (problem !== null)
    lines.push(
      row('', oneLine(`last problem ${ago(problem.at, now)}: ${problem.code} ${problem.message}`), paint),
    );
  return lines;
}

function connectorLines(
  { backlog, held, approved, quarantined }: ConnectorStatus,
  paint: Paint,
): readonly string[] {
  const linked = Object.entries(backlog.linked).map(
    ([sync, number]) => `${number.toLocaleString('en-US')} ${sync}`,
  );
  const lines = [
    row(
      backlog.connector,
      `${linked.length === 0 ? 'nothing' : linked.join(', ')} linked; ${backlogText(backlog)}`,
      paint,
    ),
  ];
  const attention = [
    ...(held > 0 ? [`${count(held, 'operation')} held`] : []),
    ...(approved > 0 ? [`${count(approved, 'approved operation')} not carried out yet`] : []),
    ...(quarantined > 0 ? [`${count(quarantined, 'object')} in quarantine`] : []),
  ];
  if (attention.length > 0) lines.push(row('', paint('yellow', attention.join(', ')), paint));
  if (backlog.behind.length > 0)
    lines.push(row('', `${count(backlog.behind.length, 'partition')} behind the rules in force`, paint));
  if (backlog.overdue.length > 0)
    lines.push(
      row(
        '',
        paint('red', `${count(backlog.overdue.length, 'partition')} overdue: is the function app running?`),
        paint,
      ),
    );
  return lines;
}

function backlogText({ due, later, parked, isExact }: Backlog): string {
  const more = isExact ? '' : ' or more';
  const parts = [`${due.toLocaleString('en-US')}${more} due now`];
  if (later > 0) parts.push(`${later.toLocaleString('en-US')}${more} later`);
  if (parked > 0) parts.push(`${parked.toLocaleString('en-US')}${more} parked`);
  return parts.join(', ');
}

const nameWidth = 22;

/** Name in a column of its own; a long name pushes its text aside. */
function row(name: string, text: string, paint: Paint): string {
  const label = oneLine(name).padEnd(nameWidth);
  return `${name === '' ? label : paint('bold', label)} ${text}`;
}
