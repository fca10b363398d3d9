import { createHash } from 'node:crypto';

/** Unsalted and fast on purpose: these are throw-away accounts, and benches bind thousands of times. */
export function digestPassword(password: string): string {
  return createHash('sha256').update(password).digest('base64');
}
