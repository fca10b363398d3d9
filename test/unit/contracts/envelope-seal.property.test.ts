import { generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { agentKinds, type Envelope } from '../../../shared/contracts/envelope.v1.ts';
import { SyncError } from '../../../shared/errors/sync-error.ts';
import { isSignedBy, keyIdOf, openBody, sealEnvelope } from '../../../shared/model/envelope-seal.ts';
import { partitions } from '../../../shared/model/partition.ts';

const pair = () => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  return { spki, key: { privateKey, keyId: keyIdOf(spki) } };
};
const ours = pair();
const theirs = pair();

const name = fc.stringMatching(/^[a-z][a-z0-9-]{1,19}$/);
const fields: fc.Arbitrary<Omit<Envelope, 'keyId' | 'signature'>> = fc.record({
  kind: fc.constantFrom(...agentKinds),
  version: fc.constant(1 as const),
  id: fc.stringMatching(/^m[A-Za-z0-9-]{1,40}$/),
  connector: name,
  agent: fc.option(fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9-]{0,62}$/)),
  epoch: fc.option(fc.nat()),
  partition: fc.option(fc.constantFrom(...partitions)),
  traceparent: fc.option(fc.string({ maxLength: 64 })),
  createdAt: fc
    .date({ min: new Date('2020-01-01'), max: new Date('2100-01-01'), noInvalidDate: true })
    .map((date) => date.toISOString()),
  payload: fc.oneof(fc.json(), fc.string({ unit: 'binary' })),
});

/** As it travels: JSON text in UTF-8. */
const travelled = (envelope: Envelope): Envelope =>
  openBody(JSON.parse(Buffer.from(JSON.stringify({ envelope }), 'utf8').toString('utf8')));

describe('a sealed envelope', () => {
  test('arrives as it was sent, signed by its key and no other', () => {
    fc.assert(
      fc.property(fields, (given) => {
        const envelope = sealEnvelope(given, ours.key);
        const arrived = travelled(envelope);
        expect(arrived).toEqual(envelope);
        expect(isSignedBy(arrived, ours.spki)).toBe(true);
        expect(isSignedBy(arrived, theirs.spki)).toBe(false);
      }),
    );
  });

  test('is not signed any more once any field is another one', () => {
    fc.assert(
      fc.property(fields, fields, (given, other) => {
        const envelope = sealEnvelope(given, ours.key);
        for (const field of Object.keys(given) as (keyof typeof given)[]) {
          if (other[field] === given[field]) continue;
          expect(isSignedBy({ ...envelope, [field]: other[field] }, ours.spki), field).toBe(false);
        }
      }),
      // Nine signatures checked a run.
      { numRuns: 30 },
    );
  }, 20_000);

  test('is not signed any more once a bit of the signature is another one', () => {
    fc.assert(
      fc.property(fields, fc.nat(511), (given, bit) => {
        const envelope = sealEnvelope(given, ours.key);
        const bytes = Buffer.from(envelope.signature ?? '', 'base64url');
        bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        expect(isSignedBy({ ...envelope, signature: bytes.toString('base64url') }, ours.spki)).toBe(false);
      }),
    );
  });

  test('cannot be moved to another key by naming that key', () => {
    fc.assert(
      fc.property(fields, (given) => {
        const envelope = sealEnvelope(given, theirs.key);
        expect(isSignedBy({ ...envelope, keyId: ours.key.keyId }, ours.spki)).toBe(false);
      }),
    );
  });

  test('whatever bytes are given as a key, there is no error', () => {
    const envelope = sealEnvelope(fc.sample(fields, 1)[0] as Envelope, ours.key);
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey;
    const keys = [Buffer.from('no key'), Buffer.alloc(0), rsa.export({ type: 'spki', format: 'der' })];
    for (const spki of keys) expect(isSignedBy({ ...envelope, keyId: keyIdOf(spki) }, spki)).toBe(false);
  });

  test('a body that is none is refused by name of the field, never by quoting it', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (body) => {
        try {
          openBody(body);
          expect.unreachable();
        } catch (error) {
          expect(error).toBeInstanceOf(SyncError);
          expect((error as SyncError).code).toBe('CONTRACT_INVALID');
        }
      }),
    );
    expect(() => openBody({ envelope: { kind: 'Top secret' } })).not.toThrow(/Top secret/);
  });
});
