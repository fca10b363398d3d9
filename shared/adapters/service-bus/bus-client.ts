import { ServiceBusClient, type ServiceBusClientOptions } from '@azure/service-bus';
import type { Connection } from '../../settings/connection.ts';
import { azureCredential } from '../system/azure-credential.ts';

/** One repetition after a second: the SDK's own 3 × 30 s would hide an outage from those who wait it out. */
const options: ServiceBusClientOptions = {
  retryOptions: { maxRetries: 1, retryDelayInMs: 1_000, maxRetryDelayInMs: 1_000, timeoutInMs: 10_000 },
};

/** A connection to the namespace, opened at first use. */
export function busClient(connection: Connection): ServiceBusClient {
  return connection.kind === 'connection-string'
    ? new ServiceBusClient(connection.connectionString, options)
    : new ServiceBusClient(connection.endpoint, azureCredential(connection.identity), options);
}
