import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto';
import type { Caller } from './call.ts';
import { isJsonObject, textOf, type JsonObject } from './json.ts';
import { refuse } from './refusal.ts';
import { wallClock } from './wall-clock.ts';

const keyId = 'dirbridge-local-1';

export interface TokenRequest {
  readonly audience: string;
  readonly clientId: string;
  readonly roles: readonly string[];
  readonly lifetimeSeconds: number;
}

/** Issues and checks RS256 tokens; the key lives as long as the process. */
export class TokenIssuer {
  readonly #tenantId: string;
  readonly #keys = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  readonly #private = createPrivateKey(this.#keys.privateKey);
  readonly #public = createPublicKey(this.#keys.publicKey);
  readonly #checked = new Map<string, { readonly caller: Caller; readonly expiresAt: number }>();

  constructor(tenantId: string) {
    this.#tenantId = tenantId;
  }

  issuer(origin: string): string {
    return `${origin}/${this.#tenantId}/v2.0`;
  }

  issue(origin: string, request: TokenRequest): { token: string; expiresOn: number } {
    const issuedAt = Math.floor(wallClock() / 1000);
    const expiresOn = issuedAt + request.lifetimeSeconds;
    const claims = {
      aud: request.audience,
      iss: this.issuer(origin),
      iat: issuedAt,
      nbf: issuedAt,
      exp: expiresOn,
      appid: request.clientId,
      azp: request.clientId,
      oid: request.clientId,
      sub: request.clientId,
      tid: this.#tenantId,
      idtyp: 'app',
      roles: request.roles,
      ver: '2.0',
    };
    const head = encode({ typ: 'JWT', alg: 'RS256', kid: keyId });
    const signed = `${head}.${encode(claims)}`;
    const signature = sign('RSA-SHA256', Buffer.from(signed), this.#private).toString('base64url');
    return { token: `${signed}.${signature}`, expiresOn };
  }

  /** The caller a bearer token names; refused when absent, forged, expired or meant for somebody else. */
  check(authorization: string | undefined, audiences: readonly string[]): Caller {
    const token = /^Bearer\s+(\S+)$/i.exec(authorization ?? '')?.[1];
    if (token === undefined) throw refuse.invalidToken('Access token is empty.');
    const held = this.#checked.get(token);
    if (held !== undefined && held.expiresAt > wallClock()) return held.caller;
    const claims = this.#verify(token);
    const expiresAt = Number(claims['exp']) * 1000;
    if (!(expiresAt > wallClock()))
      throw refuse.invalidToken('Lifetime validation failed, the token is expired.');
    const audience = textOf(claims['aud']).replace(/\/$/, '');
    if (!audiences.includes(audience))
      throw refuse.invalidToken('Access token validation failure. Invalid audience.');
    const roles = Array.isArray(claims['roles']) ? (claims['roles'] as readonly string[]) : [];
    const caller = { appId: textOf(claims['appid']), roles: new Set(roles) };
    if (this.#checked.size > 1000) this.#checked.clear();
    this.#checked.set(token, { caller, expiresAt });
    return caller;
  }

  discovery(origin: string): JsonObject {
    return {
      issuer: this.issuer(origin),
      authorization_endpoint: `${origin}/${this.#tenantId}/oauth2/v2.0/authorize`,
      token_endpoint: `${origin}/${this.#tenantId}/oauth2/v2.0/token`,
      jwks_uri: `${origin}/${this.#tenantId}/discovery/v2.0/keys`,
      response_types_supported: ['token'],
      subject_types_supported: ['pairwise'],
      id_token_signing_alg_values_supported: ['RS256'],
    };
  }

  keySet(): JsonObject {
    const { n = '', e = '' } = this.#public.export({ format: 'jwk' });
    return { keys: [{ kty: 'RSA', use: 'sig', alg: 'RS256', kid: keyId, n, e }] };
  }

  #verify(token: string): JsonObject {
    const parts = token.split('.');
    const [head = '', body = '', signature = ''] = parts;
    const header = decode(head);
    const isGood =
      parts.length === 3 &&
      header['alg'] === 'RS256' &&
      verify('RSA-SHA256', Buffer.from(`${head}.${body}`), this.#public, Buffer.from(signature, 'base64url'));
    if (!isGood) throw refuse.invalidToken('Access token validation failure. Invalid signature.');
    return decode(body);
  }
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function decode(part: string): JsonObject {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
    if (isJsonObject(value)) return value;
  } catch {
    // The next line says it.
  }
  throw refuse.invalidToken('CompactToken parsing failed with error code: 80049217');
}
