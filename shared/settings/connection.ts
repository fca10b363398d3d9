import type { SettingReading } from './setting-reader.ts';

/** How an identity is found: only the managed one, or every way Azure's SDK knows, in its order. */
export interface IdentityChoice {
  readonly only: 'managed' | null;
  /** Client id of a user-assigned identity; null: the system-assigned one. */
  readonly clientId: string | null;
}

export type Connection =
  | { readonly kind: 'connection-string'; readonly connectionString: string }
  | { readonly kind: 'identity'; readonly endpoint: string; readonly identity: IdentityChoice };

const forms = {
  DIRBRIDGE_BUS: 'DIRBRIDGE_BUS__fullyQualifiedNamespace',
  DIRBRIDGE_STATE: 'DIRBRIDGE_STATE__tableServiceUri',
} as const;

/** Exactly one of the two forms. The Functions host would let the connection string win silently; we refuse both. */
export function readConnection(reading: SettingReading, name: keyof typeof forms): Connection {
  const endpointName = forms[name];
  const connectionString = reading.optional(name);
  const endpoint = reading.optional(endpointName);
  const only = reading.optional(`${name}__credential`) === undefined ? null : 'managed';
  const clientId = reading.optional(`${name}__clientId`) ?? null;
  if (reading.isGiven(name) && reading.isGiven(endpointName))
    reading.problem(`${name} and ${endpointName} are both given: keep one of them`);
  if (!reading.isGiven(name) && !reading.isGiven(endpointName))
    reading.problem(`${name} is missing: give a connection string, or ${endpointName} for an identity`);
  if (connectionString !== undefined) return { kind: 'connection-string', connectionString };
  return { kind: 'identity', endpoint: endpoint ?? '', identity: { only, clientId } };
}
