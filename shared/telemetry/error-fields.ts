import { SyncError } from '../errors/sync-error.ts';
import type { LogFields } from '../ports/log.ts';

/**
 * What is logged of an error. A SyncError: code, reason, what to do, and its context (ids only by its contract).
 * Anything else is a bug or a vendor's error: its kind, system code and where it came from. Messages of causes are left
 * out: vendors put requests, and with them values and tokens, into theirs.
 */
export function errorFields(error: unknown): LogFields {
  if (error instanceof SyncError)
    return {
      ...error.context,
      code: error.code,
      reason: error.message,
      action: error.action,
      ...cause(error.cause),
    };
  if (!(error instanceof Error)) return { code: 'UNEXPECTED', type: typeof error };
  const isInvariant = error.message.startsWith('Invariant broken: ');
  return {
    code: 'UNEXPECTED',
    type: error.name,
    ...(isInvariant ? { reason: error.message } : {}),
    stack: frames(error),
    ...cause(error.cause),
  };
}

function cause(error: unknown): LogFields {
  if (!(error instanceof Error)) return {};
  const code = 'code' in error && typeof error.code === 'string' ? ` ${error.code}` : '';
  // A name or code that is not one word is free text.
  const kind = `${error.name}${code}`;
  return /^[\w.]{1,60}( [\w.:-]{1,60})?$/.test(kind) ? { type: kind } : {};
}

/** Where it came from, without the first line, which repeats the message. */
function frames(error: Error): string {
  return (error.stack ?? '')
    .split('\n')
    .filter((line) => /^\s+at .+:\d+:\d+\)?$/.test(line))
    .slice(0, 6)
    .map((line) => line.trim())
    .join(' < ');
}
