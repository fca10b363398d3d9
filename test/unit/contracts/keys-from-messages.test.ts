import { describe, expect, test } from 'vitest';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { bodySchema, kindSchema, type Kind } from '../../../shared/contracts/envelope.v1.ts';
import { payloadSchemas } from '../../../shared/contracts/payload-schemas.ts';
import { indexRowKey, parseIndexRowKey } from '../../../shared/state/keys.ts';

/**
 * Where a word of a message becomes a part of a PartitionKey or RowKey. Table storage takes no / \\ # ? and no control
 * characters in one; our own separator is |.
 */
const keyed: readonly { readonly kind: Kind; readonly field: string }[] = [
  { kind: 'operator-request', field: 'request' },
  { kind: 'work', field: 'work' },
  { kind: 'import-complete', field: 'import' },
  { kind: 'list-complete', field: 'key' },
  { kind: 'list-complete', field: 'attribute' },
];
const hostile = [
  'a/b',
  'a\\b',
  'a#b',
  'a?b',
  'a|b',
  'a\nb',
  'a\u0000b',
  'a\u0085b',
  "a' or 'a",
  '',
  'a'.repeat(400),
];
const sample = (kind: Kind): { envelope: Record<string, unknown> } =>
  JSON.parse(readFileSync(path.join(import.meta.dirname, 'samples', `${kind}.v1.json`), 'utf8')) as {
    envelope: Record<string, unknown>;
  };

describe('what a message puts into a key', () => {
  test.each(keyed)('$field of $kind holds nothing that a key cannot', ({ kind, field }) => {
    const payload = JSON.parse(String(sample(kind).envelope['payload'])) as Record<string, unknown>;
    const accepts = (value: string) => payloadSchemas[kind].safeParse({ ...payload, [field]: value }).success;
    expect(accepts(String(payload[field]))).toBe(true);
    for (const value of hostile) expect(accepts(value), JSON.stringify(value)).toBe(false);
  });

  test.each(['connector', 'agent', 'partition', 'keyId', 'id'])(
    '%s of an envelope holds nothing that a key cannot',
    (field) => {
      for (const kind of kindSchema.options)
        for (const value of hostile) {
          const { envelope } = sample(kind);
          expect(bodySchema.safeParse({ envelope: { ...envelope, [field]: value } }).success, value).toBe(
            false,
          );
        }
    },
  );

  test('ids of operator requests are as the operator function makes them', () => {
    const request = `r${'0123456789abcdef'.repeat(2)}-p63`;
    expect(payloadSchemas['operator-request'].safeParse({ request }).success).toBe(true);
  });

  test('a moment of the year 9999 makes a key that is read again', () => {
    const key = { rank: '2', due: Date.parse('9999-12-31T23:59:59Z'), kind: 'import', id: 'i1' } as const;
    expect(parseIndexRowKey(indexRowKey(key))).toMatchObject({ kind: 'import', id: 'i1' });
  });
});
