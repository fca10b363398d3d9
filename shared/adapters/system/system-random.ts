import { randomBytes } from 'node:crypto';
import type { Random } from '../../ports/random.ts';

export const systemRandom: Random = {
  id: (prefix) => `${prefix}${randomBytes(16).toString('hex')}`,
  bytes: (length) => new Uint8Array(randomBytes(length)),
  // 48 bits are exact in a double.
  fraction: () => randomBytes(6).readUIntBE(0, 6) / 2 ** 48,
};
