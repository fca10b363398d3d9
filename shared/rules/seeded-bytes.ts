import { createHmac } from 'node:crypto';

/**
 * Bytes that nobody can tell without the seed, and that are the same each time for one seed and one purpose: HMAC-SHA256
 * over a counter (the construction of NIST SP 800-108). Each call gives the ones that follow.
 */
export function seededBytes(seed: string, purpose: string): (bytes: number) => Uint8Array {
  let block: Buffer = Buffer.alloc(0);
  let count = 0;
  return (bytes) => {
    while (block.length < bytes) {
      const next = createHmac('sha256', Buffer.from(seed, 'base64')).update(`${purpose}|${count}`).digest();
      block = Buffer.concat([block, next]);
      count += 1;
    }
    const given = block.subarray(0, bytes);
    block = block.subarray(bytes);
    return given;
  };
}
