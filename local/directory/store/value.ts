import type { AttributeSyntax } from '../schema/attribute-syntax.ts';
import type { Value } from './directory-object.ts';

/** What two equal values share, by the attribute's matching rule. */
export function matchingKey(syntax: AttributeSyntax, value: Value): string {
  if (Buffer.isBuffer(value)) return value.toString('latin1');
  if (typeof value !== 'string') return value.guid;
  switch (syntax) {
    case 'integer':
    case 'large-integer':
      return /^-?\d+$/.test(value) ? BigInt(value).toString() : value;
    case 'exact':
      return value;
    default:
      return value.toLowerCase();
  }
}

export function sameValues(
  syntax: AttributeSyntax,
  left: readonly Value[],
  right: readonly Value[],
): boolean {
  if (left.length !== right.length) return false;
  // A change of case alone is a change: only identical spellings are "the same".
  const spelling = (value: Value) => (typeof value === 'string' ? value : matchingKey(syntax, value));
  const known = new Set(left.map(spelling));
  return right.every((value) => known.has(spelling(value)));
}
