import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import fingerprints from '../../../shared/contracts/fingerprints.json' with { type: 'json' };
import { bodySchema, kindSchema } from '../../../shared/contracts/envelope.v1.ts';
import { payloadSchemas } from '../../../shared/contracts/payload-schemas.ts';

/**
 * What agents of other versions send and read. When one of these fails, the wire has changed: agent and function app are
 * updated on different days, and messages of the old form lie in queues for up to 14 days.
 *
 * - Something optional was added: what exists still parses, but an older reader refuses it (schemas are strict). Update the
 *   readers first; then write the new fingerprint into shared/contracts/fingerprints.json.
 * - A field was narrowed to what every release has sent: an id that was any text, and that a reader makes a key of. It
 *   is the reader alone that changes; the samples prove that the old form still parses. Write the new fingerprint.
 * - Anything else: make a new schema file `<name>.v2.ts` with `version: 2` in its envelope, read both, and send the new
 *   one only when nobody reads the old one any more. The old file, its fingerprint and its samples stay.
 */
function fingerprint(schema: z.ZodType): string {
  const json = z.toJSONSchema(schema, {
    io: 'input',
    // Words about a field are not part of the wire.
    override: ({ jsonSchema }) => {
      delete jsonSchema.description;
    },
  });
  return createHash('sha256')
    .update(JSON.stringify(sorted(json)))
    .digest('hex');
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([name, member]) => [name, sorted(member)]));
}

const schemas: Readonly<Record<string, z.ZodType>> = { envelope: bodySchema, ...payloadSchemas };
const { $comment: _comment, ...known } = fingerprints;

describe('the form of every message', () => {
  test.each(Object.entries(schemas))('%s is as it was', (name, schema) => {
    expect({ [name]: fingerprint(schema) }).toEqual({ [name]: (known as Record<string, string>)[name] });
  });

  test('every kind has a fingerprint, and no other', () => {
    expect(Object.keys(known).toSorted()).toEqual(['envelope', ...kindSchema.options].toSorted());
  });

  test('words do not count, everything else does', () => {
    const plain = fingerprint(z.strictObject({ a: z.string() }));
    expect(fingerprint(z.strictObject({ a: z.string().describe('Said otherwise') }))).toBe(plain);
    expect(fingerprint(z.strictObject({ a: z.string().optional() }))).not.toBe(plain);
    expect(fingerprint(z.strictObject({ a: z.string().max(9) }))).not.toBe(plain);
    expect(fingerprint(z.strictObject({ a: z.string(), description: z.string() }))).not.toBe(plain);
    expect(fingerprint(z.looseObject({ a: z.string() }))).not.toBe(plain);
  });
});
