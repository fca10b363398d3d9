import { DefaultAzureCredential, ManagedIdentityCredential } from '@azure/identity';
import type { TokenCredential } from '@azure/identity';
import { HostError } from './host-error.ts';

export type BusCredential =
  | { readonly kind: 'connection-string'; readonly connectionString: string }
  | { readonly kind: 'identity'; readonly namespace: string; readonly credential: TokenCredential };

/**
 * What a trigger's `connection` stands for, in the order of the Service Bus extension: a connection string under that name (also
 * `ConnectionStrings:X` or `AzureWebJobsX`) wins over `X__fullyQualifiedNamespace`; no name means `ServiceBus`.
 */
export function resolveBusCredential(
  name: string | undefined,
  environment: NodeJS.ProcessEnv,
): BusCredential {
  const setting = name === undefined || name === '' ? 'ServiceBus' : name;
  for (const candidate of [
    setting,
    `ConnectionStrings__${setting}`,
    `ConnectionStrings:${setting}`,
    `AzureWebJobs${setting}`,
  ]) {
    const connectionString = environment[candidate];
    if (connectionString !== undefined && connectionString !== '')
      return { kind: 'connection-string', connectionString };
  }
  for (const prefix of [setting, `AzureWebJobs${setting}`]) {
    const member = (key: string) => environment[`${prefix}__${key}`] ?? environment[`${prefix}:${key}`];
    const namespace = member('fullyQualifiedNamespace');
    if (namespace === undefined || namespace === '') continue;
    const clientId = member('clientId');
    const credential =
      member('credential')?.toLowerCase() === 'managedidentity'
        ? new ManagedIdentityCredential(clientId === undefined ? {} : { clientId })
        : new DefaultAzureCredential();
    return { kind: 'identity', namespace, credential };
  }
  throw new HostError(
    `Service Bus connection '${setting}' does not exist: set ${setting} to a connection string, or ` +
      `${setting}__fullyQualifiedNamespace to a namespace.`,
  );
}
