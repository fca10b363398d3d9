import type { Random } from '../../shared/ports/random.ts';

/** A password that nobody will ever see: 256 random bits, with one of each class that password policies ask for. */
export function newPassword(random: Random): string {
  return `Aa1!${Buffer.from(random.bytes(32)).toString('base64url')}`;
}
