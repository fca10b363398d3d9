import { parseArgs } from 'node:util';
import type { AppDirectoryRole } from './call.ts';
import type { Range } from './seeded-random.ts';
import type { TenantSize } from './throttle.ts';

export interface GraphOptions {
  readonly port: number;
  readonly domains: readonly string[];
  readonly federatedDomains: readonly string[];
  readonly tenantSize: TenantSize | undefined;
  readonly speed: number;
  readonly throttle: boolean;
  readonly lag: Range;
  readonly latency: Range;
  readonly seed: number;
  readonly roles: readonly string[];
  readonly operatorRoles: readonly string[];
  readonly appDirectoryRole: AppDirectoryRole;
  readonly tokenLifetimeSeconds: number;
  readonly clientSecret: string;
  readonly deletedKeys: 'kept' | 'free';
}

export const defaultRoles: readonly string[] = [
  ...[
    'User.ReadWrite.All',
    'User.DeleteRestore.All',
    'User.RevokeSessions.All',
    'User.EnableDisableAccount.All',
  ],
  ...['Group.ReadWrite.All', 'GroupMember.ReadWrite.All', 'Organization.Read.All', 'Domain.Read.All'],
  'RoleManagement.Read.Directory',
];

export const defaultOptions: GraphOptions = {
  port: 0,
  domains: ['contoso.com'],
  federatedDomains: [],
  tenantSize: undefined,
  speed: 1,
  throttle: true,
  lag: { from: 50, to: 300 },
  latency: { from: 1, to: 4 },
  seed: 1,
  roles: defaultRoles,
  operatorRoles: ['Dirbridge.Operator'],
  appDirectoryRole: 'none',
  tokenLifetimeSeconds: 3600,
  clientSecret: 'local-client-secret',
  deletedKeys: 'kept',
};

export const help = `Microsoft Graph on the laptop.

  node local/graph/main.ts [options]

  --port N                  port on 127.0.0.1; 0 takes a free one (0)
  --domain A,B              verified managed domains, the first is the default (contoso.com)
  --federated-domain A,B    verified federated domains (none)
  --tenant-size S|M|L       resource units per 10 s: 3500, 5000, 8000 (by the number of users)
  --speed N                 buckets refill N times faster; capacity and costs stay (1)
  --no-throttle             no limits at all
  --lag A-B                 milliseconds until a write is shown to reads; 0: at once (50-300)
  --latency A-B             milliseconds that a request takes (1-4)
  --seed N                  decides ids, lags and latencies (1)
  --roles A,B               app roles in tokens for Graph
  --operator-roles A,B      app roles in tokens for any other resource (Dirbridge.Operator)
  --app-role R              directory role of the app: none, user-administrator, higher (none)
  --token-lifetime N        seconds (3600)
  --client-secret S         for the client credentials grant (local-client-secret)
  --deleted-keys kept|free  whether a deleted object keeps immutable id and unique name (kept)
  --help
`;

const string = { type: 'string' } as const;
const flags = {
  port: string,
  domain: string,
  'federated-domain': string,
  'tenant-size': string,
  speed: string,
  'no-throttle': { type: 'boolean' },
  lag: string,
  latency: string,
  seed: string,
  roles: string,
  'operator-roles': string,
  'app-role': string,
  'token-lifetime': string,
  'client-secret': string,
  'deleted-keys': string,
  help: { type: 'boolean' },
} as const;

/** undefined: help is asked for. Throws with what is wrong. */
export function parseOptions(args: readonly string[]): GraphOptions | undefined {
  const { values } = parseArgs({ args: [...args], options: flags, strict: true });
  if (values.help === true) return undefined;
  const d = defaultOptions;
  return {
    port: wholeNumber('--port', values.port, d.port, 0, 65_535),
    domains: list(values.domain, d.domains).map((name) => name.toLowerCase()),
    federatedDomains: list(values['federated-domain'], d.federatedDomains).map((name) => name.toLowerCase()),
    tenantSize:
      values['tenant-size'] === undefined
        ? undefined
        : oneOf('--tenant-size', values['tenant-size'], ['S', 'M', 'L']),
    speed: positive('--speed', values.speed, d.speed),
    throttle: values['no-throttle'] !== true,
    lag: range('--lag', values.lag, d.lag),
    latency: range('--latency', values.latency, d.latency),
    seed: wholeNumber('--seed', values.seed, d.seed, 0, 4_294_967_295),
    roles: list(values.roles, d.roles),
    operatorRoles: list(values['operator-roles'], d.operatorRoles),
    appDirectoryRole: oneOf('--app-role', values['app-role'] ?? d.appDirectoryRole, [
      'none',
      'user-administrator',
      'higher',
    ]),
    tokenLifetimeSeconds: wholeNumber(
      '--token-lifetime',
      values['token-lifetime'],
      d.tokenLifetimeSeconds,
      1,
      86_400,
    ),
    clientSecret: values['client-secret'] ?? d.clientSecret,
    deletedKeys: oneOf('--deleted-keys', values['deleted-keys'] ?? d.deletedKeys, ['kept', 'free']),
  };
}

function list(value: string | undefined, standard: readonly string[]): readonly string[] {
  if (value === undefined) return standard;
  return value
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

function wholeNumber(
  flag: string,
  value: string | undefined,
  standard: number,
  min: number,
  max: number,
): number {
  if (value === undefined) return standard;
  const number = Number(value);
  if (!Number.isInteger(number) || number < min || number > max)
    throw new Error(`${flag} takes a whole number from ${min} to ${max}, not '${value}'`);
  return number;
}

function positive(flag: string, value: string | undefined, standard: number): number {
  if (value === undefined) return standard;
  const number = Number(value);
  if (!(number > 0 && Number.isFinite(number)))
    throw new Error(`${flag} takes a number above 0, not '${value}'`);
  return number;
}

function range(flag: string, value: string | undefined, standard: Range): Range {
  if (value === undefined) return standard;
  const found = /^(\d+)(?:-(\d+))?$/.exec(value);
  const from = Number(found?.[1]);
  const to = Number(found?.[2] ?? found?.[1]);
  if (found === null || from > to) throw new Error(`${flag} takes milliseconds as A-B or A, not '${value}'`);
  return { from, to };
}

function oneOf<const T extends string>(flag: string, value: string, allowed: readonly T[]): T {
  const found = allowed.find((item) => item === value);
  if (found === undefined) throw new Error(`${flag} takes ${allowed.join(', ')}, not '${value}'`);
  return found;
}
