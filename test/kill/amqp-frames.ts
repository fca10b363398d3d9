import { createRequire } from 'node:module';

/** The performatives that are looked at; the others pass unread. */
const names: Readonly<Record<number, FrameName>> = {
  0x11: 'begin',
  0x12: 'attach',
  0x14: 'transfer',
  0x15: 'disposition',
};
export type FrameName = 'begin' | 'attach' | 'transfer' | 'disposition';

/** Fields as rhea names them. */
export interface Performative {
  readonly remote_channel?: number | null;
  readonly handle?: number;
  readonly role?: boolean;
  readonly source?: { readonly value?: unknown } | null;
  readonly target?: { readonly value?: unknown } | null;
  readonly delivery_id?: number | null;
  readonly first?: number;
  readonly last?: number | null;
  readonly more?: boolean | null;
}

export interface Frame {
  readonly name: FrameName | null;
  readonly channel: number;
  readonly bytes: Buffer;
  /** Null where it was not read. */
  readonly performative: Performative | null;
}

const require = createRequire(import.meta.url);
interface RheaFrames {
  read_frame(bytes: Buffer): { readonly performative: Performative };
}
const rhea = require('rhea/lib/frames.js') as RheaFrames;

/**
 * Cuts a byte stream into AMQP frames. A protocol header (AMQP 1.0 part 2.2: 8 bytes that begin with "AMQP") comes as
 * a frame without name; SASL has one too, so a stream may hold two.
 */
export class FrameReader {
  #rest: Buffer = Buffer.alloc(0);

  *read(chunk: Buffer): Generator<Frame> {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    for (;;) {
      if (this.#rest.length < 8) return;
      const isHeader = this.#rest.toString('latin1', 0, 4) === 'AMQP';
      const size = isHeader ? 8 : this.#rest.readUInt32BE(0);
      if (this.#rest.length < size) return;
      const bytes = this.#rest.subarray(0, size);
      this.#rest = this.#rest.subarray(size);
      yield isHeader ? { name: null, channel: 0, bytes, performative: null } : frameOf(bytes);
    }
  }
}

/** Part 2.3: size, data offset in words, type (0 AMQP), channel; then 0x00, 0x53 and the performative's code. */
function frameOf(bytes: Buffer): Frame {
  const channel = bytes.readUInt16BE(6);
  const at = (bytes[4] ?? 2) * 4;
  const isAmqp = bytes[5] === 0 && bytes[at] === 0 && bytes[at + 1] === 0x53;
  const name = isAmqp ? (names[bytes[at + 2] ?? 0] ?? null) : null;
  return { name, channel, bytes, performative: name === null ? null : rhea.read_frame(bytes).performative };
}
