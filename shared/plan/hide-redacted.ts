import { redactedText } from '../rules/redact-value.ts';
import type { Operation } from './operation.ts';

/** A message of the target without the values that are not to be shown: it may quote what it refuses. */
export function hideRedacted(message: string, operations: readonly Operation[]): string {
  const values = operations.flatMap(redactedValues).filter((value) => value !== '');
  return [...new Set(values)]
    .sort((a, b) => b.length - a.length)
    .reduce((text, value) => text.replace(wordOf(value), redactedText), message);
}

function redactedValues(operation: Operation): readonly string[] {
  if (operation.kind === 'create')
    return (operation.redacted ?? []).flatMap((path) => textsOf(operation.values[path]));
  if (operation.kind !== 'update') return [];
  return Object.values(operation.changes).flatMap(({ before, after, isRedacted }) =>
    isRedacted === true ? [...textsOf(before), ...textsOf(after)] : [],
  );
}

function textsOf(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(textsOf);
  return typeof value === 'string' || typeof value === 'number' ? [String(value)] : [];
}

/** Not within a word: one letter stands in every message. */
const wordOf = (value: string): RegExp =>
  new RegExp(`(?<![\\p{L}\\p{N}])${value.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')}(?![\\p{L}\\p{N}])`, 'giu');
