import { createHash } from 'node:crypto';

/** Local parts and nicknames have at most 64 characters (docs/reference/facts.md, F40). */
const charactersMax = 64;

/**
 * A name for the moments until the wanted one is free: the old one with a hash of the object, which nobody else is
 * given, under the same suffix. The same for the same object, so that a repeated write changes nothing.
 */
export function temporaryName(name: string, key: string): string {
  const at = name.indexOf('@');
  const local = at < 0 ? name : name.slice(0, at);
  const suffix = at < 0 ? '' : name.slice(at);
  const hash = createHash('sha256').update(`${key}|${name.toLowerCase()}`).digest('hex').slice(0, 10);
  const kept = local.slice(0, charactersMax - hash.length - 1).replace(/\.+$/, '');
  return `${kept}.${hash}${suffix}`;
}

/** Has the form of a temporary name: giving the wanted one is the end of a change that was counted when it began. */
export function isTemporaryName(value: unknown): boolean {
  return typeof value === 'string' && /\.[0-9a-f]{10}(?:@|$)/.test(value);
}
