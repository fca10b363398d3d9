/** AD's MaxReceiveBuffer policy: a longer request closes the connection. */
const MESSAGE_BYTES_MAX = 10_485_760;

/** Cuts a byte stream into whole LDAPMessages. */
export class MessageStream {
  #pending: Buffer = Buffer.alloc(0);

  /** @throws when the stream is no LDAP or a message is longer than AD takes. */
  *push(chunk: Buffer): Generator<Buffer> {
    this.#pending = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    for (;;) {
      const total = messageLength(this.#pending);
      if (total === undefined || this.#pending.length < total) return;
      const message = this.#pending.subarray(0, total);
      this.#pending = this.#pending.subarray(total);
      yield message;
    }
  }

  /** Bytes that came behind the last message: after StartTLS they belong to the TLS layer. */
  takeRest(): Buffer {
    const rest = this.#pending;
    this.#pending = Buffer.alloc(0);
    return rest;
  }
}

function messageLength(buffer: Buffer): number | undefined {
  if (buffer.length < 2) return undefined;
  if (buffer[0] !== 0x30) throw new Error('not an LDAP message');
  const first = buffer[1] ?? 0;
  if (first < 0x80) return 2 + first;
  const lengthBytes = first & 0x7f;
  if (lengthBytes === 0 || lengthBytes > 4) throw new Error('not an LDAP message');
  if (buffer.length < 2 + lengthBytes) return undefined;
  const total = 2 + lengthBytes + buffer.readUIntBE(2, lengthBytes);
  if (total > MESSAGE_BYTES_MAX) throw new Error('message too long');
  return total;
}
