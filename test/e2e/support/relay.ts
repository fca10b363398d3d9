import { readFileSync } from 'node:fs';
import path from 'node:path';
import { createHash, generateKeyPairSync, randomUUID } from 'node:crypto';
import type { ServiceBusClient, ServiceBusSender } from '@azure/service-bus';
import type { ChangeSet, ObjectChange } from '../../../shared/contracts/change-set.v1.ts';
import type { Envelope, Kind } from '../../../shared/contracts/envelope.v1.ts';
import { keyIdOf, sealEnvelope } from '../../../shared/model/envelope-seal.ts';
import { partitionOf } from '../../../shared/model/partition.ts';
import { captureNeeds } from '../../../shared/rules/capture-needs.ts';
import { compileRules } from '../../../shared/rules/compile-rules.ts';

/** The rules the tests of the cloud side publish. */
export const defaultRules = readFileSync(
  path.resolve(import.meta.dirname, '../../../rules/users-and-groups.yaml'),
  'utf8',
);

function askedBy(text: string): readonly string[] {
  const compiled = compileRules([{ name: 'rules.yaml', text }]);
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.problems));
  return captureNeeds(compiled.rules, 'corp').attributes;
}

/** What `configure` would ask the agent to read: a whole read speaks for all of these. */
const asked = askedBy(defaultRules);

/** A stand-in for the agent in tests of the cloud side: makes, signs and sends what an agent would. */
export class Relay {
  readonly keyId: string;
  readonly publicKey: string;
  readonly epoch = Date.now();
  private n = 0;
  private readonly key;
  private readonly senders = new Map<string, ServiceBusSender>();
  private readonly bus: ServiceBusClient;

  constructor(bus: ServiceBusClient) {
    this.bus = bus;
    const pair = generateKeyPairSync('ed25519');
    const spki = pair.publicKey.export({ type: 'spki', format: 'der' });
    this.keyId = keyIdOf(spki);
    this.publicKey = spki.toString('base64');
    this.key = { privateKey: pair.privateKey, keyId: this.keyId };
  }

  version(): { epoch: number; n: number } {
    this.n += 1;
    return { epoch: this.epoch, n: this.n };
  }

  envelope(kind: Kind, partition: string | null, payload: unknown) {
    return sealEnvelope(
      {
        kind,
        version: 1,
        id: `m${randomUUID()}`,
        connector: 'corp',
        agent: 'relay-1',
        epoch: this.epoch,
        partition,
        traceparent: null,
        createdAt: new Date().toISOString(),
        payload: JSON.stringify(payload),
      },
      this.key,
    );
  }

  /** An envelope with fields as they are given, under a signature that fits them. */
  sealed({ keyId: _keyId, signature: _signature, ...fields }: Envelope): Envelope {
    return sealEnvelope(fields, this.key);
  }

  async send(queue: string, envelope: ReturnType<Relay['envelope']>, sessionId?: string): Promise<void> {
    const sender = this.senders.get(queue) ?? this.bus.createSender(queue);
    this.senders.set(queue, sender);
    await sender.sendMessages({
      body: { envelope },
      messageId: envelope.id,
      contentType: 'application/json',
      ...(sessionId === undefined ? {} : { sessionId }),
    });
  }

  async hello(): Promise<void> {
    await this.send(
      'agent-reports',
      this.envelope('hello', null, {
        software: 'test',
        publicKey: this.publicKey,
        startedAt: new Date().toISOString(),
      }),
    );
  }

  /** Changes of one read, grouped into sets as the agent does. */
  async changes(
    objects: readonly ObjectChange[],
    options: { lane?: 'live' | 'bulk'; import?: string; version?: { epoch: number; n: number } } = {},
  ): Promise<void> {
    const lane = options.lane ?? 'live';
    const version = options.version ?? this.version();
    const groups = Map.groupBy(objects, (one) => partitionOf('corp', one.key));
    await Promise.all(
      [...groups].map(async ([partition, some]) => {
        for (let at = 0; at < some.length; at += 33) {
          const set: ChangeSet = {
            version,
            lane,
            namingContext: 'DC=corp,DC=example',
            asked: [...asked],
            readAt: new Date().toISOString(),
            objects: some.slice(at, at + 33),
            ...(options.import === undefined ? {} : { import: options.import }),
          };
          const envelope = this.envelope('change-set', partition, set);
          if (lane === 'live') await this.send('changes', envelope, partition);
          else await this.send('changes-bulk', envelope);
        }
      }),
    );
  }
}

/** A source key that is always the same for a name. */
export const keyOf = (name: string): string => createHash('sha256').update(name).digest('hex').slice(0, 32);

export function userRead(name: string, attributes: Record<string, readonly string[]> = {}): ObjectChange {
  const given = {
    sAMAccountName: [name],
    userPrincipalName: [`${name}@contoso.com`],
    displayName: [`User ${name}`],
    userAccountControl: ['512'],
    sAMAccountType: ['805306368'],
    name: [name],
    ...attributes,
  };
  return {
    key: keyOf(name),
    class: 'user',
    dn: `CN=${name},OU=People,DC=corp,DC=example`,
    ancestors: [keyOf('OU=People'), keyOf('DC=corp')],
    whole: { part: 0, of: 1 },
    attributes: Object.fromEntries(Object.entries(given).map(([key, values]) => [key, [...values]])),
  };
}

export function groupRead(
  name: string,
  members: readonly string[] = [],
  attributes: Record<string, readonly string[]> = {},
): ObjectChange {
  const given = {
    sAMAccountName: [name],
    displayName: [`Group ${name}`],
    groupType: ['-2147483646'],
    name: [name],
    sAMAccountType: ['268435456'],
    ...attributes,
  };
  return {
    key: keyOf(name),
    class: 'group',
    dn: `CN=${name},OU=Groups,DC=corp,DC=example`,
    ancestors: [keyOf('OU=Groups'), keyOf('DC=corp')],
    whole: { part: 0, of: 1 },
    attributes: Object.fromEntries(Object.entries(given).map(([key, values]) => [key, [...values]])),
    ...(members.length === 0 ? {} : { links: { member: { added: members.map(keyOf), removed: [] } } }),
  };
}
