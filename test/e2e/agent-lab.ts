import { once } from 'node:events';
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ServiceBusClient, type ServiceBusReceiver } from '@azure/service-bus';
import { startChild, type Child } from '../../local/children.ts';
import { configureSchema, type Configure } from '../../shared/contracts/agent-command.v1.ts';
import type { ChangeSet, ObjectChange } from '../../shared/contracts/change-set.v1.ts';
import type { Envelope } from '../../shared/contracts/envelope.v1.ts';
import { payloadSchemas } from '../../shared/contracts/payload-schemas.ts';
import { isSignedBy, openBody, openPayload } from '../../shared/model/envelope-seal.ts';
import { partitionOf, partitions } from '../../shared/model/partition.ts';
import type { DirectoryFixture } from '../contract/support/directory/fixture.ts';

/** What the journeys ask an agent to capture. */
export const journeyNeeds: Configure = {
  revision: 1,
  classes: ['user', 'group'],
  attributes: [
    'displayName',
    'title',
    'sAMAccountName',
    'userAccountControl',
    'accountExpires',
    'manager',
    'description',
    'proxyAddresses',
    'thumbnailPhoto',
    'mS-DS-ConsistencyGuid',
    'isCriticalSystemObject',
  ],
  references: ['manager'],
  links: ['member'],
  binary: ['mS-DS-ConsistencyGuid'],
  primaryGroup: true,
  containers: [],
  skipCritical: true,
};

/** One object of one accepted message, with what the set said for all of them. */
export interface SeenChange extends ObjectChange {
  readonly queue: 'changes' | 'changes-bulk';
  readonly set: Omit<ChangeSet, 'objects'>;
}

export interface SeenMessage {
  readonly queue: string;
  readonly envelope: Envelope;
  /** The payload as its own schema reads it. */
  readonly body: unknown;
}

/** A machine that does much else takes long; nothing is waited for once it is there. */
const deadlineMs = 100_000;

/** A broker of its own, and everything that agents say to it: received by the SDK, checked against seal and schema. */
export class AgentLab {
  readonly folder: string;
  readonly connectionString: string;
  readonly admin: string;
  readonly publicKey: Buffer;
  readonly messages: SeenMessage[] = [];
  readonly changes: SeenChange[] = [];
  /** What could not be accepted: the tests end with none. */
  readonly faults: string[] = [];
  readonly #bus: Child;
  readonly #client: ServiceBusClient;
  readonly #agents: AgentProcess[] = [];
  #listeners: (() => void)[] = [];
  readonly #seenIds = new Set<string>();
  #commandCount = 0;
  #isStopped = false;

  private constructor(bus: Child, folder: string, publicKey: string) {
    this.#bus = bus;
    this.folder = folder;
    this.connectionString = String(bus.ready['connectionString']);
    this.admin = String(bus.ready['admin']);
    this.publicKey = Buffer.from(publicKey, 'base64');
    this.#client = new ServiceBusClient(this.connectionString);
  }

  static async start(options: { readonly lock?: string } = {}): Promise<AgentLab> {
    const folder = mkdtempSync(join(tmpdir(), 'dirbridge-agent-'));
    const lock = options.lock === undefined ? [] : ['--lock', options.lock];
    const bus = await startChild('bus', [
      process.execPath,
      'local/bus/main.ts',
      '--connectors',
      'corp',
      ...lock,
    ]);
    const keygen = spawn(process.execPath, ['agent/entry.ts', 'keygen', '--out', join(folder, 'agent.key')], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let out = '';
    keygen.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
    await once(keygen, 'close');
    const lab = new AgentLab(bus, folder, (JSON.parse(out) as { publicKey: string }).publicKey);
    await lab.#receive();
    return lab;
  }

  /** Starts an agent of the connector; `options` go into agent.yaml. */
  startAgent(fixture: DirectoryFixture, options: AgentOptions = {}): AgentProcess {
    const agent = new AgentProcess(this, fixture, { name: `relay-${this.#agents.length + 1}`, ...options });
    this.#agents.push(agent);
    return agent;
  }

  /** Sends a control command, as the function app would. */
  async command(kind: 'configure' | 'refresh' | 'probe' | 'full-import', body: unknown): Promise<void> {
    const id = `c${Date.now()}-${++this.#commandCount}`;
    const envelope: Envelope = {
      kind,
      version: 1,
      id,
      connector: 'corp',
      agent: null,
      epoch: null,
      partition: null,
      traceparent: null,
      createdAt: new Date().toISOString(),
      keyId: null,
      signature: null,
      payload: JSON.stringify(kind === 'configure' ? configureSchema.parse(body) : body),
    };
    const sender = this.#client.createSender('agent-commands-corp');
    await sender.sendMessages({ body: { envelope }, messageId: id, sessionId: 'corp' });
    await sender.close();
  }

  /** Resolves with what `find` finds, looking again at each message. */
  async until<T>(what: string, find: () => T | undefined | false): Promise<T> {
    const deadline = Date.now() + deadlineMs;
    for (;;) {
      const found = find();
      if (found !== undefined && found !== false) return found;
      const left = deadline - Date.now();
      if (left <= 0)
        throw new Error(
          `${what}: not seen in ${deadlineMs} ms; faults: ${this.faults.join('; ')}\n${this.#agents.map((agent) => agent.lastWords()).join('\n')}`,
        );
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#listeners.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
  }

  /** The first change after `since` (a length of `changes`) of the object that satisfies `is`. */
  change(what: string, key: string, is: (change: SeenChange) => boolean, since = 0): Promise<SeenChange> {
    return this.until(what, () =>
      this.changes.find((change, index) => index >= since && change.key === key && is(change)),
    );
  }

  bodies<K extends keyof typeof payloadSchemas>(kind: K): ReturnType<(typeof payloadSchemas)[K]['parse']>[] {
    const found = this.messages.filter(({ envelope }) => envelope.kind === kind);
    return found.map(({ body }) => body as ReturnType<(typeof payloadSchemas)[K]['parse']>);
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await Promise.all(this.#agents.map((agent) => agent.kill()));
    await this.#client.close();
    await this.#bus.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  async #receive(): Promise<void> {
    for (const queue of ['changes-bulk', 'agent-reports', 'poison'])
      this.#subscribe(queue, this.#client.createReceiver(queue), () => undefined);
    await Promise.all(partitions.map((partition) => this.#receiveSession(partition)));
  }

  /** Sessions do not come back by themselves after a broken connection. */
  async #receiveSession(partition: string): Promise<void> {
    const receiver = await this.#client.acceptSession('changes', partition, {
      maxAutoLockRenewalDurationInMs: 86_400_000,
    });
    let isAgain = false;
    this.#subscribe(
      'changes',
      receiver,
      () => {
        if (isAgain || this.#isStopped) return;
        isAgain = true;
        const again = (): void => {
          if (!this.#isStopped) this.#receiveSession(partition).catch(() => setTimeout(again, 100));
        };
        again();
      },
      partition,
    );
  }

  #subscribe(queue: string, receiver: ServiceBusReceiver, onError: () => void, session?: string): void {
    receiver.subscribe({
      processMessage: (message) => {
        this.#accept(queue, message.body, session);
        return Promise.resolve();
      },
      processError: () => {
        onError();
        return Promise.resolve();
      },
    });
  }

  #accept(queue: string, raw: unknown, session: string | undefined): void {
    try {
      const envelope = openBody(raw);
      // Seen, but the broker did not hear of it.
      if (this.#seenIds.has(envelope.id)) return;
      this.#seenIds.add(envelope.id);
      if (!isSignedBy(envelope, this.publicKey))
        this.faults.push(`${envelope.kind}: not sealed by the agent`);
      if (session !== undefined && envelope.partition !== session)
        this.faults.push(`${envelope.kind}: in session ${session}`);
      const body = openPayload<unknown>(envelope, payloadSchemas[envelope.kind]);
      this.messages.push({ queue, envelope, body });
      if (envelope.kind === 'change-set')
        this.#acceptSet(queue as SeenChange['queue'], envelope, body as ChangeSet);
    } catch (error) {
      this.faults.push(String(error));
    }
    for (const wake of this.#listeners.splice(0)) wake();
  }

  #acceptSet(queue: SeenChange['queue'], envelope: Envelope, { objects, ...set }: ChangeSet): void {
    for (const change of objects) {
      if (partitionOf('corp', change.key) !== envelope.partition)
        this.faults.push('an object in a foreign partition');
      this.changes.push({ ...change, queue, set });
    }
  }
}

export interface AgentOptions {
  readonly name?: string;
  readonly password?: string;
  readonly user?: string;
  /** PEM; null leaves it out. */
  readonly ca?: string | null;
  readonly mode?: 'ldaps' | 'starttls';
  readonly requestTimeout?: string;
  readonly pollInterval?: string;
  /** Domain controllers instead of the fixture's. */
  readonly urls?: readonly string[];
  readonly patience?: string;
}

/** `node agent/entry.ts run` with an agent.yaml of its own. */
export class AgentProcess {
  readonly process: ChildProcess;
  readonly exited: Promise<number | null>;
  readonly lines: Record<string, unknown>[] = [];
  #out = '';
  #stderr = '';

  constructor(
    lab: Pick<AgentLab, 'folder' | 'connectionString'>,
    fixture: DirectoryFixture,
    options: AgentOptions & { readonly name: string },
  ) {
    const config = join(lab.folder, `${options.name}.yaml`);
    const ca = join(lab.folder, `${options.name}.pem`);
    writeFileSync(ca, options.ca ?? String(fixture.tls.ca));
    writeFileSync(
      config,
      JSON.stringify({
        version: 1,
        connector: 'corp',
        agent: options.name,
        directory: {
          type: 'active-directory',
          urls: options.urls ?? [options.mode === 'starttls' ? fixture.ldapUrl : fixture.ldapsUrl],
          tls: {
            mode: options.mode ?? 'ldaps',
            servername: fixture.tls.servername,
            ...(options.ca === null ? {} : { ca }),
          },
          bind: { user: options.user ?? fixture.admin.user, password: { env: 'AGENT_LAB_PASSWORD' } },
          requestTimeout: options.requestTimeout ?? 'PT20S',
          ...(options.patience === undefined ? {} : { patience: options.patience }),
          ...(options.pollInterval === undefined ? {} : { pollInterval: options.pollInterval }),
        },
        bus: { connection: { env: 'AGENT_LAB_BUS' } },
        signingKey: { file: join(lab.folder, 'agent.key') },
        log: { level: 'debug', format: 'json' },
      }),
    );
    const env = {
      ...process.env,
      AGENT_LAB_PASSWORD: options.password ?? fixture.admin.password,
      AGENT_LAB_BUS: lab.connectionString,
    };
    this.process = spawn(process.execPath, ['agent/entry.ts', 'run', '--config', config], {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.process.stdout?.on('data', (chunk: Buffer) => this.#read(chunk.toString()));
    this.process.stderr?.on('data', (chunk: Buffer) => (this.#stderr += chunk.toString()));
    this.exited = new Promise((resolve) => this.process.once('close', (code) => resolve(code)));
  }

  get stderr(): string {
    return this.#stderr;
  }

  lastWords(): string {
    return [...this.lines.slice(-8).map((line) => JSON.stringify(line)), this.#stderr].join('\n');
  }

  said(message: string): Record<string, unknown> | undefined {
    return this.lines.find((line) => String(line['msg']).startsWith(message));
  }

  /** Polls its output; a process has no event for a line that somebody else waits for. */
  async untilSaid(message: string): Promise<Record<string, unknown>> {
    const deadline = Date.now() + deadlineMs;
    while (Date.now() < deadline) {
      const line = this.said(message);
      if (line !== undefined) return line;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    throw new Error(`the agent did not say "${message}"\n${this.lastWords()}`);
  }

  async stop(): Promise<number | null> {
    this.process.kill('SIGTERM');
    return this.exited;
  }

  async kill(): Promise<void> {
    this.process.kill('SIGKILL');
    await this.exited;
  }

  #read(text: string): void {
    this.#out += text;
    const lines = this.#out.split('\n');
    this.#out = lines.pop() ?? '';
    for (const line of lines)
      if (line.startsWith('{')) this.lines.push(JSON.parse(line) as Record<string, unknown>);
  }
}
