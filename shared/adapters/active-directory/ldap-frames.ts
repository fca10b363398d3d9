/** A message larger than this is no LDAP answer but a broken stream or an attack on our memory. */
const messageBytesMax = 256 * 1024 * 1024;

/** Cuts a byte stream into whole LDAP messages; those that lie within one chunk are not copied. */
export class LdapFrames {
  #chunks: Buffer[] = [];
  #size = 0;
  #needed = 0;

  /** @throws RangeError when the bytes cannot be LDAP. */
  *push(chunk: Buffer): Generator<Buffer> {
    let data = chunk;
    if (this.#size > 0) {
      this.#chunks.push(chunk);
      this.#size += chunk.length;
      if (this.#size < this.#needed) return;
      data = Buffer.concat(this.#chunks, this.#size);
      this.#chunks = [];
      this.#size = 0;
    }
    let offset = 0;
    let total = messageLength(data, offset);
    while (total > 0 && offset + total <= data.length) {
      yield data.subarray(offset, offset + total);
      offset += total;
      total = messageLength(data, offset);
    }
    if (offset === data.length) return;
    this.#chunks = [data.subarray(offset)];
    this.#size = data.length - offset;
    this.#needed = total === 0 ? this.#size + 1 : total;
  }
}

/** Header and contents of the message at `offset`, or 0 while its header has not arrived completely. */
function messageLength(data: Buffer, offset: number): number {
  const left = data.length - offset;
  if (left < 1) return 0;
  if (data[offset] !== 0x30) throw new RangeError('the answer is not LDAP');
  const first = data[offset + 1];
  if (first === undefined) return 0;
  if (first < 0x80) return 2 + first;
  const bytes = first & 0x7f;
  if (bytes === 0 || bytes > 4) throw new RangeError('the answer is not LDAP');
  if (left < 2 + bytes) return 0;
  const length = data.readUIntBE(offset + 2, bytes);
  if (length > messageBytesMax) throw new RangeError('an LDAP message is too large');
  return 2 + bytes + length;
}
