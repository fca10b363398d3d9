import { createRemoteJWKSet, customFetch, errors, jwtVerify, type JWTPayload } from 'jose';
import { SyncError } from '../../shared/errors/sync-error.ts';

export interface OperatorRules {
  readonly issuer: string;
  readonly audience: string;
  readonly role: string;
}

export interface Operator {
  /** Object id of the caller, or the client id of an app. */
  readonly id: string;
}

export type VerifyOperator = (authorization: string | null) => Promise<Operator>;

/**
 * Checks a Bearer token against the issuer's own keys: signature, issuer, audience, time and app role.
 *
 * @throws SyncError OPERATOR_UNAUTHORIZED or OPERATOR_FORBIDDEN with the reason.
 */
export function operatorVerifier(rules: OperatorRules): VerifyOperator {
  let keys: ReturnType<typeof createRemoteJWKSet> | null = null;
  return async (authorization) => {
    const token = /^Bearer ([^\s]+)$/i.exec(authorization ?? '')?.[1];
    if (token === undefined)
      throw new SyncError('OPERATOR_UNAUTHORIZED', 'the request carries no Bearer token');
    keys ??= createRemoteJWKSet(await keysUrl(rules.issuer), {
      timeoutDuration: 5_000,
      [customFetch]: fetch,
    });
    const payload = await verify(token, keys, rules);
    const roles = Array.isArray(payload['roles']) ? payload['roles'] : [];
    if (!roles.includes(rules.role))
      throw new SyncError('OPERATOR_FORBIDDEN', `the token does not carry the app role ${rules.role}`);
    const id = payload['oid'] ?? payload['azp'] ?? payload['appid'] ?? payload.sub;
    return { id: typeof id === 'string' ? id : 'unknown' };
  };
}

async function verify(
  token: string,
  keys: ReturnType<typeof createRemoteJWKSet>,
  rules: OperatorRules,
): Promise<JWTPayload> {
  try {
    const { payload } = await jwtVerify(token, keys, {
      issuer: rules.issuer,
      audience: rules.audience,
      algorithms: ['RS256'],
      clockTolerance: 60,
      requiredClaims: ['exp'],
    });
    return payload;
  } catch (cause) {
    // jose's codes name the claim or the step that failed; its texts hold no token.
    const reason =
      cause instanceof errors.JOSEError
        ? `${cause.code}: ${cause.message}`
        : 'the issuer’s keys could not be read';
    throw new SyncError('OPERATOR_UNAUTHORIZED', `the token was not accepted (${reason})`, { cause });
  }
}

/** The issuer's discovery document names its keys. */
async function keysUrl(issuer: string): Promise<URL> {
  try {
    const answer = await fetch(`${issuer}/.well-known/openid-configuration`, {
      signal: AbortSignal.timeout(5_000),
    });
    const document = (await answer.json()) as { readonly jwks_uri?: unknown };
    if (typeof document.jwks_uri === 'string') return new URL(document.jwks_uri);
  } catch (cause) {
    throw new SyncError('OPERATOR_UNAUTHORIZED', 'the issuer’s discovery document could not be read', {
      cause,
    });
  }
  throw new SyncError('OPERATOR_UNAUTHORIZED', 'the issuer’s discovery document names no keys');
}
