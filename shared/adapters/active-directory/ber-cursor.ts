/**
 * Reads BER forward through a buffer (RFC 4511 section 5.1: definite lengths only). It makes no object a step, which
 * is what counts when a domain of a hundred thousand entries comes by.
 */
export class BerCursor {
  readonly buffer: Buffer;
  offset: number;
  /** Length of the contents whose header was read last. */
  length = 0;

  constructor(buffer: Buffer, offset = 0) {
    this.buffer = buffer;
    this.offset = offset;
  }

  /** Reads tag and length; the offset is then at the contents. */
  header(): number {
    const { buffer } = this;
    const tag = buffer[this.offset];
    let length = buffer[this.offset + 1];
    if (tag === undefined || length === undefined) throw new RangeError('BER: a header passes the end');
    this.offset += 2;
    if (length >= 0x80) {
      const bytes = length & 0x7f;
      if (bytes === 0 || bytes > 4) throw new RangeError('BER: unusable length');
      length = buffer.readUIntBE(this.offset, bytes);
      this.offset += bytes;
    }
    if (this.offset + length > buffer.length) throw new RangeError('BER: contents pass the end');
    this.length = length;
    return tag;
  }

  expect(tag: number): void {
    const found = this.header();
    if (found !== tag)
      throw new RangeError(`BER: expected 0x${tag.toString(16)}, found 0x${found.toString(16)}`);
  }

  /** Contents of the element whose header was read last, without a copy. */
  contents(): Buffer {
    const start = this.offset;
    this.offset += this.length;
    return this.buffer.subarray(start, this.offset);
  }

  octets(): Buffer {
    this.expect(0x04);
    return this.contents();
  }

  text(): string {
    this.expect(0x04);
    const start = this.offset;
    this.offset += this.length;
    return this.buffer.toString('utf8', start, this.offset);
  }

  /** INTEGER or ENUMERATED. */
  integer(): number {
    const tag = this.header();
    if (tag !== 0x02 && tag !== 0x0a)
      throw new RangeError(`BER: expected a number, found 0x${tag.toString(16)}`);
    const value = this.length === 0 ? 0 : this.buffer.readIntBE(this.offset, Math.min(this.length, 6));
    this.offset += this.length;
    return value;
  }
}
