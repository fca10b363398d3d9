import type { ErrorCode } from '../../errors/error-codes.ts';
import { SyncError, type ErrorContext } from '../../errors/sync-error.ts';

/** LDAP result codes (RFC 4511 section 4.1.9) that mean something else than "refused". */
const codeOfResult: Readonly<Record<number, ErrorCode>> = {
  3: 'LDAP_TIMEOUT',
  8: 'LDAP_BIND_REFUSED',
  11: 'LDAP_BUSY',
  48: 'LDAP_BIND_REFUSED',
  49: 'LDAP_BIND_REFUSED',
  50: 'LDAP_RIGHTS',
  51: 'LDAP_BUSY',
  52: 'LDAP_UNREACHABLE',
};

/** Sub-codes of AD's result 49, the hexadecimal "data" of its diagnostic text (Microsoft: bind error codes). */
const bindReasons: Readonly<Record<string, string>> = {
  '525': 'the user does not exist',
  '52e': 'user name or password is wrong',
  '52f': 'account restrictions forbid it',
  '530': 'the account may not sign in at this time',
  '531': 'the account may not sign in from this computer',
  '532': 'the password has expired',
  '533': 'the account is disabled',
  '701': 'the account has expired',
  '773': 'the password must be changed first',
  '775': 'the account is locked out',
};

/** Codes of Node's TLS stack and of OpenSSL's verification that mean "not trusted". */
const certificateCode =
  /^(ERR_TLS_CERT_ALTNAME_INVALID|UNABLE_TO_\w+|SELF_SIGNED_CERT_IN_CHAIN|DEPTH_ZERO_SELF_SIGNED_CERT|CERT_\w+|HOSTNAME_MISMATCH|INVALID_CA|INVALID_PURPOSE)$/;

/** @param operation what was asked, in words: `bind`, `DirSync`, `search`. */
export function resultError(
  resultCode: number,
  diagnostic: string,
  operation: string,
  context: ErrorContext = {},
): SyncError {
  const code = codeOfResult[resultCode] ?? 'LDAP_REFUSED';
  const where = { ...context, resultCode };
  if (code === 'LDAP_BIND_REFUSED')
    return new SyncError(code, bindText(resultCode, diagnostic), { context: where });
  if (code === 'LDAP_RIGHTS')
    return new SyncError(code, `the bind account may not do this: ${operation}`, { context: where });
  return new SyncError(code, `the domain controller answered ${operation} with result code ${resultCode}`, {
    context: where,
  });
}

function bindText(resultCode: number, diagnostic: string): string {
  if (resultCode === 8)
    return 'the domain controller demands an encrypted connection for binding; use tls.mode ldaps or starttls';
  const subCode = /\bdata ([0-9a-f]{3,4})\b/i.exec(diagnostic)?.[1]?.toLowerCase();
  const reason = subCode === undefined ? undefined : bindReasons[subCode];
  return `the domain controller refused the bind: ${reason ?? `result code ${resultCode}`}`;
}

/** Translates what sockets and TLS throw. */
export function connectionError(cause: unknown, server: string): SyncError {
  if (cause instanceof SyncError) return cause;
  const nodeCode =
    cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : '';
  const context = { server, nodeCode };
  if (certificateCode.test(nodeCode)) {
    const why = nodeCode === 'ERR_TLS_CERT_ALTNAME_INVALID' ? 'it was issued for another name' : nodeCode;
    return new SyncError('LDAP_CERTIFICATE', `the certificate of ${server} is not trusted: ${why}`, {
      context,
      cause,
    });
  }
  if (nodeCode === 'ETIMEDOUT')
    return new SyncError('LDAP_TIMEOUT', `${server} did not answer in time`, { context, cause });
  const why = nodeCode === '' ? 'the connection was closed' : nodeCode;
  return new SyncError('LDAP_UNREACHABLE', `${server} cannot be reached: ${why}`, { context, cause });
}

/** Result code of the answer behind an error, or undefined when none came. */
export function resultCodeOf(error: unknown): number | undefined {
  if (!(error instanceof SyncError)) return undefined;
  const code = error.context['resultCode'];
  return typeof code === 'number' ? code : undefined;
}
