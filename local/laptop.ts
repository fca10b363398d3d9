import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AgentFolder } from './agent-folder.ts';
import type { Child } from './children.ts';
import { clearedEnvironment as cleared } from './cleared-environment.ts';
import { Family, type Death } from './family.ts';
import { copyProduct, root, run, type Finished } from './product.ts';

export interface LaptopOptions {
  readonly directory: 'embedded' | 'samba';
  /** Domains that are verified in the tenant. */
  readonly domains: readonly string[];
  /** Milliseconds, as `50-300`. */
  readonly lag: string;
  /** Where files go; absent: a temporary folder that is removed at the end. */
  readonly folder?: string;
  readonly onDeath: (death: Death) => void;
}

export interface Account {
  readonly user: string;
  readonly password: string;
}

export interface DirectoryFacts {
  readonly kind: 'embedded' | 'samba';
  readonly ldaps: string;
  readonly servername: string;
  readonly caFile: string;
  readonly baseDn: string;
  readonly admin: Account;
  /** The relay agent's account: reads everything, deleted objects too, and writes nothing. */
  readonly account: Account;
  /** File with one line a write; only the embedded directory has it. */
  readonly log: string | null;
}

export const connector = 'corp';
const audience = 'api://dirbridge';

/** All processes of the laptop: the cloud, a directory, the function app in its host, and a relay agent. */
export class Laptop {
  readonly folder: string;
  readonly #options: LaptopOptions;
  readonly #family: Family;
  readonly #agent: AgentFolder;
  #directory: DirectoryFacts | null = null;
  #hostPort = 0;

  constructor(options: LaptopOptions, folder: string) {
    this.#options = options;
    this.folder = folder;
    this.#family = new Family(folder, options.onDeath);
    this.#agent = new AgentFolder(folder);
  }

  /** Cloud, directory and host; the agent comes with `startAgent`. */
  async start(): Promise<void> {
    const { domains, lag } = this.#options;
    const local = (name: string, ...args: string[]): Promise<Child> =>
      this.#family.start(name === 'tables' ? 'azurite' : name, nodeOf(`local/${name}/main.ts`, ...args), {
        env: cleared,
        cwd: root,
      });
    await Promise.all([
      copyProduct(this.folder).then(() => this.#agent.makeKey()),
      local('tables'),
      local('bus', '--connectors', connector),
      local('graph', '--domain', domains.join(','), '--lag', lag),
      this.#startDirectory(),
    ]);
    await this.startHost();
    await this.#agent.writeFile(connector, this.directory);
  }

  get directory(): DirectoryFacts {
    if (this.#directory === null) throw new Error('the directory has not been started');
    return this.#directory;
  }

  get graphUrl(): string {
    return this.#said('graph', 'url');
  }

  get busAdmin(): string {
    return this.#said('bus', 'admin');
  }

  get hostUrl(): string {
    return this.#said('host', 'url');
  }

  /** As printed: the names and their order are fixed. */
  get pids(): Readonly<Record<string, number>> {
    const names = ['azurite', 'bus', 'graph', 'directory', 'host', 'agent'];
    return Object.fromEntries(names.map((name) => [name, this.#family.get(name)?.pid ?? 0]));
  }

  /** What a person needs to reach everything. */
  get addresses(): Readonly<Record<string, string>> {
    return {
      directory: this.directory.ldaps,
      bus: this.#said('bus', 'connectionString'),
      graph: this.graphUrl,
      tables: this.#said('azurite', 'connectionString'),
      host: this.hostUrl,
    };
  }

  /** Environment of the operator's command. */
  get commandEnvironment(): Readonly<Record<string, string>> {
    return {
      IDENTITY_ENDPOINT: this.#said('graph', 'identityEndpoint'),
      IDENTITY_HEADER: this.#said('graph', 'identityHeader'),
      DIRBRIDGE_STATE: this.#said('azurite', 'connectionString'),
      DIRBRIDGE_TABLE_PREFIX: 'Dirbridge',
      DIRBRIDGE_OPERATOR_URL: this.hostUrl,
      DIRBRIDGE_OPERATOR_AUDIENCE: audience,
    };
  }

  /** The operator's command, as a person would type it. */
  command(...args: string[]): Promise<Finished> {
    return run([process.execPath, join(this.folder, 'dirbridge.cjs'), ...args], {
      env: { ...cleared, ...this.commandEnvironment, NO_COLOR: '1' },
    });
  }

  /** For whoever wants to look while it runs. */
  async writeAddresses(): Promise<void> {
    await writeFile(join(this.folder, 'addresses.json'), `${JSON.stringify(this.addresses, null, 2)}\n`, {
      mode: 0o600,
    });
  }

  async writeEnvironment(path: string): Promise<void> {
    const lines = Object.entries(this.commandEnvironment).map(([name, value]) => `${name}="${value}"\n`);
    await writeFile(path, lines.join(''), { mode: 0o600 });
  }

  async startHost(): Promise<void> {
    const settings = join(this.folder, 'local.settings.json');
    await writeFile(settings, JSON.stringify(this.#settings(), null, 2), { mode: 0o600 });
    const { IDENTITY_ENDPOINT, IDENTITY_HEADER } = {
      IDENTITY_ENDPOINT: this.#said('graph', 'identityEndpoint'),
      IDENTITY_HEADER: this.#said('graph', 'identityHeader'),
    };
    const command = nodeOf('local/host/main.ts', '--app', join(this.folder, 'app'), '--settings', settings);
    // A restart takes the same port, so that what was printed stays true.
    const child = await this.#family.start(
      'host',
      [...command, '--port', String(this.#hostPort), '--drain', '00:00:05'],
      { env: { ...cleared, IDENTITY_ENDPOINT, IDENTITY_HEADER }, cwd: root },
    );
    this.#hostPort = Number(child.ready['port']);
    const failed = child.ready['failed'] as readonly { readonly name: string; readonly reason: string }[];
    const [first] = failed;
    if (first !== undefined) throw new Error(`host: function ${first.name} did not start: ${first.reason}`);
  }

  async startAgent(): Promise<void> {
    const { password } = this.directory.account;
    const options = this.#agent.options(password, this.#said('bus', 'connectionString'));
    await this.#family.start('agent', this.#agent.command, options);
  }

  async stopHost(): Promise<void> {
    await this.#family.stopOne('host');
  }

  async stopAgent(): Promise<void> {
    await this.#family.stopOne('agent');
  }

  async stop(): Promise<void> {
    await this.#family.stop();
    if (this.#options.folder === undefined) await rm(this.folder, { recursive: true, force: true });
  }

  async #startDirectory(): Promise<void> {
    const kind = this.#options.directory;
    const log = kind === 'embedded' ? join(this.folder, 'directory-writes.jsonl') : null;
    const command =
      kind === 'embedded'
        ? nodeOf('local/directory/main.ts', '--ca-out', join(this.folder, 'ca.pem'), '--log', log ?? '')
        : nodeOf('local/samba/main.ts');
    const child = await this.#family.start('directory', [...command, '--account', 'svc-dirbridge'], {
      env: cleared,
      cwd: root,
      // The first start of a domain controller provisions it.
      readyMs: kind === 'samba' ? 120_000 : 30_000,
    });
    this.#directory = { ...(child.ready as unknown as Omit<DirectoryFacts, 'kind' | 'log'>), kind, log };
  }

  #settings(): unknown {
    const tenantId = this.#said('graph', 'tenantId');
    return {
      IsEncrypted: false,
      Values: {
        DIRBRIDGE_BUS: this.#said('bus', 'connectionString'),
        DIRBRIDGE_STATE: this.#said('azurite', 'connectionString'),
        DIRBRIDGE_TABLE_PREFIX: 'Dirbridge',
        DIRBRIDGE_TENANT_ID: tenantId,
        DIRBRIDGE_CLIENT_ID: this.#said('graph', 'clientId'),
        DIRBRIDGE_GRAPH_URL: this.graphUrl,
        DIRBRIDGE_GRAPH_SCOPE: 'https://graph.microsoft.com/.default',
        DIRBRIDGE_GRAPH_CREDENTIAL: 'managedidentity',
        DIRBRIDGE_GRAPH_WRITES_PER_150S: '3000',
        DIRBRIDGE_MODE: 'full',
        DIRBRIDGE_SWEEP_SCHEDULE: '*/10 * * * * *',
        DIRBRIDGE_JOURNAL_DAYS: '7',
        DIRBRIDGE_LOG_LEVEL: 'info',
        DIRBRIDGE_OPERATOR_ISSUER: this.#said('graph', 'issuer'),
        DIRBRIDGE_OPERATOR_AUDIENCE: audience,
        DIRBRIDGE_OPERATOR_ROLE: 'Dirbridge.Operator',
        AzureWebJobsStorage: this.#said('azurite', 'connectionString'),
        FUNCTIONS_WORKER_RUNTIME: 'node',
      },
    };
  }

  #said(name: string, field: string): string {
    const value = this.#family.get(name)?.ready[field];
    if (typeof value !== 'string') throw new Error(`${name} has not said its ${field}`);
    return value;
  }
}

export async function makeLaptop(options: LaptopOptions): Promise<Laptop> {
  if (options.folder !== undefined) await mkdir(options.folder, { recursive: true });
  return new Laptop(options, options.folder ?? (await mkdtemp(join(tmpdir(), 'dirbridge-laptop-'))));
}

export const readCa = (directory: DirectoryFacts): Promise<string> => readFile(directory.caFile, 'utf8');

const nodeOf = (script: string, ...args: string[]): string[] => [process.execPath, script, ...args];
