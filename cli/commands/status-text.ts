import type { AgentStatus } from '../../shared/state/agent-rows.ts';
import { agentId, type KnownAgents, type KnownKey } from '../state/read-agents.ts';
import type { Backlog } from '../state/read-backlog.ts';
import { totalOf, type ConnectorStatus, type Finding, type Status } from '../state/status.ts';
import { count } from '../text/count.ts';
import { ago, moment } from '../text/moments.ts';
import { oneLine } from '../text/one-line.ts';
import type { Paint } from '../text/paint.ts';
import { inWords, silentMs, waitingNamed } from './status-findings.ts';

/** Status for people: the rules, each agent, each connector, the last minutes; then what a person should know. */
export function statusText(status: Status, findings: readonly Finding[], paint: Paint): string {
  const { rules, agents, connectors, at } = status;
  const first =
    rules === null
      ? 'none published'
      : `revision ${rules.revision}, hash ${rules.hash.slice(0, 12)}, published ${moment(rules.publishedAt)} by ${oneLine(rules.publishedBy)}`;
  return [
    row('rules', first, paint),
    ...agentLines(agents, rules?.revision ?? null, at, paint),
    ...connectors.flatMap((connector) => connectorLines(connector, at, paint)),
    ...(connectors.length === 0 ? [] : activityLines(status, paint)),
    ...findings.flatMap((finding) => findingLines(finding, at, paint)),
  ].join('\n');
}

function agentLines(
  agents: KnownAgents,
  revision: number | null,
  now: number,
  paint: Paint,
): readonly string[] {
  const shown = agents.keys.filter((key) => key.status !== 'revoked');
  if (shown.length === 0) return [row('agents', 'none has introduced itself', paint)];
  const waiting = Map.groupBy(
    shown.filter((key) => key.status === 'pending'),
    (key) => key.connector,
  );
  const crowds = [...waiting].filter(([, own]) => own.length > waitingNamed);
  const isInCrowd = (key: KnownKey): boolean =>
    key.status === 'pending' && crowds.some(([connector]) => connector === key.connector);
  const own = shown
    .filter((key) => !isInCrowd(key))
    .flatMap((key) => {
      const status = agents.statuses.get(agentId(key.connector, key.agent));
      const name = `agent ${key.connector}/${key.agent}`;
      if (key.status === 'pending')
        return [row(name, paint('yellow', `waits to be trusted (${key.keyId})`), paint)];
      return [
        row(name, stateText(key, status, { revision, now }, paint), paint),
        ...detailLines(status, now, paint),
      ];
    });
  const crowdLines = crowds.map(([connector, keys]) =>
    row(`agents of ${connector}`, paint('yellow', `${keys.length} wait to be trusted`), paint),
  );
  return [...own, ...crowdLines];
}

function stateText(
  key: KnownKey,
  status: AgentStatus | undefined,
  { revision, now }: { readonly revision: number | null; readonly now: number },
  paint: Paint,
): string {
  if (!key.isGenuine) return paint('red', 'its row was tampered with');
  const heartbeat = status?.heartbeat ?? null;
  if (status === undefined || heartbeat === null) return paint('yellow', 'trusted, has not reported yet');
  const seen = `heartbeat ${ago(status.at, now)}`;
  const isSilent = heartbeat.state !== 'stopped' && now - status.at > silentMs;
  const state = isSilent ? paint('red', `silent (was ${heartbeat.state})`) : heartbeat.state;
  return `${state}, ${configuredText(heartbeat.revision, revision)}, ${seen}`;
}

/** A heartbeat tells of the moment it was sent: rules published since then are not in it yet. */
function configuredText(own: number | null, inForce: number | null): string {
  if (own === null) return 'without configuration';
  if (inForce === null || own >= inForce) return `revision ${own}`;
  return `revision ${own} (${inForce} may have reached it since)`;
}

function detailLines(status: AgentStatus | undefined, now: number, paint: Paint): readonly string[] {
  const lines: string[] = [];
  const progress = status?.heartbeat?.import ?? null;
  if (progress !== null) {
    const total = progress.total === null ? 'unknown' : progress.total.toLocaleString('en-US');
    lines.push(
      row(
        '  import',
        `${oneLine(progress.id)}: ${progress.sent.toLocaleString('en-US')} of ${total} objects sent`,
        paint,
      ),
    );
  }
  for (const { namingContext, server, usn, at, lookedAt } of status?.heartbeat?.watermarks ?? []) {
    const told = lookedAt === undefined ? '' : `everything read ${ago(Date.parse(lookedAt), now)}, `;
    lines.push(
      row(
        '  reads',
        oneLine(
          `${namingContext} of ${server}: ${told}last stored at USN ${usn}, ${ago(Date.parse(at), now)}`,
        ),
        paint,
      ),
    );
  }
  const problem = status?.problem ?? null;
  if (problem !== null)
    lines.push(
      row('  last problem', oneLine(`${ago(problem.at, now)}: ${problem.code} ${problem.message}`), paint),
    );
  return lines;
}

function connectorLines(
  { backlog, held, approved, quarantined, imports }: ConnectorStatus,
  now: number,
  paint: Paint,
): readonly string[] {
  const linked = Object.entries(backlog.linked).map(
    ([sync, number]) => `${number.toLocaleString('en-US')} ${sync}`,
  );
  const lines = [
    row(
      backlog.connector,
      `${linked.length === 0 ? 'nothing' : linked.join(', ')} linked; ${backlogText(backlog, now)}`,
      paint,
    ),
  ];
  if (backlog.parked > 0) lines.push(row('  parked', parkedText(backlog), paint));
  for (const { toldAt, objects, short } of imports) {
    const end = Object.keys(short).length > 0 ? 'incomplete' : 'sent';
    lines.push(row('  import', `${count(objects, 'object')} ${end}, ${ago(toldAt, now)}`, paint));
  }
  const heldCounts = Object.fromEntries(
    Object.entries(held).map(([cause, { count: number }]) => [cause, number]),
  );
  const attention = [
    ...(totalOf(heldCounts) > 0
      ? [`${count(totalOf(heldCounts), 'operation')} held (${inWords(heldCounts)})`]
      : []),
    ...(approved > 0 ? [`${count(approved, 'approved operation')} not carried out yet`] : []),
    ...(totalOf(quarantined) > 0
      ? [`${count(totalOf(quarantined), 'object')} in quarantine (${inWords(quarantined)})`]
      : []),
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

function backlogText(
  { due, dueByPriority, oldestDue, later, parked, isExact }: Backlog,
  now: number,
): string {
  const more = isExact ? '' : ' or more';
  const lanes = Object.entries(dueByPriority).filter(([, number]) => number > 0);
  const lanesText = lanes.length < 2 ? '' : ` (${inWords(Object.fromEntries(lanes))})`;
  const oldest = oldestDue === null ? '' : `, the oldest since ${ago(oldestDue, now)}`;
  const parts = [`${due.toLocaleString('en-US')}${more} due now${lanesText}${oldest}`];
  if (later > 0) parts.push(`${later.toLocaleString('en-US')}${more} later`);
  if (parked > 0) parts.push(`${parked.toLocaleString('en-US')}${more} parked`);
  return parts.join(', ');
}

/** Why an object is looked at no more until something changes; see ParkCause. */
const parkWords: Readonly<Record<string, string>> = {
  'no-base': 'wait to be read completely',
  'unknown-attributes': 'wait for attributes that were not read yet',
  mode: 'wait for another mode',
  held: 'wait for a person',
  rejected: 'were rejected by a person',
  vanished: 'vanished at their source',
  'unresolved-scope': 'wait for the agent to look up the OUs that rules name',
  'no-rules': 'are covered by no rule',
  unknown: 'parked by an earlier version',
};

function parkedText({ parkedByCause }: Backlog): string {
  return Object.entries(parkedByCause)
    .sort(([, a], [, b]) => b - a)
    .map(([cause, number]) => `${number.toLocaleString('en-US')} ${parkWords[cause] ?? cause}`)
    .join(', ');
}

function activityLines({ activity, quota, at }: Status, paint: Paint): readonly string[] {
  const { minutes, done, failed, throttled, held, planned, latency, isExact } = activity;
  const sent = done + totalOf(failed) + throttled;
  const share = (number: number): string => (sent === 0 ? '' : ` (${((number * 100) / sent).toFixed(1)} %)`);
  const parts = [
    `${sent.toLocaleString('en-US')}${isExact ? '' : ' or more'} sent to Graph`,
    ...(totalOf(failed) > 0 ? [`${inWords(failed)}${share(totalOf(failed))}`] : []),
    ...(throttled > 0 ? [`${throttled.toLocaleString('en-US')} throttled${share(throttled)}`] : []),
    ...(held > 0 ? [`${held.toLocaleString('en-US')} held`] : []),
    ...(planned > 0 ? [`${planned.toLocaleString('en-US')} planned`] : []),
  ];
  const lines = [row(`last ${minutes} min`, parts.join(', '), paint)];
  if (latency !== null)
    lines.push(
      row(
        '  latency',
        `half within ${latency.p50.toLocaleString('en-US')} ms, 95 % within ${latency.p95.toLocaleString('en-US')} ms: read at the source to Graph’s answer, the last ${count(latency.over, 'live operation')}, by the clocks of both machines`,
        paint,
      ),
    );
  for (const { tokens, at: told, blockedUntil } of quota)
    lines.push(
      row(
        '  Graph writes',
        `${tokens.toLocaleString('en-US')} left ${ago(told, at)}${blockedUntil === null ? '' : `; Graph asked to wait until ${moment(blockedUntil)}`}`,
        paint,
      ),
    );
  return lines;
}

function findingLines(
  { weight, about, what, since, action }: Finding,
  now: number,
  paint: Paint,
): readonly string[] {
  const name = about === null ? '' : `${about}: `;
  const sinceText = since === null ? '' : `, since ${moment(since)} (${ago(since, now)})`;
  return [
    row(
      weight === 'bad' ? 'WRONG' : 'LOOK',
      paint(weight === 'bad' ? 'red' : 'yellow', `${name}${what}${sinceText}`),
      paint,
    ),
    row('', `-> ${action}`, paint),
  ];
}

const nameWidth = 22;

/** Name in a column of its own; a long name pushes its text aside. */
function row(name: string, text: string, paint: Paint): string {
  const label = oneLine(name).padEnd(nameWidth);
  return `${name === '' ? label : paint('bold', label)} ${text}`;
}
