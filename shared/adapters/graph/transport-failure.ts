import type { ErrorCode } from '../../errors/error-codes.ts';
import type { RequestTrace } from './bearer-middleware.ts';

/** Errors before the first byte of a request left: name, connect, route, TLS. */
const neverSent = new Set([
  ...[
    'ECONNREFUSED',
    'ENOTFOUND',
    'EAI_AGAIN',
    'EHOSTUNREACH',
    'ENETUNREACH',
    'EADDRNOTAVAIL',
    'UND_ERR_CONNECT_TIMEOUT',
  ],
  ...[
    'DEPTH_ZERO_SELF_SIGNED_CERT',
    'SELF_SIGNED_CERT_IN_CHAIN',
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    'CERT_HAS_EXPIRED',
  ],
  ...['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'ERR_TLS_CERT_ALTNAME_INVALID', 'EPROTO'],
]);

export interface TransportFailure {
  readonly code: ErrorCode;
  readonly message: string;
  /** The request may have reached the service. */
  readonly isAmbiguous: boolean;
}

/** Why there was no answer at all. */
export function transportFailure(trace: RequestTrace, error: unknown): TransportFailure {
  if (trace.failure?.stage === 'token') return tokenFailure(trace.failure.error);
  const cause = trace.failure?.error ?? error;
  const code = systemCode(cause);
  if (trace.signal.aborted)
    return { code: 'GRAPH_UNREACHABLE', message: 'no answer before the deadline', isAmbiguous: true };
  const isAmbiguous = code === undefined || !neverSent.has(code);
  return { code: 'GRAPH_UNREACHABLE', message: `no answer (${code ?? 'connection lost'})`, isAmbiguous };
}

/** The identity endpoint did not answer, or said no: only the latter needs a person. */
function tokenFailure(error: unknown): TransportFailure {
  const code = systemCode(error);
  const status = statusCode(error);
  const isBusy = status !== undefined && (status === 429 || status >= 500);
  const isTimeout = error instanceof Error && ['AbortError', 'TimeoutError'].includes(error.name);
  const detail = code ?? (status === undefined ? nameOf(error) : `status ${status}`);
  return isBusy || isTimeout || isNetworkCode(code)
    ? {
        code: 'GRAPH_UNREACHABLE',
        message: `the identity endpoint gave no token (${detail})`,
        isAmbiguous: false,
      }
    : { code: 'GRAPH_UNAUTHORIZED', message: `the identity got no token (${detail})`, isAmbiguous: false };
}

const nameOf = (error: unknown): string => (error instanceof Error ? error.name : 'unknown');

/** System codes, undici's, and the one that the identity library (MSAL) puts in their place. */
const isNetworkCode = (code: string | undefined): boolean =>
  code !== undefined && (/^(?:E[A-Z]{4,}|UND_ERR_)/.test(code) || code === 'network_error');

/** The code of an error or of what caused it; fetch hides it one level down, @azure/identity as `errorCode`. */
function systemCode(error: unknown): string | undefined {
  for (
    let current: unknown = error, depth = 0;
    current instanceof Error && depth < 4;
    current = current.cause, depth++
  ) {
    if ('code' in current && typeof current.code === 'string' && /^[A-Z][A-Z_]+$/.test(current.code))
      return current.code;
    if ('errorCode' in current && typeof current.errorCode === 'string') return current.errorCode;
  }
  return undefined;
}

/** @azure/identity says `statusCode`; what MSAL met it keeps as the cause, with a `status` (5.x, managed identity). */
function statusCode(error: unknown): number | undefined {
  for (
    let current: unknown = error, depth = 0;
    current instanceof Error && depth < 4;
    current = current.cause, depth++
  ) {
    if ('statusCode' in current && typeof current.statusCode === 'number') return current.statusCode;
    if ('status' in current && typeof current.status === 'number') return current.status;
  }
  return undefined;
}
