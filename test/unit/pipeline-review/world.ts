import type { ChangeSet, ObjectChange } from '../../../shared/contracts/change-set.v1.ts';
import type { Envelope } from '../../../shared/contracts/envelope.v1.ts';
import { SyncError } from '../../../shared/errors/sync-error.ts';
import { workSchema } from '../../../shared/contracts/cloud-work.v1.ts';
import { partitionOf } from '../../../shared/model/partition.ts';
import type { CloudAnswer, CloudRequest } from '../../../shared/ports/cloud-target.ts';
import type { Clock } from '../../../shared/ports/clock.ts';
import type { OutgoingMessage } from '../../../shared/ports/message-sender.ts';
import { captureNeeds } from '../../../shared/rules/capture-needs.ts';
import type { Row } from '../../../shared/ports/table-store.ts';
import { compileRules } from '../../../shared/rules/compile-rules.ts';
import { memberRowKey, objectRowKey, workRowKey } from '../../../shared/state/keys.ts';
import type { MemberRecord, ObjectRecord, WorkRecord } from '../../../shared/state/object-record.ts';
import { foldChangeSet } from '../../../functions/pipeline/fold-change-set.ts';
import type { Mode, Pipeline } from '../../../functions/pipeline/pipeline.ts';
import { lookAhead, runSlice } from '../../../functions/pipeline/run-slice.ts';
import { rightOfWay } from '../../../functions/pipeline/right-of-way.ts';
import { ensureWork } from '../../../functions/pipeline/work.ts';
import { MemoryTableStore } from '../../support/memory-table-store.ts';

export const connector = 'corp';
const soonMs = 200_000;

export const rulesText = `
version: 1
connectors:
  corp: { type: active-directory }
  cloud: { type: entra }
syncs:
  users:
    from: { connector: corp, class: user }
    to: { connector: cloud, class: user }
    scope: { exclude: none, where: ['IsNullOrEmpty([info])'] }
    flows:
      userPrincipalName: '[userPrincipalName]'
      mailNickname: '[sAMAccountName]'
      displayName: '[displayName]'
      jobTitle: '[title]'
      accountEnabled: 'IIF(CBool(BitAnd([userAccountControl], 2)), "False", "True")'
    lifecycle:
      disabled: { action: disable, revokeSessions: false }
      deleted: { action: disable, deleteAfter: P30D }
    budgets:
      disable: { max: BUDGET, percent: 100, per: P1D }
      blank: { max: 1000, percent: 100, per: P1D, atLeast: 1000 }
      rename: { max: 1000, percent: 100, per: P1D, atLeast: 1000 }
  groups:
    from: { connector: corp, class: group }
    to: { connector: cloud, class: group }
    scope: { exclude: none }
    anchor: { from: [objectGUID], to: uniqueName, as: hex }
    flows:
      displayName: '[displayName]'
      mailNickname: { value: '[sAMAccountName]', apply: create }
      mailEnabled: '"False"'
      securityEnabled: '"True"'
      members: { references: member }
    lifecycle: { deleted: { action: delete } }
    budgets:
      removeMembers: { max: 1000, percent: 100, per: P1D, atLeast: 1000 }
`;

/** A key of the wanted partition, made by counting. */
export function keyIn(partition: string, number: number): string {
  for (let i = 0, found = 0; ; i += 1) {
    const key = i.toString(16).padStart(32, '0');
    if (partitionOf(connector, key) === partition && ++found > number) return key;
  }
}

type Answerer = (request: CloudRequest) => CloudAnswer | null | Promise<CloudAnswer | null>;

export interface WorldOptions {
  readonly mode?: Mode;
  readonly disableBudget?: number;
  /** Turns the text of the rules. */
  readonly rules?: (text: string) => string;
}

/** The pipeline with its core and shells as they are, on ports in memory; time moves only when the test says so. */
export class World {
  now = Date.UTC(2026, 0, 1);
  readonly tables = new MemoryTableStore();
  readonly sent: OutgoingMessage[] = [];
  readonly requests: CloudRequest[] = [];
  /** Answers instead of the small cloud below; null leaves the request to it. */
  intercept: Answerer = () => null;
  /** Throws to stand for a bus that does not answer. */
  beforeSend: (messages: readonly OutgoingMessage[]) => void = () => undefined;
  /** Revision of the rules; their text stays the same. */
  revision = 1;
  /** Epoch ms before which no bulk write gets a token. */
  bulkReadyAt = 0;
  readonly pipeline: Pipeline;
  readonly #asked: readonly string[];
  #ids = 0;
  #version = 0;

  constructor({ mode = 'full', disableBudget = 50, rules: turn = (text) => text }: WorldOptions = {}) {
    const text = turn(rulesText.replace('BUDGET', String(disableBudget)));
    const compiled = compileRules([{ name: 'rules.yaml', text }]);
    if (!compiled.ok) throw new Error(JSON.stringify(compiled.problems));
    this.#asked = captureNeeds(compiled.rules, connector).attributes;
    const { rules } = compiled;
    const silent = (): void => undefined;
    const clock: Clock = {
      now: () => this.now,
      sleep: (ms) => {
        this.now += ms;
        return Promise.resolve();
      },
    };
    this.pipeline = {
      tables: this.tables,
      sender: {
        send: (messages) => {
          this.beforeSend(messages);
          this.sent.push(...messages);
          return Promise.resolve();
        },
      },
      target: { send: async (requests) => Promise.all(requests.map((request) => this.#answer(request))) },
      clock,
      random: {
        id: (prefix) => `${prefix}${(this.#ids += 1)}`,
        bytes: (length) => new Uint8Array(length),
        fraction: () => 0.5,
      },
      log: { debug: silent, info: silent, warn: silent, error: silent },
      rules: {
        inForce: () =>
          Promise.resolve({ revision: this.revision, generation: this.revision, rules, containers: {} }),
        earlier: () => Promise.resolve(null),
        refresh: silent,
      },
      tokens: {
        take: (count) => Promise.resolve({ granted: count, waitUntil: null }),
        readyAt: (priority) => (priority === 'bulk' ? this.bulkReadyAt : 0),
        admit: (_count, _priority, now) => now,
        leave: silent,
        queueEnd: () => 0,
        throttled: () => Promise.resolve(),
        pause: silent,
      },
      way: rightOfWay(clock),
      mode,
      graphRoot: 'http://graph.test/v1.0',
    };
  }

  /** The same state seen by an app with another mode. */
  withMode(mode: Mode): Pipeline {
    return { ...this.pipeline, mode };
  }

  version(): { epoch: number; n: number } {
    this.#version += 1;
    return { epoch: Date.UTC(2026, 0, 1), n: this.#version };
  }

  changeSet(objects: readonly ObjectChange[], over: Partial<ChangeSet> = {}): ChangeSet {
    return {
      version: this.version(),
      lane: 'live',
      namingContext: 'DC=corp,DC=example',
      asked: [...this.#asked],
      readAt: new Date(this.now).toISOString(),
      objects: [...objects],
      ...over,
    };
  }

  envelope(partition: string, id = `m${(this.#ids += 1)}`): Envelope {
    return {
      kind: 'change-set',
      version: 1,
      id,
      connector,
      agent: 'relay-1',
      epoch: 1,
      partition,
      traceparent: null,
      createdAt: new Date(this.now).toISOString(),
      keyId: null,
      signature: null,
      payload: '',
    };
  }

  async fold(objects: readonly ObjectChange[], over: Partial<ChangeSet> = {}): Promise<void> {
    const [first] = objects;
    const partition = partitionOf(connector, first?.key ?? '');
    await foldChangeSet(this.pipeline, this.envelope(partition), this.changeSet(objects, over));
  }

  /** Turns of a partition, whoever names them, for as long as something is due soon; at most so many. */
  async turns(partition: string, pipeline: Pipeline = this.pipeline, max = 20): Promise<void> {
    const place = { connector, partition };
    for (let turn = 0; turn < max; turn += 1) {
      // What the sweep would do.
      const [first] = (await lookAhead(pipeline, place)).due;
      if (first !== undefined)
        await ensureWork(pipeline, place, { at: this.now, rank: first.rank, by: null });
      const work = await this.work(partition);
      if (work?.work == null) return;
      // A turn that was put off for a little comes in its time.
      if (work.at > this.now && work.at < this.now + soonMs) this.now = work.at;
      if (work.at > this.now) return;
      await runSlice(pipeline, place, work.work);
    }
  }

  async object(key: string): Promise<ObjectRecord | undefined> {
    return this.row<ObjectRecord>(partitionOf(connector, key), objectRowKey(key));
  }

  async member(group: string, member: string): Promise<MemberRecord | undefined> {
    return this.row<MemberRecord>(partitionOf(connector, group), memberRowKey(group, member));
  }

  async work(partition: string): Promise<WorkRecord | undefined> {
    return this.row<WorkRecord>(partition, workRowKey);
  }

  async row<T>(partition: string, rowKey: string): Promise<T | undefined> {
    return (await this.tables.get('Objects', `${connector}|${partition}`, rowKey))?.data as T | undefined;
  }

  async journal(): Promise<Row[]> {
    const lines: Row[] = [];
    for await (const row of this.tables.scan('Journal', { fromPartition: '2', toPartition: '3' }))
      lines.push(row);
    return lines;
  }

  works(): string[] {
    return this.sent.flatMap(({ envelope }) =>
      envelope.kind === 'work' ? [workSchema.parse(JSON.parse(envelope.payload)).work] : [],
    );
  }

  async #answer(request: CloudRequest): Promise<CloudAnswer> {
    this.requests.push(request);
    return (await this.intercept(request)) ?? answer(request);
  }
}

/** A cloud that takes everything: ids follow from what is created. */
export function answer(request: CloudRequest): CloudAnswer {
  const ok = { id: request.id, ok: true, requestId: null } as const;
  if (request.method === 'GET') return { ...ok, status: 200, body: { value: [] } };
  if (request.method === 'POST' && request.path === '/users') {
    const { mailNickname } = request.body as { mailNickname: string };
    return { ...ok, status: 201, body: { id: `u-${mailNickname}` } };
  }
  const anchor = /^\/groups\(uniqueName='([^']+)'\)$/.exec(request.path)?.[1];
  if (anchor !== undefined) return { ...ok, status: 201, body: { id: `g-${anchor.slice(-6)}` } };
  return { ...ok, status: 204, body: undefined };
}

export function refusal(
  request: CloudRequest,
  over: Partial<Extract<CloudAnswer, { ok: false }>>,
): CloudAnswer {
  return {
    id: request.id,
    ok: false,
    code: 'GRAPH_NOT_FOUND',
    status: 404,
    graphCode: null,
    targets: [],
    message: 'no such object',
    retryAfterMs: null,
    isAmbiguous: false,
    requestId: null,
    ...over,
  };
}

export function user(key: string, name: string, over: Partial<ObjectChange> = {}): ObjectChange {
  return {
    key,
    class: 'user',
    dn: `CN=${name},DC=corp,DC=example`,
    ancestors: [],
    whole: { part: 0, of: 1 },
    attributes: {
      displayName: [name],
      sAMAccountName: [name],
      userPrincipalName: [`${name}@corp.example`],
      userAccountControl: ['512'],
    },
    ...over,
  };
}

export function group(key: string, name: string, members: readonly string[] = []): ObjectChange {
  return {
    key,
    class: 'group',
    dn: `CN=${name},DC=corp,DC=example`,
    ancestors: [],
    whole: { part: 0, of: 1 },
    attributes: { displayName: [name], sAMAccountName: [name] },
    links: { member: { added: [...members], removed: [] } },
  };
}

export const memberChange = (
  key: string,
  added: readonly string[],
  removed: readonly string[] = [],
): ObjectChange => ({
  key,
  attributes: {},
  links: { member: { added: [...added], removed: [...removed] } },
});

export const outage = (): SyncError => new SyncError('BUS_UNREACHABLE', 'the bus does not answer');
/** Nothing runs after it in the process it is thrown in. */
export class Killed extends Error {}
