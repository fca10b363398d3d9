import { mkdtempSync, rmSync } from 'node:fs';
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
import { sendAgentCommand } from '../support/send-agent-command.ts';
import { AgentProcess, deadlineMs, type AgentOptions } from './support/agent-process.ts';
import { makeAgentKey } from './support/make-agent-key.ts';

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
    const { publicKey } = await makeAgentKey(folder);
    const lab = new AgentLab(bus, folder, publicKey);
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
    const payload = kind === 'configure' ? configureSchema.parse(body) : body;
    await sendAgentCommand(this.#client, kind, payload);
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
