import { errorCodes } from '../../shared/errors/error-codes.ts';
import { pendingKeysMax, type AgentStatus } from '../../shared/state/agent-rows.ts';
import type { ImportNote } from '../../shared/state/import-note.ts';
import { poisonDays } from '../../shared/state/poison-note.ts';
import { agentId, type KnownKey } from '../state/read-agents.ts';
import { totalOf, type ConnectorStatus, type Finding, type Status } from '../state/status.ts';
import { count } from '../text/count.ts';
import { oneLine } from '../text/one-line.ts';

/** Agents send a heartbeat every 30 s; three missed ones are no accident. */
export const silentMs = 100_000;
/** So long after its time a reading of the directory is behind. A storm or an import makes it slower, not this slow. */
const behindMs = 120_000;
/** An import's last objects are folded within seconds; what is awaited longer is worth a word. */
const importLateMs = 30_000;

/** Everything in a status that a person should know of, the worst first. */
export function findingsOf(status: Status): readonly Finding[] {
  const found = [
    ...status.agents.keys.flatMap((key) => agentFindings(status, key)),
    ...waitingFindings(status.agents.keys),
    ...status.connectors.flatMap((connector) => connectorFindings(status, connector)),
    ...cloudFindings(status),
  ];
  return [
    ...found.filter(({ weight }) => weight === 'bad'),
    ...found.filter(({ weight }) => weight === 'look'),
  ];
}

function agentFindings(status: Status, key: KnownKey): readonly Finding[] {
  const { agents, at } = status;
  const about = `${key.connector}/${key.agent}`;
  if (!key.isGenuine)
    return [
      bad(
        about,
        'its row was tampered with',
        null,
        'Treat it as an intrusion; revoke the key: dirbridge agents revoke',
      ),
    ];
  if (key.status !== 'trusted') return [];
  const said = agents.statuses.get(agentId(key.connector, key.agent));
  const heartbeat = said?.heartbeat ?? null;
  if (said === undefined || heartbeat === null) return [];
  if (heartbeat.state === 'stopped') return stopped(about, said);
  if (at - said.at > silentMs)
    return [
      bad(
        about,
        `silent; it was ${heartbeat.state} when it was last heard of`,
        said.at,
        'See that its service runs and that it reaches Service Bus; until then nothing of the directory is told by it.',
      ),
    ];
  const troubles = (heartbeat.troubles ?? []).map(({ code, message, since }) =>
    bad(about, oneLine(`${code}: ${message}`), Date.parse(since), actionOf(code)),
  );
  return [...troubles, ...unpublishedOf(status, key, heartbeat.revision), ...behindOf(about, said)];
}

/** Commands are not signed (ADR 0004), and a state account may be restored to before a publication. */
function unpublishedOf({ rules }: Status, key: KnownKey, revision: number | null): readonly Finding[] {
  if (revision === null || revision <= (rules?.revision ?? 0)) return [];
  return [
    bad(
      `${key.connector}/${key.agent}`,
      `reads by revision ${revision}, which nobody published: ${rules?.revision ?? 'none'} is in force`,
      null,
      `It is told the published one and takes it within five minutes of leading. Unless the state account was restored, find out who may send to the queue agent-commands-${key.connector}: only the function app should.`,
    ),
  ];
}

/** Beyond so many they would bury everything else. */
export const waitingNamed = 3;

function waitingFindings(keys: readonly KnownKey[]): readonly Finding[] {
  const waiting = keys.filter((key) => key.status === 'pending' && key.isGenuine);
  return [...Map.groupBy(waiting, (key) => key.connector)].flatMap(([connector, own]) => {
    if (own.length <= waitingNamed)
      return own.map((key) =>
        look(
          `${connector}/${key.agent}`,
          `waits to be trusted (${key.keyId})`,
          key.firstSeenAt,
          `Compare the key id with the one in its log, then: dirbridge agents trust --agent ${key.agent} --key ${key.keyId}`,
        ),
      );
    const since = Math.min(...own.map(({ firstSeenAt }) => firstSeenAt));
    const what = `${own.length} agent keys wait to be trusted`;
    return own.length < pendingKeysMax
      ? [look(connector, what, since, `dirbridge agents list --connector ${connector}`)]
      : [bad(connector, `${what}: no other is noted`, since, errorCodes.AGENT_KEYS_FULL.action)];
  });
}

function stopped(about: string, { at, problem }: AgentStatus): readonly Finding[] {
  if (problem === null)
    return [bad(about, 'stopped', at, 'Start its service, unless another agent of the connector leads.')];
  const what = oneLine(`stopped because of ${problem.code}: ${problem.message}`);
  return [bad(about, what, problem.at, actionOf(problem.code))];
}

/** Compared with its own heartbeat, so that neither its clock nor its pause between two of them counts. */
function behindOf(about: string, { at, heartbeat }: AgentStatus): readonly Finding[] {
  if (heartbeat?.state !== 'leader' || (heartbeat.troubles ?? []).length > 0) return [];
  return heartbeat.watermarks.flatMap(({ namingContext, server, lookedAt }) => {
    if (lookedAt === undefined || at - Date.parse(lookedAt) < behindMs) return [];
    const what = oneLine(`${namingContext} of ${server} has not been read to its end`);
    return [
      bad(
        about,
        what,
        Date.parse(lookedAt),
        'Look at the load of that domain controller and at the agent’s log.',
      ),
    ];
  });
}

function connectorFindings(status: Status, connector: ConnectorStatus): readonly Finding[] {
  const { backlog, held, quarantined, imports } = connector;
  const about = backlog.connector;
  const found = imports.flatMap((note) => importFindings(status, connector, note));
  if (backlog.overdue.length > 0)
    found.push(
      bad(
        about,
        `${count(backlog.overdue.length, 'partition')} overdue`,
        backlog.oldestDue,
        'See that the function app runs.',
      ),
    );
  for (const [cause, { count: number, since }] of Object.entries(held))
    found.push(
      look(
        about,
        `${count(number, 'operation')} held: ${heldText(cause)}`,
        since,
        `dirbridge holds list --connector ${about}${heldGuides[cause] ?? ''}`,
      ),
    );
  if (totalOf(quarantined) > 0)
    found.push(
      look(
        about,
        `${count(totalOf(quarantined), 'object')} cannot be written: ${inWords(quarantined)}`,
        null,
        `dirbridge quarantine list --connector ${about}`,
      ),
    );
  return found;
}

/** Causes of holds; docs/guides/holds.md has more. */
const heldWords: Readonly<Record<string, string>> = {
  budget: 'more than a budget allows',
  vanished: 'found neither alive nor deleted, which a withdrawn right makes look alike; nothing was deleted',
  doubt:
    'read from a domain controller that may lack what was told before; once that is certain, they go on or close by themselves',
  anchor: 'the anchor changed',
  mailbox: 'a mailbox on premises',
  plan: 'new rules come to it, and the plan that was applied does not name it',
};

/** Where to read on. */
const heldGuides: Readonly<Record<string, string>> = {
  vanished: '; docs/runbooks/vanished.md',
  doubt: '; bring back the domain controller that the agent names, or its replication; docs/guides/holds.md',
  plan: '; or plan and apply again, docs/guides/plan.md',
};

function heldText(cause: string): string {
  const [kind = '', budget = '', property] = cause.split(' ');
  if (budget === 'blank')
    return `${property ?? 'values'} would be emptied on more objects than a budget allows: was the right to read it withdrawn?`;
  return `${heldWords[kind] ?? cause}${budget === '' ? '' : ` (${budget})`}`;
}

function importFindings(
  { at }: Status,
  { backlog, held }: ConnectorStatus,
  note: ImportNote,
): readonly Finding[] {
  const about = backlog.connector;
  const found: Finding[] = [];
  const awaiting = backlog.imports[note.import] ?? 0;
  if (awaiting > 0 && at - note.toldAt > importLateMs)
    found.push(
      bad(
        about,
        `import ${note.import} is awaited in ${count(awaiting, 'partition')}: not all objects that were sent have arrived`,
        note.toldAt,
        'Wait while objects are due; else look at the queues changes-bulk and poison. After an hour it is read again by itself, once.',
      ),
    );
  const short = Object.values(note.short);
  if (short.length > 0) {
    const missing = short.reduce((sum, { expected, seen }) => sum + expected - seen, 0);
    found.push(
      bad(
        about,
        `import ${note.import} is incomplete: ${count(missing, 'object')} of ${note.objects.toLocaleString('en-US')} were sent and did not arrive; nothing was deleted because of it`,
        note.giveUpAt,
        note.isRepetition
          ? 'It had been repeated because of that already: look into the queue poison, and who else reads changes-bulk.'
          : 'Another import was asked for; nothing to do if that one is complete.',
      ),
    );
  }
  const unseen = totalOf(note.unseen);
  const vanished = held['vanished']?.count ?? 0;
  if (unseen > 0 && vanished > 0)
    found.push(
      look(
        about,
        `the import did not show ${count(unseen, 'object')}; ${vanished.toLocaleString('en-US')} could not be found at all`,
        note.toldAt,
        'If they were not deleted, give the agent’s account back its right to read the OU and CN=Deleted Objects; docs/runbooks/vanished.md',
      ),
    );
  return found;
}

function cloudFindings({ at, quota, poison, waiting }: Status): readonly Finding[] {
  const refused = poison.filter(({ lastAt }) => lastAt > at - poisonDays * 86_400_000);
  return [
    ...waitingMessages(waiting),
    ...quota.flatMap(({ blockedUntil }) =>
      blockedUntil === null
        ? []
        : [
            bad(
              null,
              `Graph asked to wait for ${Math.ceil((blockedUntil - at) / 1_000)} s more`,
              null,
              'Nothing; writes go on then. Urgent ones go first.',
            ),
          ],
    ),
    ...refused.map(({ code, days, firstAt, message, queue, queues = [] }) =>
      look(
        null,
        oneLine(
          `${count(totalOf(days), 'message')} refused as ${code}${queues.length < 2 ? '' : ` (queues ${queues.join(', ')})`}, the last one of queue ${queue}: ${message}`,
        ),
        firstAt,
        `${errorCodes[code].action} They lie in the queue poison: docs/runbooks/contract-invalid.md#looking-into-the-poison-queue`,
      ),
    ),
  ];
}

/** One line a cause: an outage of the bus stops all partitions alike. */
function waitingMessages(waiting: Status['waiting']): readonly Finding[] {
  const causes = Map.groupBy(waiting, ({ connector, queue, code }) => `${connector}|${queue}|${code}`);
  return [...causes.values()].flatMap((notes) => {
    const [first] = notes;
    if (first === undefined) return [];
    const { connector, queue, code, message } = first;
    const named = notes.flatMap(({ partition }) => (partition === null ? [] : [partition])).sort();
    const where =
      named.length === 0
        ? ''
        : named.length === 1
          ? ` in partition ${named.join('')}`
          : ` in ${count(named.length, 'partition')}`;
    return [
      bad(
        connector,
        oneLine(`nothing of queue ${queue} moves${where}: ${code}: ${message}`),
        Math.min(...notes.map(({ since }) => since)),
        errorCodes[code].action,
      ),
    ];
  });
}

const bad = (about: string | null, what: string, since: number | null, action: string): Finding => ({
  weight: 'bad',
  about,
  what,
  since,
  action,
});
const look = (...[about, what, since, action]: Parameters<typeof bad>): Finding => ({
  ...bad(about, what, since, action),
  weight: 'look',
});

/** '3 GRAPH_CONFLICT, 1 RULE_VALUE' */
export const inWords = (counts: Readonly<Record<string, number>>): string =>
  Object.entries(counts)
    .sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))
    .map(([name, number]) => `${number.toLocaleString('en-US')} ${name}`)
    .join(', ');

/** An agent of a later version may know codes that we do not. */
const actionOf = (code: string): string =>
  code === 'LIST_OPEN'
    ? 'Nothing while the group changes; the next reading of the group mends it.'
    : code in errorCodes
      ? errorCodes[code as keyof typeof errorCodes].action
      : 'See docs/reference/errors.md and the agent’s log.';
