import { spawn } from 'node:child_process';
import { createPrivateKey, createPublicKey } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { commandContext } from '../../cli/command-context.ts';
import { showStatus } from '../../cli/commands/status.ts';
import { startChild, type Child } from '../../local/children.ts';
import type { RunningDirectory } from '../../local/directory/start-directory.ts';
import { tableStorage } from '../../shared/adapters/table-storage/table-storage.ts';
import { keyIdOf } from '../../shared/model/envelope-seal.ts';
import type { TableStore } from '../../shared/ports/table-store.ts';
import {
  openDirectoryWorld,
  type CreatedObject,
  type DirectoryWorld,
} from '../contract/support/directory/directory-world.ts';
import type { Account, DirectoryFixture } from '../contract/support/directory/fixture.ts';
import { sendAgentCommand } from '../support/send-agent-command.ts';
import { fakeIo } from '../unit/cli/fake-io.ts';
import { logLines } from './support/app-log.ts';
import { eventually, startCloud, type Cloud } from './support/cloud.ts';
import { rulesWith } from './support/scene.ts';

/** What `dirbridge status --json` says, as far as tests look at it. */
export interface ShownStatus {
  readonly agents: readonly { readonly heartbeat: { readonly state: string } | null }[];
  readonly connectors: readonly {
    readonly due: number;
    /** Partitions that wait for the rest of an import, by import. */
    readonly imports: Readonly<Record<string, number>>;
    readonly lastImports: readonly { readonly import: string }[];
    readonly held: number;
    readonly heldByCause: Readonly<Record<string, { readonly count: number }>>;
    readonly linked: Readonly<Record<string, number>>;
  }[];
  readonly activity: { readonly done: number; readonly latency: { readonly p50: number } | null };
  readonly findings: readonly ShownFinding[];
}
export interface ShownFinding {
  readonly about: string | null;
  readonly what: string;
  readonly since: number | null;
  readonly action: string;
}

export interface CloudUser {
  readonly id: string;
  readonly displayName: string;
  readonly jobTitle: string | null;
  readonly accountEnabled: boolean;
}

const waitMs = 240_000;
const binary = path.resolve(import.meta.dirname, '../../bin/dirbridge.mjs');

/** The embedded directory's side door. */
export async function control(
  running: RunningDirectory,
  method: string,
  where: string,
  body: unknown = {},
): Promise<void> {
  const response = await fetch(`${running.control}${where}`, { method, body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`${where}: ${response.status} ${await response.text()}`);
}

export const reader = 'svc-reader';

/** Directory, agent with an ordinary account, host and Graph together; whoever has it watches both ends. */
export class AdversityStage {
  readonly cloud: Cloud;
  readonly world: DirectoryWorld & { close(): Promise<void> };
  readonly tables: TableStore;
  readonly agentLog: Record<string, unknown>[] = [];
  readonly #fixture: DirectoryFixture;
  readonly #folder: string;
  readonly #account: Account;
  #agent: Child | null = null;
  #askedAt = 0;

  private constructor(parts: {
    cloud: Cloud;
    world: AdversityStage['world'];
    fixture: DirectoryFixture;
    account: Account;
  }) {
    this.cloud = parts.cloud;
    this.world = parts.world;
    this.#fixture = parts.fixture;
    this.#account = parts.account;
    this.#folder = mkdtempSync(path.join(tmpdir(), 'dirbridge-adversity-'));
    this.tables = tableStorage({
      connection: { kind: 'connection-string', connectionString: this.cloud.tablesConnection },
      prefix: 'Dirbridge',
    });
  }

  /** @param seed makes what the first import finds. */
  static async open(
    fixture: DirectoryFixture,
    seed: (world: DirectoryWorld) => Promise<void>,
    rules: string = rulesWith(),
  ): Promise<AdversityStage> {
    const account = await fixture.createDelegatedAccount(reader);
    await fixture.grantDeletedObjectsRead(reader);
    // Nothing here waits for the sweep, which asks every partition each time.
    const settings = { DIRBRIDGE_SWEEP_SCHEDULE: '*/20 * * * * *' };
    const [cloud, world] = await Promise.all([startCloud({ settings }), openDirectoryWorld(fixture)]);
    const stage = new AdversityStage({ cloud, world, fixture, account });
    await seed(world);
    await stage.startAgent();
    const published = await cloud.operator('publish-rules', { files: [{ name: 'rules.yaml', text: rules }] });
    if (published.status !== 202) throw new Error(JSON.stringify(published));
    await eventually(
      'the agent is trusted',
      async () => {
        const body = { connector: 'corp', keyId: stage.#keyId(), trust: true };
        return (await cloud.operator('trust-agent', body)).status === 202;
      },
      waitMs,
    );
    return stage;
  }

  async startAgent(): Promise<void> {
    const keyFile = path.join(this.#folder, 'agent.key');
    const run = (...args: string[]) => [process.execPath, 'agent/entry.ts', ...args];
    if (this.#agent === null) await ended(run('keygen', '--out', keyFile));
    const file = path.join(this.#folder, 'agent.yaml');
    const caFile = path.join(this.#folder, 'ca.pem');
    writeFileSync(caFile, String(this.#fixture.tls.ca));
    const { servername } = this.#fixture.tls;
    writeFileSync(
      file,
      JSON.stringify({
        version: 1,
        connector: 'corp',
        agent: 'relay-1',
        directory: {
          type: 'active-directory',
          urls: [this.#fixture.ldapsUrl],
          tls: { mode: 'ldaps', servername, ca: caFile },
          bind: { user: this.#account.user, password: { env: 'ADVERSITY_PASSWORD' } },
          requestTimeout: 'PT5S',
        },
        bus: { connection: { env: 'ADVERSITY_BUS' } },
        signingKey: { file: keyFile },
        log: { level: 'info', format: 'json' },
      }),
    );
    this.#agent = await startChild('agent', run('run', '--config', file), {
      env: { ADVERSITY_PASSWORD: this.#account.password, ADVERSITY_BUS: this.cloud.busConnection },
      isReady: (line) => (line.includes('agent started') ? this.#keep(line) : undefined),
      onLine: (line) => void this.#keep(line),
    });
  }

  async stopAgent(): Promise<void> {
    await this.#agent?.stop();
  }

  /** What the agent keeps in the session that is its leadership is gone. It must not run. */
  async loseAgentState(): Promise<void> {
    const lease = await this.cloud.bus.acceptSession('agent-leases-corp', 'corp');
    await lease.setSessionState(null);
    await lease.close();
  }

  /** Whether the agent's log has a line that begins so. */
  hasSaid(message: string, since = 0): boolean {
    return this.timesSaid(message, since) > 0;
  }

  timesSaid(message: string, since = 0): number {
    return this.agentLog.slice(since).filter(({ msg }) => String(msg).startsWith(message)).length;
  }

  /** Whether the function app's log has one. */
  hasLogged(text: string): boolean {
    return logLines(this.cloud).some((line) => JSON.stringify(line).includes(text));
  }

  async users(): Promise<readonly CloudUser[]> {
    return (await this.cloud.graphObjects())['users'] as CloudUser[];
  }

  user(named: string): Promise<CloudUser | undefined> {
    return this.users().then((users) => users.find(({ displayName }) => displayName === named));
  }

  async membersOf(named: string): Promise<readonly string[]> {
    const groups = (await this.cloud.graphObjects())['groups'] as {
      displayName: string;
      members: string[];
    }[];
    return groups.find(({ displayName }) => displayName === named)?.members ?? [];
  }

  /** Everything of the cloud that must not be lost: who is there, enabled, with which title, in which group. */
  async picture(): Promise<unknown> {
    const { users, groups, deleted } = (await this.cloud.graphObjects()) as {
      users: CloudUser[];
      groups: { displayName: string; members: string[] }[];
      deleted: { users: unknown[]; groups: unknown[] };
    };
    const byName = (a: { displayName: string }, b: { displayName: string }) =>
      a.displayName < b.displayName ? -1 : 1;
    return {
      users: users
        .map(({ displayName, jobTitle, accountEnabled }) => ({ displayName, jobTitle, accountEnabled }))
        .sort(byName),
      groups: groups
        .map(({ displayName, members }) => ({ displayName, members: [...members].sort() }))
        .sort(byName),
      deleted: deleted.users.length + deleted.groups.length,
    };
  }

  /**
   * What the command prints with --json, without a process each time: tests ask often. It reads some two hundred ranges,
   * so whoever asked without a pause would keep the tables from those who are watched.
   */
  async status(): Promise<ShownStatus> {
    await setTimeout(Math.max(0, this.#askedAt + 500 - Date.now()));
    this.#askedAt = Date.now();
    const context = commandContext({ ...fakeIo(), now: () => Date.now() });
    const { data } = await showStatus({ ...context, tables: () => this.tables }, {});
    return JSON.parse(JSON.stringify(data)) as ShownStatus;
  }

  /** The command as a person would type it. */
  statusText(): Promise<string> {
    return this.#command('status');
  }

  /** Waits until `status` names something, by a part of its words. */
  finding(part: string): Promise<ShownFinding> {
    return eventually(
      `status says "${part}"`,
      async () => (await this.status()).findings.find(({ what }) => what.includes(part)),
      waitMs,
    );
  }

  /** Waits until it does not any more. */
  quiet(part: string): Promise<unknown> {
    return this.eventually(
      `status says "${part}" no more`,
      async () => !(await this.status()).findings.some(({ what }) => what.includes(part)),
    );
  }

  /** Asks for everything to be read again, as the function app would, and waits until it has been sent. */
  async importAgain(): Promise<void> {
    const since = this.agentLog.length;
    await this.command('full-import', { reason: 'a test' });
    await this.eventually('another import', () => Promise.resolve(this.hasSaid('import complete', since)));
  }

  command(kind: 'full-import' | 'refresh', payload: unknown): Promise<void> {
    return sendAgentCommand(this.cloud.bus, kind, payload);
  }

  /** A change that is made now reaches the cloud: what came before has been read. */
  async flows(name: string): Promise<void> {
    const title = `since ${Date.now()}`;
    const made = await this.person(name, { title });
    await this.eventually(`${name} arrives`, async () => (await this.user(name))?.jobTitle === title);
    await this.world.modify(made.dn, 'replace', 'title', ['and on']);
    await this.eventually(`${name} changes`, async () => (await this.user(name))?.jobTitle === 'and on');
  }

  person(
    name: string,
    values: Readonly<Record<string, string>> = {},
    parent?: string,
  ): Promise<CreatedObject> {
    const all = { displayName: name, userAccountControl: '512', title: 'Clerk', ...values };
    return this.world.addUser(all, parent);
  }

  eventually<T>(what: string, probe: () => Promise<T | null | undefined | false>): Promise<T> {
    return eventually(what, probe, waitMs).catch((error: unknown) => {
      const last = this.agentLog.slice(-6).map((line) => JSON.stringify(line));
      throw new Error(`${error instanceof Error ? error.message : ''}\n${last.join('\n')}`, { cause: error });
    });
  }

  async stop(): Promise<void> {
    await this.stopAgent();
    await this.world.close();
    await this.cloud.stop();
    await this.#fixture.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #keyId(): string {
    const pem = readFileSync(path.join(this.#folder, 'agent.key'), 'utf8');
    return keyIdOf(createPublicKey(createPrivateKey(pem)).export({ type: 'spki', format: 'der' }));
  }

  #keep(line: string): Record<string, unknown> | undefined {
    if (!line.startsWith('{')) return undefined;
    const read = JSON.parse(line) as Record<string, unknown>;
    this.agentLog.push(read);
    return read;
  }

  async #command(...args: string[]): Promise<string> {
    const env = { ...this.cloud.environment, NO_COLOR: '1', DIRBRIDGE_OPERATOR_URL: this.cloud.hostUrl };
    return ended([process.execPath, binary, ...args], env);
  }
}

/** What a command printed, once it has ended with success. */
function ended(command: readonly string[], env: NodeJS.ProcessEnv = process.env): Promise<string> {
  const [file = '', ...args] = command;
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    let out = '';
    let errors = '';
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve(out);
      else reject(new Error(`${args.join(' ')} ended with ${String(code)}: ${errors}`));
    });
  });
}
