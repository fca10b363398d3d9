import type { Entry } from './entry.ts';
import type { Faults } from './faults.ts';
import {
  graphAudiences,
  type IdentityOptions,
  type PlainAnswer,
  type PlainRequest,
} from './identity-routes.ts';
import { isJsonObject, type Json, type JsonObject } from './json.ts';
import type { RequestLog } from './request-log.ts';
import { seed } from './seed.ts';
import type { Tenant } from './tenant.ts';
import type { TokenIssuer } from './token-issuer.ts';
import { wallClock } from './wall-clock.ts';

export interface LocalParts {
  readonly tenant: Tenant;
  readonly log: RequestLog;
  readonly faults: Faults;
  readonly issuer: TokenIssuer;
  readonly identity: IdentityOptions;
}

/** For tests and demo, without a token: the service has nothing like it. */
export function answerLocal(request: PlainRequest, parts: LocalParts): PlainAnswer {
  try {
    return (
      find(request, parts) ?? {
        status: 404,
        body: { message: `${request.method} ${request.path} is not served` },
      }
    );
  } catch (error) {
    return { status: 400, body: { message: error instanceof Error ? error.message : String(error) } };
  }
}

function find(
  request: PlainRequest,
  { tenant, log, faults, issuer, identity }: LocalParts,
): PlainAnswer | undefined {
  const ok = (body: Json): PlainAnswer => ({ status: 200, body });
  switch (`${request.method} ${request.path.slice('/_local'.length)}`) {
    case 'GET /log':
      return ok(log.since(Number(request.query.get('since') ?? 0)));
    case 'GET /effects':
      return ok(log.effects());
    case 'GET /objects':
      return ok(describeAll(tenant));
    case 'POST /seed':
      return ok(seed(tenant, bodyOf(request), wallClock()));
    case 'GET /faults':
      return ok({ faults: faults.list() });
    case 'POST /faults':
      return ok({ id: faults.add(bodyOf(request)) });
    case 'DELETE /faults':
      faults.clear();
      return ok({});
    case 'POST /token': {
      const { audience, roles, clientId, lifetimeSeconds } = bodyOf(request);
      const { token, expiresOn } = issuer.issue(request.origin, {
        audience: typeof audience === 'string' ? audience : (graphAudiences(request.origin)[0] ?? ''),
        clientId: typeof clientId === 'string' ? clientId : identity.clientId,
        roles: Array.isArray(roles) ? roles.map(String) : identity.roles,
        lifetimeSeconds: typeof lifetimeSeconds === 'number' ? lifetimeSeconds : identity.lifetimeSeconds,
      });
      return ok({ access_token: token, expires_on: expiresOn });
    }
    default:
      return undefined;
  }
}

function bodyOf(request: PlainRequest): JsonObject {
  const body: unknown = JSON.parse(request.text === '' ? '{}' : request.text);
  if (!isJsonObject(body)) throw new Error('the body must be a JSON object');
  return body;
}

/** What has been written, whether reads show it yet or not. */
function describeAll(tenant: Tenant): JsonObject {
  const live: Record<string, JsonObject[]> = {
    users: [],
    groups: [],
    devices: [],
    contacts: [],
    directoryRoles: [],
  };
  const deleted: Record<string, JsonObject[]> = { users: [], groups: [] };
  const places = {
    user: 'users',
    group: 'groups',
    device: 'devices',
    orgContact: 'contacts',
    directoryRole: 'directoryRoles',
  } as const;
  for (const entry of tenant.entries()) {
    const place = (entry.deletedAt === undefined ? live : deleted)[places[entry.kind]];
    place?.push(describe(tenant, entry));
  }
  return { ...live, deleted };
}

function describe(tenant: Tenant, entry: Entry): JsonObject {
  const isCollection = entry.kind === 'group' || entry.kind === 'directoryRole';
  const links: JsonObject = isCollection
    ? { members: tenant.members.writtenTargets(entry.id), owners: tenant.owners.writtenTargets(entry.id) }
    : { manager: entry.current.managerId ?? null };
  const restricted: JsonObject = entry.restricted ? { restricted: true } : {};
  return { ...entry.current.properties, ...links, ...restricted };
}
