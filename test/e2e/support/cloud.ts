import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ServiceBusClient } from '@azure/service-bus';
import { startChild, type Child } from '../../../local/children.ts';

const root = path.resolve(import.meta.dirname, '../../..');
const node = process.execPath;

export interface GraphEntry {
  readonly seq: number;
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly bodyKeys: readonly string[];
  readonly objectId: string | null;
  readonly effective: boolean;
  /** What of a fault was played: its actions. */
  readonly fault: string | null;
  readonly startedAt: number;
  readonly answeredAt: number;
}

/** The cloud side on loopback: tables, bus, Graph and the built function app in its host, each a process of its own. */
export interface Cloud {
  readonly bus: ServiceBusClient;
  readonly busConnection: string;
  readonly busAdmin: string;
  readonly tablesConnection: string;
  readonly graphUrl: string;
  readonly hostUrl: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly hostLog: string[];
  readonly children: readonly Child[];
  restartHost(settings?: Readonly<Record<string, string>>): Promise<void>;
  operatorToken(audience?: string): Promise<string>;
  operator(
    kind: string,
    body: unknown,
    token?: string,
  ): Promise<{ status: number; body: Record<string, unknown> }>;
  graphLog(): Promise<readonly GraphEntry[]>;
  graphObjects(): Promise<Record<string, unknown>>;
  fault(fault: unknown): Promise<void>;
  stop(): Promise<void>;
}

export interface CloudOptions {
  readonly graphArguments?: readonly string[];
  readonly busArguments?: readonly string[];
  readonly settings?: Readonly<Record<string, string>>;
  /** Folder of the built app; dist/app where absent. */
  readonly app?: string;
}

export async function startCloud(options: CloudOptions = {}): Promise<Cloud> {
  const folder = await mkdtemp(path.join(tmpdir(), 'dirbridge-e2e-'));
  const start = (name: string, file: string, ...args: string[]) =>
    startChild(name, [node, path.join(root, file), ...args], { cwd: root });
  const [tables, bus, graph] = await Promise.all([
    start('tables', 'local/tables/main.ts'),
    start('bus', 'local/bus/main.ts', '--connectors', 'corp', ...(options.busArguments ?? [])),
    start(
      'graph',
      'local/graph/main.ts',
      '--lag',
      '0',
      '--domain',
      'contoso.com',
      ...(options.graphArguments ?? []),
    ),
  ]);
  const graphUrl = String(graph.ready['url']);
  const settings: Record<string, string> = {
    DIRBRIDGE_BUS: String(bus.ready['connectionString']),
    DIRBRIDGE_STATE: String(tables.ready['connectionString']),
    DIRBRIDGE_TABLE_PREFIX: 'Dirbridge',
    DIRBRIDGE_TENANT_ID: String(graph.ready['tenantId']),
    DIRBRIDGE_CLIENT_ID: '11111111-2222-3333-4444-555555555555',
    DIRBRIDGE_GRAPH_URL: graphUrl,
    DIRBRIDGE_GRAPH_CREDENTIAL: 'managedidentity',
    DIRBRIDGE_MODE: 'full',
    DIRBRIDGE_SWEEP_SCHEDULE: '*/2 * * * * *',
    DIRBRIDGE_OPERATOR_ISSUER: String(graph.ready['issuer']),
    DIRBRIDGE_OPERATOR_AUDIENCE: 'api://dirbridge',
    ...options.settings,
  };
  const environment = {
    IDENTITY_ENDPOINT: String(graph.ready['identityEndpoint']),
    IDENTITY_HEADER: String(graph.ready['identityHeader']),
  };
  const hostLog: string[] = [];
  const startHost = async (more: Readonly<Record<string, string>> = {}) => {
    const file = path.join(folder, 'local.settings.json');
    await writeFile(
      file,
      JSON.stringify({
        IsEncrypted: false,
        Values: {
          ...settings,
          ...more,
          AzureWebJobsStorage: settings['DIRBRIDGE_STATE'],
          FUNCTIONS_WORKER_RUNTIME: 'node',
        },
      }),
    );
    const keep = (line: string) => void hostLog.push(line);
    return startChild(
      'host',
      [
        node,
        path.join(root, 'local/host/main.ts'),
        '--app',
        options.app ?? path.join(root, 'dist/app'),
        '--settings',
        file,
        '--port',
        '0',
      ],
      { env: environment, onLine: keep, onError: keep },
    );
  };
  let host = await startHost();
  const children = [tables, bus, graph];
  const client = new ServiceBusClient(settings['DIRBRIDGE_BUS'] ?? '');
  const json = async (url: string, init?: RequestInit) =>
    (await (await fetch(url, init)).json()) as Record<string, unknown>;
  const cloud: Cloud = {
    bus: client,
    busConnection: settings['DIRBRIDGE_BUS'] ?? '',
    busAdmin: String(bus.ready['admin']),
    tablesConnection: settings['DIRBRIDGE_STATE'] ?? '',
    graphUrl,
    get hostUrl() {
      return String(host.ready['url']);
    },
    environment: { ...settings, ...environment },
    hostLog,
    get children() {
      return [...children, host];
    },
    async restartHost(more) {
      await host.stop();
      host = await startHost(more);
    },
    async operatorToken(audience = 'api://dirbridge') {
      const url = `${environment.IDENTITY_ENDPOINT}?api-version=2019-08-01&resource=${encodeURIComponent(audience)}`;
      const answer = await json(url, { headers: { 'X-IDENTITY-HEADER': environment.IDENTITY_HEADER } });
      return String(answer['access_token']);
    },
    async operator(kind, body, token) {
      const authorization = `Bearer ${token ?? (await cloud.operatorToken())}`;
      const answer = await fetch(`${cloud.hostUrl}/api/operator/${kind}`, {
        method: 'POST',
        headers: { authorization, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
    },
    async graphLog() {
      return (await json(`${graphUrl}/_local/log?since=0`))['entries'] as GraphEntry[];
    },
    graphObjects: () => json(`${graphUrl}/_local/objects`),
    async fault(fault) {
      await fetch(`${graphUrl}/_local/faults`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(fault),
      });
    },
    async stop() {
      await client.close().catch(() => undefined);
      await host.stop();
      await Promise.all(children.map((child) => child.stop()));
      await rm(folder, { recursive: true, force: true });
    },
  };
  return cloud;
}

/** Polls until `probe` gives something; its last answer is in the error. */
export async function eventually<T>(
  what: string,
  probe: () => Promise<T | null | undefined | false>,
  timeoutMs = 60_000,
): Promise<T> {
  const giveUpAt = Date.now() + timeoutMs;
  let last: unknown;
  while (Date.now() < giveUpAt) {
    try {
      const found = await probe();
      if (found !== null && found !== undefined && found !== false) return found;
      last = found;
    } catch (error) {
      last = error;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(
    `${what} did not happen within ${timeoutMs} ms; last: ${last instanceof Error ? last.message : JSON.stringify(last)}`,
  );
}
