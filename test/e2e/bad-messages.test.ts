import { generateKeyPairSync, randomUUID, sign } from 'node:crypto';
import type { ServiceBusReceivedMessage, ServiceBusReceiver } from '@azure/service-bus';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { signedBytes, type Envelope, type Kind } from '../../shared/contracts/envelope.v1.ts';
import { poisonSchema, type Poison } from '../../shared/contracts/cloud-work.v1.ts';
import { errorCodes, type ErrorCode } from '../../shared/errors/error-codes.ts';
import { keyIdOf, openBody, openPayload, sealEnvelope } from '../../shared/model/envelope-seal.ts';
import { partitionOf } from '../../shared/model/partition.ts';
import { logLines } from './support/app-log.ts';
import { eventually } from './support/cloud.ts';
import { keyOf, Relay, userRead } from './support/relay.ts';
import { startScene, type Scene } from './support/scene.ts';

/** What does not belong on a queue ends in `poison` with its reason, and what comes after it is handled. */
let scene: Scene;
let poison: ServiceBusReceiver;
const key = keyOf('good');
const partition = partitionOf('corp', key);
const elsewhere = partition === 'p00' ? 'p01' : 'p00';
const strangerKey = generateKeyPairSync('ed25519');
const stranger = {
  privateKey: strangerKey.privateKey,
  keyId: keyIdOf(strangerKey.publicKey.export({ type: 'spki', format: 'der' })),
};

beforeAll(async () => {
  scene = await startScene();
  poison = scene.cloud.bus.createReceiver('poison');
  await scene.relay.changes([userRead('good')]);
  await eventually('good is created', () => scene.user('good'));
}, 90_000);
afterAll(async () => {
  await poison.close();
  await scene.stop();
});

const changeSet = (objects: readonly unknown[], more: Record<string, unknown> = {}) => ({
  version: scene.relay.version(),
  lane: 'live',
  namingContext: 'DC=corp,DC=example',
  asked: ['title'],
  readAt: new Date().toISOString(),
  objects,
  ...more,
});
const title = (text: string, of = key) => ({ key: of, attributes: { title: [text] } });
const sealed = (kind: Kind, payload: unknown, of: string | null = partition) =>
  scene.relay.envelope(kind, of, payload);
const bodyOf = (envelope: Envelope) => ({ envelope });

async function send(queue: string, body: unknown, contentType?: string): Promise<void> {
  const sender = scene.cloud.bus.createSender(queue);
  await sender.sendMessages({
    body,
    messageId: `t${randomUUID()}`,
    ...(contentType === undefined ? {} : { contentType }),
    ...(queue === 'changes' ? { sessionId: partition } : {}),
  });
  await sender.close();
}

async function nextPoison(): Promise<Poison> {
  const [message] = await poison.receiveMessages(1, { maxWaitTimeInMs: 20_000 });
  if (message === undefined) throw new Error('nothing came to the poison queue');
  await poison.completeMessage(message);
  return poisonOf(message);
}
function poisonOf(message: ServiceBusReceivedMessage): Poison {
  const envelope = openBody(message.body);
  expect(envelope.kind).toBe('poison');
  return openPayload(envelope, poisonSchema);
}

let round = 0;
/** The next message of the same session is handled: a change of an object of that partition arrives. */
async function flowsOn(): Promise<void> {
  round += 1;
  const text = `Round ${round}`;
  await scene.relay.changes([title(text)]);
  await eventually('the next change arrives', async () => (await scene.user('good'))?.['jobTitle'] === text);
}

interface Bad {
  readonly name: string;
  readonly queue?: string;
  readonly code: ErrorCode;
  readonly reason: RegExp;
  readonly body: () => unknown;
}
const bad: readonly Bad[] = [
  {
    name: 'text that is not JSON',
    code: 'CONTRACT_INVALID',
    reason: /not a Dirbridge envelope/,
    body: () => Buffer.from('no { JSON'),
  },
  {
    name: 'bytes',
    code: 'CONTRACT_INVALID',
    reason: /not a Dirbridge envelope/,
    body: () => Buffer.from([0xff, 0x00, 0xfe]),
  },
  {
    name: 'JSON without an envelope',
    code: 'CONTRACT_INVALID',
    reason: /envelope/,
    body: () => ({ hello: 1 }),
  },
  {
    name: 'something beside the envelope',
    code: 'CONTRACT_INVALID',
    reason: /unrecognized keys/,
    body: () => ({ ...bodyOf(sealed('change-set', changeSet([title('x')]))), messageId: 'x' }),
  },
  {
    name: 'an unknown kind',
    code: 'CONTRACT_INVALID',
    reason: /envelope\.kind/,
    body: () => bodyOf({ ...sealed('change-set', {}), kind: 'surprise' as Kind }),
  },
  {
    name: 'a later version',
    code: 'CONTRACT_INVALID',
    reason: /envelope\.version/,
    body: () => bodyOf({ ...sealed('change-set', {}), version: 2 as 1 }),
  },
  {
    name: 'a payload that is not JSON',
    code: 'CONTRACT_INVALID',
    reason: /payload of change-set is not JSON/,
    body: () => bodyOf(resealed({ payload: '{' })),
  },
  {
    name: 'a wrong payload',
    code: 'CONTRACT_INVALID',
    reason: /payload of change-set is wrong: objects\.0\.key/,
    body: () => bodyOf(sealed('change-set', changeSet([{ key: 'NOT HEX', attributes: {} }]))),
  },
  {
    name: 'no signature',
    code: 'SIGNATURE_INVALID',
    reason: /not signed/,
    body: () => bodyOf({ ...sealed('change-set', changeSet([title('x')])), keyId: null, signature: null }),
  },
  {
    name: 'a key that nobody trusts',
    code: 'SIGNATURE_INVALID',
    reason: /not trusted for its connector/,
    body: () => {
      const {
        keyId: _keyId,
        signature: _signature,
        ...fields
      } = sealed('change-set', changeSet([title('x')]));
      return bodyOf(sealEnvelope(fields, stranger));
    },
  },
  {
    name: 'an untrusted key under the name of a trusted one',
    code: 'SIGNATURE_INVALID',
    reason: /signature of an agent message is wrong/,
    body: () => {
      const { signature: _signature, ...fields } = sealed('change-set', changeSet([title('x')]));
      const signature = sign(null, signedBytes(fields), stranger.privateKey).toString('base64url');
      return bodyOf({ ...fields, signature });
    },
  },
  {
    name: 'a signature over something else',
    code: 'SIGNATURE_INVALID',
    reason: /signature of an agent message is wrong/,
    body: () =>
      bodyOf({
        ...sealed('change-set', changeSet([title('x')])),
        payload: JSON.stringify(changeSet([title('forged')])),
      }),
  },
  {
    name: 'another agent’s name',
    code: 'SIGNATURE_INVALID',
    reason: /signature of an agent message is wrong/,
    body: () => bodyOf(resealed({ agent: 'relay-2' })),
  },
  {
    name: 'another connector',
    code: 'SIGNATURE_INVALID',
    reason: /not trusted for its connector/,
    body: () => bodyOf(resealed({ connector: 'other' })),
  },
  {
    name: 'the wrong partition',
    code: 'CONTRACT_INVALID',
    reason: /another partition/,
    body: () => bodyOf(sealed('change-set', changeSet([title('x')]), elsewhere)),
  },
  {
    name: 'no partition',
    code: 'CONTRACT_INVALID',
    reason: /another partition/,
    body: () => bodyOf(sealed('change-set', changeSet([title('x')]), null)),
  },
  {
    name: 'a key of another partition among others',
    code: 'CONTRACT_INVALID',
    reason: /another partition/,
    body: () => bodyOf(sealed('change-set', changeSet([title('x'), title('x', foreignKey())]))),
  },
  {
    name: 'an object twice in a set',
    code: 'CONTRACT_INVALID',
    reason: /names an object twice/,
    body: () => bodyOf(sealed('change-set', changeSet([title('x'), title('y')]))),
  },
  {
    name: 'a change from more than 400 days ago',
    code: 'TOO_OLD',
    reason: /400 days/,
    body: () =>
      bodyOf(
        sealed(
          'change-set',
          changeSet([title('x')], { version: { epoch: Date.now() - 401 * 86_400_000, n: 1 } }),
        ),
      ),
  },
  {
    name: 'an operator request that nobody wrote down',
    code: 'CONTRACT_INVALID',
    reason: /not stored/,
    body: () => bodyOf(unsigned('operator-request', { request: 'r0000' })),
  },
  {
    name: 'an operator request whose id no key can hold',
    code: 'CONTRACT_INVALID',
    reason: /payload of operator-request is wrong: request/,
    body: () => bodyOf(unsigned('operator-request', { request: 'a/b' })),
  },
  {
    name: 'a work without a partition',
    code: 'CONTRACT_INVALID',
    reason: /names no partition/,
    body: () => bodyOf(unsigned('work', { work: 'w0000' }, null)),
  },
  {
    name: 'the end of a list on the live lane',
    code: 'CONTRACT_INVALID',
    reason: /list-complete does not belong on this queue/,
    body: () =>
      bodyOf(sealed('list-complete', { key, attribute: 'member', version: scene.relay.version(), total: 0 })),
  },
  {
    name: 'a heartbeat among changes',
    code: 'CONTRACT_INVALID',
    reason: /heartbeat does not belong on this queue/,
    body: () => bodyOf(sealed('heartbeat', {}, null)),
  },
  {
    name: 'work on the bulk lane',
    queue: 'changes-bulk',
    code: 'CONTRACT_INVALID',
    reason: /work does not belong on this queue/,
    body: () => bodyOf(unsigned('work', { work: 'w0000' })),
  },
  {
    name: 'a change set among reports',
    queue: 'agent-reports',
    code: 'CONTRACT_INVALID',
    reason: /change-set does not belong on this queue/,
    body: () => bodyOf(sealed('change-set', changeSet([title('x')]))),
  },
  {
    name: 'a hello with a key that is none',
    queue: 'agent-reports',
    code: 'SIGNATURE_INVALID',
    reason: /not signed by the key it brings/,
    body: () => {
      const publicKey = Buffer.from('no key').toString('base64');
      const hello = resealed({
        kind: 'hello',
        payload: JSON.stringify({ software: 'test', publicKey, startedAt: new Date().toISOString() }),
      });
      return bodyOf({ ...hello, keyId: keyIdOf(Buffer.from('no key')) });
    },
  },
];

/** Signed by the trusted key, with other fields. */
function resealed(fields: Partial<Envelope>): Envelope {
  return scene.relay.sealed({ ...sealed('change-set', changeSet([title('x')])), ...fields });
}
function unsigned(kind: Kind, payload: unknown, of: string | null = partition): Envelope {
  return { ...sealed(kind, payload, of), agent: null, epoch: null, keyId: null, signature: null };
}
function foreignKey(): string {
  for (let index = 0; ; index += 1) {
    const candidate = keyOf(`foreign ${index}`);
    if (partitionOf('corp', candidate) !== partition) return candidate;
  }
}

describe('a message that does not belong', () => {
  test.each(bad)('$name', async ({ queue = 'changes', code, reason, body }) => {
    const sent = body();
    await send(queue, sent);
    const refused = await nextPoison();
    expect(refused).toMatchObject({ code, queue });
    expect(refused.message).toMatch(reason);
    if (!Buffer.isBuffer(sent)) expect(JSON.parse(refused.original)).toEqual(sent);
    expect(
      logLines(scene.cloud).findLast((line) => line['queue'] === queue && line['code'] === code),
    ).toMatchObject({ message: expect.stringMatching(reason) as string, action: errorCodes[code].action });
    await flowsOn();
  });

  test('one as large as a message may be still fits the poison queue', async () => {
    const quotes = '"'.repeat(15_000);
    const sent = bodyOf(sealed('change-set', changeSet([title(quotes), title(quotes)])));
    await send('changes', sent);
    const { original, code } = await nextPoison();
    expect(code).toBe('CONTRACT_INVALID');
    expect(original).toMatch(/^deflate-base64:/);
    await flowsOn();
  });

  test('what fails five times without an outage is refused, and its objects are asked for again', async () => {
    // No text column of a table holds so much: a failure that nobody foresaw, which every repetition meets again.
    const sent = bodyOf(sealed('change-set', changeSet([title('x')], { import: 'i'.repeat(40_000) })));
    await send('changes', sent);
    const refused = await nextPoison();
    expect(refused).toMatchObject({ code: 'INTERNAL', queue: 'changes' });
    const failed = logLines(scene.cloud).filter(
      (line) => line['id'] === sent.envelope.id && 'attempt' in line,
    );
    expect(failed.map((line) => line['attempt'])).toEqual([1, 2, 3, 4, 5]);
    expect(await scene.command('refresh', key)).toEqual({ requests: [{ key }] });
    await flowsOn();
  });

  test('a stranger’s hello is noted, but what it sends is refused until it is trusted', async () => {
    const other = new Relay(scene.cloud.bus);
    await other.hello();
    await other.changes([title('From a stranger')]);
    expect(await nextPoison()).toMatchObject({ code: 'SIGNATURE_INVALID' });
    await flowsOn();
    expect((await scene.user('good'))?.['jobTitle']).not.toBe('From a stranger');
  });

  test('nothing of it was written, and nothing lies in the dead letters', async () => {
    const names = ['changes', 'changes-bulk', 'agent-reports', 'poison'];
    // The last turn of a partition may still be under way.
    const queues = await eventually('all queues are empty', async () => {
      const answer = await fetch(`${scene.cloud.busAdmin}/queues`);
      const counts = (await answer.json()) as Record<string, { deadLetter: number; active: number }>;
      return names.every((name) => counts[name]?.active === 0) && counts;
    });
    for (const name of names) expect(queues[name], name).toMatchObject({ deadLetter: 0 });
  });
});
