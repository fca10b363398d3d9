import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { ServiceBusReceivedMessage } from '@azure/service-bus';
import { parse, stringify } from 'yaml';
import { tableStorage } from '../../../shared/adapters/table-storage/table-storage.ts';
import type { Hold } from '../../../shared/guard/hold.ts';
import { openBody } from '../../../shared/model/envelope-seal.ts';
import { partitionOf } from '../../../shared/model/partition.ts';
import type { TableStore } from '../../../shared/ports/table-store.ts';
import { dayOf, journalPartition, type JournalEntry } from '../../../shared/state/journal-entry.ts';
import { eventually, startCloud, type Cloud, type CloudOptions, type GraphEntry } from './cloud.ts';
import { keyOf, Relay } from './relay.ts';

export interface CloudObject {
  readonly id: string;
  readonly [property: string]: unknown;
}

/** The parts of the rules file that scenes turn. */
export interface SyncText {
  scope: { where?: string[]; exclude?: string };
  flows: Record<string, unknown>;
  lifecycle: Record<string, unknown>;
  budgets: Record<string, { max: number; percent: number; per: string; atLeast?: number }>;
}
export interface RulesText {
  syncs: { users: SyncText; groups: SyncText };
}

const rulesFolder = path.resolve(import.meta.dirname, '../../../rules');

/** The default rules with some of them turned; budgets that never hold unless a scene is about them. */
export function rulesWith(turn: (rules: RulesText) => void = () => undefined): string {
  const rules = parse(readFileSync(path.join(rulesFolder, 'users-and-groups.yaml'), 'utf8')) as RulesText;
  const generous = { max: 10_000, percent: 100, per: 'PT1S' };
  for (const { budgets } of Object.values(rules.syncs))
    for (const name of Object.keys(budgets)) budgets[name] = generous;
  turn(rules);
  return stringify(rules, { lineWidth: 0 });
}

/** The cloud side with a trusted relay and published rules, and windows into Graph, state and the command queue. */
export interface Scene {
  readonly cloud: Cloud;
  readonly relay: Relay;
  readonly tables: TableStore;
  publish(rules: string): Promise<void>;
  user(name: string): Promise<CloudObject | undefined>;
  group(name: string): Promise<CloudObject | undefined>;
  deletedUser(name: string): Promise<CloudObject | undefined>;
  /** Writes that Graph answered since `seq`, without batch envelopes. */
  writes(since: number): Promise<readonly GraphEntry[]>;
  seq(): Promise<number>;
  holds(): Promise<readonly Hold[]>;
  hold(name: string, operation?: Hold['operation']): Promise<Hold | undefined>;
  decide(kind: 'approve' | 'reject', hashes: readonly string[]): Promise<void>;
  journal(name: string): Promise<readonly JournalEntry[]>;
  /** Waits for a command to the leader of the connector whose payload contains `text`. */
  command(kind: string, text: string): Promise<Record<string, unknown>>;
  /** A change of something else in the same partition has reached Graph: what came before has been looked at. */
  settled(name: string): Promise<void>;
  stop(): Promise<void>;
}

const byUpn = (objects: readonly CloudObject[], name: string) =>
  objects.find(
    (one) => String(one['userPrincipalName']).toLowerCase() === `${name.toLowerCase()}@contoso.com`,
  );

export async function startScene(options: CloudOptions & { rules?: string } = {}): Promise<Scene> {
  const cloud = await startCloud(options);
  const relay = new Relay(cloud.bus);
  const tables = tableStorage({
    connection: { kind: 'connection-string', connectionString: cloud.tablesConnection },
    prefix: 'Dirbridge',
  });
  const commands = await listenToCommands(cloud);
  const scene: Scene = {
    cloud,
    relay,
    tables,
    async publish(rules) {
      const answer = await cloud.operator('publish-rules', { files: [{ name: 'rules.yaml', text: rules }] });
      if (answer.status !== 202) throw new Error(JSON.stringify(answer));
    },
    user: async (name) => byUpn((await cloud.graphObjects())['users'] as CloudObject[], name),
    group: async (name) =>
      ((await cloud.graphObjects())['groups'] as CloudObject[]).find(
        (one) => one['displayName'] === `Group ${name}`,
      ),
    async deletedUser(name) {
      const deleted = (await cloud.graphObjects())['deleted'] as { users: CloudObject[] };
      return deleted.users.find((one) => one['displayName'] === `User ${name}`);
    },
    async writes(since) {
      const entries = await cloud.graphLog();
      return entries.filter(
        (entry) => entry.seq > since && entry.method !== 'GET' && !entry.path.endsWith('/$batch'),
      );
    },
    seq: async () => (await cloud.graphLog()).at(-1)?.seq ?? 0,
    async holds() {
      const rows = await tables.range('Holds', 'corp', { from: '0', to: 'g' });
      return rows.map((row) => row.data as Hold);
    },
    async hold(name, operation) {
      const all = (await scene.holds()).filter((one) => one.key === keyOf(name));
      return all.find((one) => operation === undefined || one.operation === operation);
    },
    async decide(kind, holds) {
      const answer = await cloud.operator(kind, { connector: 'corp', holds });
      if (answer.status !== 202) throw new Error(JSON.stringify(answer));
    },
    async journal(name) {
      const key = keyOf(name);
      const day = journalPartition(dayOf(Date.now()), partitionOf('corp', key));
      const rows = await tables.range('Journal', day, { from: '0', to: ':', where: { key } });
      return rows.map((row) => row.data as JournalEntry);
    },
    command: (kind, text) =>
      eventually(`a ${kind} command with ${text}`, () =>
        Promise.resolve(commands.find((one) => one.kind === kind && one.payload.includes(text))),
      ).then((found) => JSON.parse(found.payload) as Record<string, unknown>),
    async settled(name) {
      const before = await tables.get(
        'Objects',
        `corp|${partitionOf('corp', keyOf(name))}`,
        `o|${keyOf(name)}`,
      );
      if (before === undefined) throw new Error(`${name} is not staged`);
      await eventually(`nothing of ${name} is due`, async () => {
        const row = await tables.get(
          'Objects',
          `corp|${partitionOf('corp', keyOf(name))}`,
          `o|${keyOf(name)}`,
        );
        const { index, attempt } = row?.data as { index: string | null; attempt: unknown };
        const due = Number(index?.split('|')[2] ?? Number.MAX_SAFE_INTEGER);
        return attempt === null && (index === null || index.startsWith('i|9|') || due > Date.now());
      });
    },
    async stop() {
      await commands.stop();
      await cloud.stop();
    },
  };
  await relay.hello();
  // On a busy machine the tables may be slow to answer at first.
  await eventually('the rules are published', async () => {
    await scene.publish(options.rules ?? rulesWith());
    return true;
  });
  await eventually('the agent key becomes known', async () => {
    const trusted = await cloud.operator('trust-agent', {
      connector: 'corp',
      keyId: relay.keyId,
      trust: true,
    });
    return trusted.status === 202;
  });
  return scene;
}

interface Commands {
  find(
    test: (command: { kind: string; payload: string }) => boolean,
  ): { kind: string; payload: string } | undefined;
  stop(): Promise<void>;
}

/** Takes what the leader of the connector would take, as it would: from the session named after the connector. */
async function listenToCommands(cloud: Cloud): Promise<Commands> {
  const commands: { kind: string; payload: string }[] = [];
  const receiver = await cloud.bus.acceptSession('agent-commands-corp', 'corp');
  receiver.subscribe({
    processMessage: (message: ServiceBusReceivedMessage) => {
      const { kind, payload } = openBody(message.body);
      commands.push({ kind, payload });
      return Promise.resolve();
    },
    processError: () => Promise.resolve(),
  });
  return {
    find: (test) => commands.find(test),
    stop: () => receiver.close(),
  };
}
