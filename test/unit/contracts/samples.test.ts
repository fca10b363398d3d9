import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { agentKinds, kindSchema } from '../../../shared/contracts/envelope.v1.ts';
import { isSignedBy, openBody, openPayload } from '../../../shared/model/envelope-seal.ts';
import { payloadSchemas } from '../../../shared/contracts/payload-schemas.ts';

/**
 * Messages as they were sent when version 1 was made, one of each kind. They lie in queues and poison queues somewhere:
 * they must parse, and their signatures hold, for as long as version 1 is read. Never edit one; add others.
 */
const folder = path.join(import.meta.dirname, 'samples');
const read = (name: string): unknown => JSON.parse(readFileSync(path.join(folder, name), 'utf8'));
const { publicKey } = read('signing-key.json') as { publicKey: string };
const samples = readdirSync(folder).filter((name) => name.endsWith('.v1.json'));

describe('old messages', () => {
  test.each(samples)('%s still parses', (name) => {
    const envelope = openBody(read(name));
    expect(name).toBe(`${envelope.kind}.v1.json`);
    expect(openPayload<unknown>(envelope, payloadSchemas[envelope.kind])).toEqual(
      JSON.parse(envelope.payload),
    );
  });

  test.each(agentKinds)('the signature under %s still holds', (kind) => {
    const envelope = openBody(read(`${kind}.v1.json`));
    expect(isSignedBy(envelope, Buffer.from(publicKey, 'base64'))).toBe(true);
  });

  test('there is one of each kind', () => {
    expect(samples.toSorted()).toEqual(kindSchema.options.map((kind) => `${kind}.v1.json`).toSorted());
  });
});
