import type { Json, JsonObject } from './json.ts';
import type { TokenIssuer } from './token-issuer.ts';

export interface IdentityOptions {
  readonly tenantId: string;
  readonly header: string;
  /** The system-assigned identity, used when a request names none. */
  readonly clientId: string;
  readonly clientSecret: string;
  readonly roles: readonly string[];
  readonly operatorRoles: readonly string[];
  readonly lifetimeSeconds: number;
}

export interface PlainRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  readonly origin: string;
}

export interface PlainAnswer {
  readonly status: number;
  readonly body: Json;
}

const graphIds = ['https://graph.microsoft.com', '00000003-0000-0000-c000-000000000000'];

/** Names under which Graph may stand in a token's audience; the emulator's own address counts too. */
export function graphAudiences(origin: string): readonly string[] {
  return [...graphIds, origin];
}

/** Managed identity endpoint of App Service, OpenID discovery, keys and client credentials; undefined: not our path. */
export function answerIdentity(
  request: PlainRequest,
  issuer: TokenIssuer,
  options: IdentityOptions,
): PlainAnswer | undefined {
  const base = `/${options.tenantId}`;
  switch (request.path) {
    case '/msi/token':
      return managedIdentity(request, issuer, options);
    case `${base}/v2.0/.well-known/openid-configuration`:
      return { status: 200, body: issuer.discovery(request.origin) };
    case `${base}/discovery/v2.0/keys`:
      return { status: 200, body: issuer.keySet() };
    case `${base}/oauth2/v2.0/token`:
      return clientCredentials(request, issuer, options);
    default:
      return undefined;
  }
}

/** App Service, api-version 2019-08-01 (how-to-use-managed-identity, REST endpoint reference). */
function managedIdentity(request: PlainRequest, issuer: TokenIssuer, options: IdentityOptions): PlainAnswer {
  const { query, headers } = request;
  if (request.method !== 'GET') return { status: 405, body: { statusCode: 405, message: 'Use GET.' } };
  if (headers['x-identity-header'] !== options.header)
    return { status: 401, body: { statusCode: 401, message: 'X-IDENTITY-HEADER does not match.' } };
  const resource = query.get('resource');
  if (query.get('api-version') !== '2019-08-01' || resource === null || resource === '')
    return {
      status: 400,
      body: { statusCode: 400, message: 'api-version 2019-08-01 and resource are required.' },
    };
  const clientId = query.get('client_id') ?? options.clientId;
  const { token, expiresOn } = issueFor(resource, clientId, request.origin, issuer, options);
  return {
    status: 200,
    body: {
      access_token: token,
      client_id: clientId,
      expires_on: String(expiresOn),
      not_before: String(expiresOn - options.lifetimeSeconds),
      resource,
      token_type: 'Bearer',
    },
  };
}

function clientCredentials(
  request: PlainRequest,
  issuer: TokenIssuer,
  options: IdentityOptions,
): PlainAnswer {
  const form = new URLSearchParams(request.text);
  const failed = (status: number, error: string, description: string): PlainAnswer => ({
    status,
    body: { error, error_description: description } satisfies JsonObject,
  });
  if (request.method !== 'POST') return failed(405, 'invalid_request', 'Use POST.');
  if (form.get('grant_type') !== 'client_credentials')
    return failed(400, 'unsupported_grant_type', 'Only client_credentials is served.');
  const scope = form.get('scope') ?? '';
  const clientId = form.get('client_id') ?? '';
  if (!scope.endsWith('/.default') || clientId === '')
    return failed(400, 'invalid_scope', 'client_id and a scope that ends in /.default are required.');
  if (form.get('client_secret') !== options.clientSecret)
    return failed(401, 'invalid_client', 'AADSTS7000215: Invalid client secret provided.');
  const resource = scope.slice(0, -'/.default'.length);
  const { token } = issueFor(resource, clientId, request.origin, issuer, options);
  return {
    status: 200,
    body: { token_type: 'Bearer', expires_in: options.lifetimeSeconds, access_token: token },
  };
}

function issueFor(
  resource: string,
  clientId: string,
  origin: string,
  issuer: TokenIssuer,
  options: IdentityOptions,
): { token: string; expiresOn: number } {
  const isGraph = graphAudiences(origin).includes(resource.replace(/\/$/, ''));
  return issuer.issue(origin, {
    audience: resource,
    clientId,
    roles: isGraph ? options.roles : options.operatorRoles,
    lifetimeSeconds: options.lifetimeSeconds,
  });
}
