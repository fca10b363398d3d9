import { inflateRawSync } from 'node:zlib';
import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { poisonMessage } from '../../../functions/pipeline/poison-message.ts';
import { poisonSchema } from '../../../shared/contracts/cloud-work.v1.ts';
import { openBody, openPayload } from '../../../shared/model/envelope-seal.ts';

const source = {
  clock: { now: () => Date.parse('2026-11-23T02:00:00.000Z'), sleep: () => Promise.resolve() },
  random: {
    id: (prefix: string) => `${prefix}1`,
    bytes: (length: number) => new Uint8Array(length),
    fraction: () => 0,
  },
};
function send(original: string) {
  const poison = {
    code: 'CONTRACT_INVALID',
    message: 'wrong',
    queue: 'changes',
    refusedAt: '2026-11-23T02:00:00.000Z',
    original,
  };
  const { queue, envelope } = poisonMessage(source, { connector: 'corp', partition: null }, poison);
  expect(queue).toBe('poison');
  const body = { envelope };
  return {
    bytes: Buffer.byteLength(JSON.stringify(body)),
    poison: openPayload(openBody(body), poisonSchema),
  };
}
/** What the broker takes (256 KiB), with room for its own annotations. */
const brokerMax = 250_000;

describe('a refused message in the poison queue', () => {
  test('stands there as it came', () => {
    expect(send('{"envelope":{}}').poison.original).toBe('{"envelope":{}}');
  });

  test('is deflated where it would not fit, and comes back whole', () => {
    const original = JSON.stringify({ text: '"'.repeat(60_000) });
    const { bytes, poison } = send(original);
    expect(bytes).toBeLessThan(brokerMax);
    const [form, packed = ''] = poison.original.split(':');
    expect(form).toBe('deflate-base64');
    expect(inflateRawSync(Buffer.from(packed, 'base64')).toString()).toBe(original);
  });

  test('loses its end where even that is too long, and says so', () => {
    const original = randomBytes(200_000).toString('base64');
    const { bytes, poison } = send(original);
    expect(bytes).toBeLessThan(brokerMax);
    expect(poison.original).toBe(`truncated:${original.slice(0, 20_000)}`);
  });
});
