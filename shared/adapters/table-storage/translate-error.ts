import { SyncError } from '../../errors/sync-error.ts';

/**
 * What a failed request to Table storage means. Shared Key, role and address problems (401, 403, name not found) count
 * as unreachable: the handler waits, and the message says what the service answered.
 */
export function translateError(error: unknown, context: Record<string, string>): unknown {
  if (error instanceof SyncError) return error;
  const status = statusOf(error);
  if (status === 409 || status === 412 || status === 404)
    return new SyncError('STATE_CONFLICT', `the row was changed meanwhile (${status})`, {
      context,
      cause: error,
    });
  if (status === 413 || codeOf(error) === 'EntityTooLarge' || codeOf(error) === 'RequestBodyTooLarge')
    return new SyncError('STATE_TOO_LARGE', 'the state account refused the size', { context, cause: error });
  if (isOutage(error, status)) {
    const why =
      status === undefined
        ? (codeOf(error) ?? nameOf(error))
        : `status ${status} ${codeOf(error) ?? ''}`.trim();
    return new SyncError('STATE_UNREACHABLE', `the state account did not answer as it should (${why})`, {
      context,
      cause: error,
    });
  }
  return error;
}

export function statusOf(error: unknown): number | undefined {
  const status = isRecord(error) ? error['statusCode'] : undefined;
  return typeof status === 'number' ? status : undefined;
}

/** The OData code (`TableNotFound`) or the system code (`ECONNREFUSED`). */
export function codeOf(error: unknown): string | undefined {
  if (!isRecord(error)) return undefined;
  const details = error['details'];
  const odata = isRecord(details) ? details['odataError'] : undefined;
  const code = isRecord(odata) ? odata['code'] : error['code'];
  return typeof code === 'string' ? code : undefined;
}

/** Everything that came from the wire or from getting there; a TypeError of ours is a bug and passes through. */
function isOutage(error: unknown, status: number | undefined): boolean {
  if (status !== undefined)
    return status === 401 || status === 403 || status === 408 || status === 429 || status >= 500;
  const networkNames = [
    'RestError',
    'AbortError',
    'TimeoutError',
    'AuthenticationError',
    'CredentialUnavailableError',
  ];
  return networkNames.includes(nameOf(error)) || /^E[A-Z]{4,}/.test(codeOf(error) ?? '');
}

const nameOf = (error: unknown): string => (error instanceof Error ? error.name : typeof error);
const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;
