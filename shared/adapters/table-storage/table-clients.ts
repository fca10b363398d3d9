import { TableClient, type TableServiceClientOptions } from '@azure/data-tables';
import type { TableName } from '../../ports/table-store.ts';
import type { Connection } from '../../settings/connection.ts';
import { azureCredential } from '../system/azure-credential.ts';

/**
 * One quick repetition, for the keep-alive connection that the service closed at the same moment; an outage has to come
 * to the handler within about two seconds, which waits it out.
 */
const options: TableServiceClientOptions = {
  retryOptions: { maxRetries: 1, retryDelayInMs: 100, maxRetryDelayInMs: 500 },
};

/** One client a table, made at first use. The SDK keeps connections alive and opens as many as are needed at once. */
export function tableClients(connection: Connection, prefix: string): (table: TableName) => TableClient {
  const clients = new Map<TableName, TableClient>();
  const make = clientFactory(connection);
  return (table) => {
    const known = clients.get(table);
    if (known !== undefined) return known;
    const client = make(`${prefix}${table}`);
    clients.set(table, client);
    return client;
  };
}

function clientFactory(connection: Connection): (name: string) => TableClient {
  if (connection.kind === 'connection-string') {
    const { connectionString } = connection;
    // The settings take http only where the operator wrote it into the connection string (loopback on a laptop).
    const allowInsecureConnection =
      /(?:^|;)(?:DefaultEndpointsProtocol=http;|UseDevelopmentStorage=true)/i.test(connectionString);
    return (name) =>
      TableClient.fromConnectionString(connectionString, name, { ...options, allowInsecureConnection });
  }
  const credential = azureCredential(connection.identity);
  return (name) => new TableClient(connection.endpoint, name, credential, options);
}
