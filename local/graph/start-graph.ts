import { randomUUID } from 'node:crypto';
import { Engine } from './engine.ts';
import { Faults } from './faults.ts';
import { listen } from './http-server.ts';
import { defaultOptions, type GraphOptions } from './options.ts';
import { RequestLog } from './request-log.ts';
import { SeededRandom } from './seeded-random.ts';
import { Tenant } from './tenant.ts';
import { Throttle } from './throttle.ts';
import { TokenIssuer } from './token-issuer.ts';

export interface GraphServer {
  readonly port: number;
  readonly url: string;
  readonly tenantId: string;
  readonly identityEndpoint: string;
  readonly identityHeader: string;
  readonly clientId: string;
  readonly issuer: string;
  readonly close: () => Promise<void>;
}

/** Graph, token issuer and test doors on one port of 127.0.0.1. */
export async function startGraph(given: Partial<GraphOptions> = {}): Promise<GraphServer> {
  const options: GraphOptions = { ...defaultOptions, ...given };
  const random = new SeededRandom(options.seed);
  const [tenantId, clientId, identityHeader] = [random.guid(), random.guid(), randomUUID()];
  const { domains, federatedDomains, lag, deletedKeys } = options;
  const tenant = new Tenant({ id: tenantId, domains, federatedDomains, lag, deletedKeys }, random);
  const throttleOptions = { isOn: options.throttle, size: options.tenantSize, speed: options.speed };
  const [faults, log, issuer] = [new Faults(), new RequestLog(), new TokenIssuer(tenantId)];
  const { latency, appDirectoryRole, roles, operatorRoles, clientSecret } = options;
  const throttle = new Throttle(throttleOptions, tenantId);
  const engine = new Engine({ tenant, throttle, faults, log, latency, appDirectoryRole });
  const lifetimeSeconds = options.tokenLifetimeSeconds;
  const identity = {
    tenantId,
    header: identityHeader,
    clientId,
    clientSecret,
    roles,
    operatorRoles,
    lifetimeSeconds,
  };
  const { server, origin } = await listen(options.port, { tenant, log, faults, issuer, identity, engine });
  return {
    port: Number(new URL(origin).port),
    url: origin,
    tenantId,
    identityEndpoint: `${origin}/msi/token`,
    identityHeader,
    clientId,
    issuer: issuer.issuer(origin),
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
