import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ServiceBusClient } from '@azure/service-bus';
import { AgentFolder } from '../../../local/agent-folder.ts';
import { Family } from '../../../local/family.ts';
import type { DirectoryFacts } from '../../../local/laptop.ts';
import { root } from '../../../local/product.ts';
import { sendAgentCommand } from '../../support/send-agent-command.ts';
import { defaultNeeds } from './default-needs.ts';

/** A directory with generated users, a broker, and the built agent between them; nothing of the cloud. */
export interface AgentStand {
  readonly directory: DirectoryFacts;
  readonly agentPid: number;
  readonly imported: { readonly objects: number; readonly seconds: number };
  /** Messages that the broker took from the agent, by queue, without its reports. */
  sent(): Promise<number>;
  stop(): Promise<void>;
}

const importMs = 900_000;

/** Returns once the agent has read everything. What it sends stays in the broker: taking it would cost more than sending it. */
export async function startAgentStand(users: number, say: (text: string) => void): Promise<AgentStand> {
  const folder = await mkdtemp(join(tmpdir(), 'dirbridge-bench-'));
  const deaths: string[] = [];
  const family = new Family(folder, ({ name, how, lastWords }) =>
    deaths.push(`${name} ended by itself (${how}), saying last:\n${lastWords.join('\n')}`),
  );
  let bus: ServiceBusClient | undefined;
  const stop = async (): Promise<void> => {
    await bus?.close().catch(() => undefined);
    await family.stop();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    say(`starting a directory with ${users} users`);
    const node = (script: string, ...args: string[]): string[] => [process.execPath, script, ...args];
    const [directory, broker] = await Promise.all([
      family.start(
        'directory',
        node('local/directory/main.ts', '--account', 'svc-dirbridge', '--generate', String(users)),
        { cwd: root, readyMs: 180_000 },
      ),
      family.start('bus', node('local/bus/main.ts', '--connectors', 'corp'), { cwd: root }),
    ]);
    const facts: DirectoryFacts = {
      ...(directory.ready as unknown as Omit<DirectoryFacts, 'kind' | 'log'>),
      kind: 'embedded',
      log: null,
    };
    const connection = String(broker.ready['connectionString']);
    bus = new ServiceBusClient(connection);
    const began = performance.now();
    const agent = await startAgent(family, folder, facts, connection);
    await sendAgentCommand(bus, 'configure', defaultNeeds());
    say('importing');
    const objects = await untilImported(agent.lines, () => deaths[0]);
    const seconds = (performance.now() - began) / 1_000;
    const admin = String(broker.ready['admin']);
    return {
      directory: facts,
      agentPid: agent.pid,
      imported: { objects, seconds },
      sent: () => sentBy(admin),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startAgent(
  family: Family,
  folder: string,
  directory: DirectoryFacts,
  connection: string,
): Promise<{ pid: number; lines: readonly Readonly<Record<string, unknown>>[] }> {
  const agent = new AgentFolder(folder, join(root, 'dist/agent.cjs'));
  await agent.makeKey();
  await agent.writeFile('corp', directory);
  const lines: Readonly<Record<string, unknown>>[] = [];
  const child = await family.start('agent', agent.command, {
    ...agent.options(directory.account.password, connection),
    onLine: (line) => {
      if (line.startsWith('{')) lines.push(JSON.parse(line) as Readonly<Record<string, unknown>>);
    },
  });
  return { pid: child.pid, lines };
}

async function untilImported(
  lines: readonly Readonly<Record<string, unknown>>[],
  death: () => string | undefined,
): Promise<number> {
  const deadline = Date.now() + importMs;
  for (;;) {
    const complete = lines.find(({ msg }) => msg === 'import complete');
    if (complete !== undefined) return Number(complete['objects']);
    const why = death();
    if (why !== undefined) throw new Error(why);
    if (Date.now() > deadline) throw new Error(`no import within ${importMs} ms`);
    await sleep(100);
  }
}

async function sentBy(admin: string): Promise<number> {
  const queues = (await (await fetch(`${admin}/queues`)).json()) as Readonly<
    Record<string, { readonly sent: number }>
  >;
  return (queues['changes']?.sent ?? 0) + (queues['changes-bulk']?.sent ?? 0);
}
