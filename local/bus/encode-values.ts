import rhea from 'rhea';
import type { RawValue } from './amqp-bytes.ts';

interface AmqpWriter {
  write(value: unknown): void;
  toBuffer(): Buffer;
}

const { types } = rhea as unknown as {
  readonly types: { readonly Writer: new () => AmqpWriter; wrap(value: unknown): unknown };
};

/** JS values (already read from the wire) as AMQP bytes, null left out. */
export function encodeValues(values: Readonly<Record<string, unknown>>): Map<string, RawValue> {
  const encoded = new Map<string, RawValue>();
  for (const [key, value] of Object.entries(values)) {
    if (value === null || value === undefined) continue;
    const writer = new types.Writer();
    writer.write(types.wrap(value));
    encoded.set(key, Buffer.from(writer.toBuffer()));
  }
  return encoded;
}
