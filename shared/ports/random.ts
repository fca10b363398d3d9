export interface Random {
  /** A new id that begins with `prefix` (a letter): a prefix and 128 random bits in hex. */
  id(prefix: string): string;
  bytes(length: number): Uint8Array;
  /** Uniform in [0, 1): jitter only. */
  fraction(): number;
}
