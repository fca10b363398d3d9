import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { AgentFolder } from '../../local/agent-folder.ts';
import { startChild, type Child, type ChildOptions } from '../../local/children.ts';
import { clearedEnvironment as cleared } from '../../local/cleared-environment.ts';
import type { DirectoryFacts } from '../../local/laptop.ts';
import { copyProduct, root } from '../../local/product.ts';
import { AmqpGateProxy } from './amqp-gate-proxy.ts';
import { endGroup } from './end-group.ts';
import { Gates, type Service } from './gates.ts';
import { HttpGateProxy, type Exchange } from './http-gate-proxy.ts';
import { openRules } from './open-rules.ts';
import { removeFolder } from './remove-folder.ts';

export const hostNames = ['host1', 'host2'] as const;
export type HostName = (typeof hostNames)[number];
/** Who is killed; the other processes are only paused and cut off. */
export type Victim = 'agent' | HostName;
export type ProcessName = Victim | 'tables' | 'bus' | 'graph' | 'directory';

interface Proxy {
  readonly port: number;
  cut(): void;
  refuse(isRefusing: boolean): void;
  stop(): Promise<void>;
}

export interface CastOptions {
  /** Lock duration of all queues, as PT10S; what infra/queues.json says where absent. */
  readonly lock?: string;
  /** Of the Graph emulator. */
  readonly graphSpeed: number;
  readonly onAnswered?: (exchange: Exchange) => void;
  readonly say: (text: string) => void;
}

const audience = 'api://dirbridge';
const connector = 'corp';

/** All processes of a run, each client of the cloud behind proxies of its own: two hosts, an agent, and what they stand on. */
export class Cast {
  readonly gates = new Gates();
  readonly folder: string;
  readonly #options: CastOptions;
  readonly #agent: AgentFolder;
  readonly #children = new Map<ProcessName, Child>();
  readonly #proxies = new Map<string, Proxy>();
  /** Since it was spawned; a process can be killed before it is ready. */
  readonly #lives = new Map<ProcessName, ChildProcess>();
  readonly #asked = new Set<ChildProcess>();
  readonly #paused = new Set<ProcessName>();
  /** Processes that ended though nobody had killed them. */
  readonly deaths: string[] = [];
  #keyId = '';

  private constructor(folder: string, options: CastOptions) {
    this.folder = folder;
    this.#options = options;
    this.#agent = new AgentFolder(folder);
    process.once('exit', this.#endAll);
  }

  /** The run is stopped or has crashed. They are in groups of their own, so that whoever ended this process has not ended them. */
  readonly #endAll = (code: number): void => {
    for (const { pid } of this.#lives.values()) if (pid !== undefined) endGroup(pid);
    const isCrash = code === 1;
    removeFolder(this.folder, isCrash);
    if (isCrash) process.stderr.write(`logs: ${this.folder}\n`);
  };

  /** Everything but the agent, which comes with `start('agent')`. */
  static async assemble(options: CastOptions): Promise<Cast> {
    const cast = new Cast(await mkdtemp(join(tmpdir(), 'dirbridge-kill-')), options);
    try {
      await cast.#assemble();
      return cast;
    } catch (error) {
      await cast.stop();
      throw error;
    }
  }

  get directory(): DirectoryFacts {
    const ready = this.#ready('directory') as unknown as Omit<DirectoryFacts, 'kind' | 'log'>;
    return { ...ready, kind: 'embedded', log: null };
  }

  get graphUrl(): string {
    return String(this.#ready('graph')['url']);
  }

  get busAdmin(): string {
    return String(this.#ready('bus')['admin']);
  }

  /** Past the proxies. */
  get busConnection(): string {
    return String(this.#ready('bus')['connectionString']);
  }

  get tablesConnection(): string {
    return String(this.#ready('tables')['connectionString']);
  }

  isAlive(name: ProcessName): boolean {
    return this.#lives.has(name);
  }

  /** Resolves when it is ready, or when it was killed before. */
  async start(name: Victim): Promise<void> {
    await (name === 'agent' ? this.#startAgent() : this.#startHost(name));
  }

  /** kill -9 of the whole process group. */
  async kill(name: Victim): Promise<void> {
    const life = this.#lives.get(name);
    if (life?.pid === undefined) return;
    this.#asked.add(life);
    this.#paused.delete(name);
    const gone = once(life, 'exit');
    process.kill(-life.pid, 'SIGKILL');
    await gone;
  }

  pause(name: ProcessName): void {
    const pid = this.#lives.get(name)?.pid;
    if (pid === undefined || this.#paused.has(name)) return;
    this.#paused.add(name);
    process.kill(-pid, 'SIGSTOP');
  }

  resume(name: ProcessName): void {
    const pid = this.#lives.get(name)?.pid;
    if (this.#paused.delete(name) && pid !== undefined) process.kill(-pid, 'SIGCONT');
  }

  cut(client: Victim, service: Service): void {
    this.#proxies.get(`${client} ${service}`)?.cut();
  }

  refuse(client: Victim, service: Service, isRefusing: boolean): void {
    this.#proxies.get(`${client} ${service}`)?.refuse(isRefusing);
  }

  /** What an operator does first: trust the agent that has introduced itself, publish the rules. */
  async configure(): Promise<void> {
    const rules = await openRules();
    await this.#operator('publish-rules', { files: [{ name: 'kill.yaml', text: rules }] });
    await this.#operator('trust-agent', { connector, keyId: this.#keyId, trust: true });
  }

  async stop({ keepsLogs } = { keepsLogs: false }): Promise<void> {
    for (const name of [...this.#paused]) this.resume(name);
    for (const [, child] of [...this.#children].reverse()) {
      this.#asked.add(child.process);
      await child.stop(3_000);
    }
    await Promise.all([...this.#proxies.values()].map((proxy) => proxy.stop()));
    process.off('exit', this.#endAll);
    removeFolder(this.folder, keepsLogs);
  }

  async #assemble(): Promise<void> {
    const { lock, graphSpeed } = this.#options;
    const local = (name: ProcessName, ...args: string[]): Promise<unknown> =>
      this.#spawn(name, [process.execPath, `local/${name}/main.ts`, ...args], { env: cleared, cwd: root });
    await Promise.all([
      copyProduct(this.folder).then(async () => (this.#keyId = await this.#agent.makeKey())),
      local('tables'),
      local('bus', '--connectors', connector, ...(lock === undefined ? [] : ['--lock', lock])),
      // Requests that take time make a second one to the same object fail, as the service does.
      local(
        'graph',
        ...['--domain', 'contoso.com', '--lag', '50-300', '--latency', '5-30'],
        '--speed',
        String(graphSpeed),
      ),
      local('directory', '--ca-out', join(this.folder, 'ca.pem'), '--account', 'svc-dirbridge'),
    ]);
    for (const host of hostNames) {
      await this.#join(host, 'tables');
      await this.#join(host, 'graph');
      await this.#join(host, 'bus');
    }
    await this.#join('agent', 'bus');
    await this.#agent.writeFile(connector, this.directory);
    await Promise.all(hostNames.map((host) => this.#startHost(host)));
  }

  async #join(client: Victim, service: Service): Promise<void> {
    const { gates } = this;
    const { onAnswered } = this.#options;
    const port = Number(this.#ready(service)['port']);
    const proxy =
      service === 'bus'
        ? await AmqpGateProxy.start({ client, port, gates })
        : await HttpGateProxy.start({
            ...{ client, service, port, gates },
            ...(service === 'graph' && onAnswered !== undefined ? { onAnswered } : {}),
          });
    this.#proxies.set(`${client} ${service}`, proxy);
  }

  /** A service's address with the port of the client's own proxy. */
  #through(client: Victim, service: Service, address: string): string {
    const from = String(this.#ready(service)['port']);
    const to = String(this.#proxies.get(`${client} ${service}`)?.port);
    return address.replaceAll(`127.0.0.1:${from}`, `127.0.0.1:${to}`);
  }

  async #startHost(name: HostName): Promise<void> {
    const settings = join(this.folder, `${name}.settings.json`);
    await writeFile(settings, JSON.stringify({ IsEncrypted: false, Values: this.#settings(name) }));
    const graph = this.#ready('graph');
    const child = await this.#spawn(
      name,
      [
        ...[process.execPath, 'local/host/main.ts', '--app', join(this.folder, 'app')],
        ...['--settings', settings, '--port', '0', '--drain', '00:00:02'],
      ],
      {
        env: {
          ...cleared,
          IDENTITY_ENDPOINT: String(graph['identityEndpoint']),
          IDENTITY_HEADER: String(graph['identityHeader']),
        },
        cwd: root,
      },
    );
    if (child === null) return;
    const failed = child.ready['failed'] as readonly { readonly name: string; readonly reason: string }[];
    if (failed[0] !== undefined) throw new Error(`${name}: ${failed[0].name}: ${failed[0].reason}`);
  }

  #settings(name: HostName): Record<string, string> {
    const tables = this.#through(name, 'tables', this.tablesConnection);
    const graph = this.#ready('graph');
    return {
      DIRBRIDGE_BUS: this.#through(name, 'bus', this.busConnection),
      DIRBRIDGE_STATE: tables,
      DIRBRIDGE_TABLE_PREFIX: 'Dirbridge',
      DIRBRIDGE_TENANT_ID: String(graph['tenantId']),
      DIRBRIDGE_CLIENT_ID: String(graph['clientId']),
      DIRBRIDGE_GRAPH_URL: this.#through(name, 'graph', this.graphUrl),
      DIRBRIDGE_GRAPH_CREDENTIAL: 'managedidentity',
      DIRBRIDGE_GRAPH_WRITES_PER_150S: '3000',
      DIRBRIDGE_MODE: 'full',
      DIRBRIDGE_SWEEP_SCHEDULE: '*/15 * * * * *',
      DIRBRIDGE_LOG_LEVEL: 'info',
      DIRBRIDGE_OPERATOR_ISSUER: String(graph['issuer']),
      DIRBRIDGE_OPERATOR_AUDIENCE: audience,
      AzureWebJobsStorage: tables,
      FUNCTIONS_WORKER_RUNTIME: 'node',
    };
  }

  async #startAgent(): Promise<void> {
    const bus = this.#through('agent', 'bus', this.busConnection);
    const options = this.#agent.options(this.directory.account.password, bus);
    await this.#spawn('agent', this.#agent.command, options);
  }

  /** Keeps what it says in NAME.log, over all its lives. Null: it was killed before it was ready. */
  async #spawn(name: ProcessName, command: readonly string[], options: ChildOptions): Promise<Child | null> {
    const log = createWriteStream(join(this.folder, `${name}.log`), { flags: 'a' });
    const keep = (line: string): void => {
      if (!log.writableEnded) log.write(`${line}\n`);
    };
    let life: ChildProcess | undefined;
    const onSpawn = (process: ChildProcess): void => {
      life = process;
      this.#lives.set(name, process);
      process.once('exit', () => {
        if (this.#lives.get(name) === process) this.#lives.delete(name);
      });
    };
    const said = { readyMs: 120_000, onLine: keep, onError: keep };
    try {
      const child = await startChild(name, command, { ...options, ...said, onSpawn, hasOwnGroup: true });
      this.#children.set(name, child);
      void child.ended.then((how) => this.#ended(child, how));
      return child;
    } catch (error) {
      if (life !== undefined && this.#asked.has(life)) return null;
      throw error;
    }
  }

  #ended(child: Child, how: number | string): void {
    if (this.#asked.has(child.process)) return;
    this.deaths.push(`${child.name} ended by itself (${how}): ${child.lastWords().join(' | ')}`);
    this.#options.say(this.deaths.at(-1) ?? '');
  }

  /** Asked again until it is taken: the agent's first words take a moment. */
  async #operator(kind: string, body: unknown): Promise<void> {
    const graph = this.#ready('graph');
    const tokenUrl = `${String(graph['identityEndpoint'])}?api-version=2019-08-01&resource=${encodeURIComponent(audience)}`;
    const identity = await fetch(tokenUrl, {
      headers: { 'X-IDENTITY-HEADER': String(graph['identityHeader']) },
    });
    const { access_token: token } = (await identity.json()) as { readonly access_token: string };
    const deadline = Date.now() + 60_000;
    for (;;) {
      const answer = await fetch(`${String(this.#ready('host1')['url'])}/api/operator/${kind}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      if (answer.status === 202) return;
      if (Date.now() >= deadline) throw new Error(`${kind}: ${answer.status} ${await answer.text()}`);
      await sleep(200);
    }
  }

  #ready(name: ProcessName): Child['ready'] {
    const child = this.#children.get(name);
    if (child === undefined) throw new Error(`${name} is not running`);
    return child.ready;
  }
}
