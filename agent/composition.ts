import { ClientCertificateCredential } from '@azure/identity';
import { ServiceBusClient, type ServiceBusClientOptions } from '@azure/service-bus';
import type { DirectoryAccess } from '../shared/adapters/active-directory/domain-controller.ts';
import { busClient } from '../shared/adapters/service-bus/bus-client.ts';
import { messageSender } from '../shared/adapters/service-bus/message-sender.ts';
import { systemClock } from '../shared/adapters/system/system-clock.ts';
import { systemRandom } from '../shared/adapters/system/system-random.ts';
import { SyncError } from '../shared/errors/sync-error.ts';
import { createLog, type LogStream } from '../shared/telemetry/log.ts';
import type { AgentParts } from './agent-parts.ts';
import { durationMs, type AgentFile } from './configuration/agent-file.ts';
import { readFile, readSecret } from './configuration/read-secret.ts';
import { loadKeyFile, type AgentKey } from './configuration/signing-key.ts';
import { Outage } from './outage.ts';
import { Publisher } from './publish/publisher.ts';
import { AgentStatus } from './reports/agent-status.ts';
import { ImportProgress } from './reports/import-progress.ts';
import { Reporter } from './reports/reporter.ts';
import { Troubles } from './reports/troubles.ts';

export const agentVersion = '0.1.0';

export interface AgentEnvironment {
  readonly env: NodeJS.ProcessEnv;
  readonly stdout: LogStream;
}

/** Secrets as read, and all that is checked before the first connection. */
export interface AgentSecrets {
  readonly key: AgentKey;
  readonly password: string;
  readonly busConnection: string | null;
  readonly ca: string | undefined;
}

/** @throws SyncError CONFIG_INVALID naming the place in agent.yaml. */
export function readSecrets(file: AgentFile, env: NodeJS.ProcessEnv): AgentSecrets {
  const { directory, bus } = file;
  const connection = bus.connection === undefined ? null : readSecret(bus.connection, 'bus.connection', env);
  if (connection !== null && !/^Endpoint=sb:\/\/[^;]+;/i.test(connection))
    throw new SyncError(
      'CONFIG_INVALID',
      'bus.connection: not a connection string (Endpoint=sb://…;SharedAccessKeyName=…;SharedAccessKey=…)',
    );
  return {
    key: loadKeyFile(file.signingKey.file),
    password: readSecret(directory.bind.password, 'directory.bind.password', env),
    busConnection: connection,
    ca: directory.tls.ca === undefined ? undefined : readFile(directory.tls.ca, 'directory.tls.ca'),
  };
}

export function directoryAccess({ directory }: AgentFile, secrets: AgentSecrets): DirectoryAccess {
  return {
    urls: directory.urls,
    tls: { mode: directory.tls.mode, ca: secrets.ca, servername: directory.tls.servername },
    user: directory.bind.user,
    password: secrets.password,
    timeoutMs: durationMs(directory.requestTimeout),
  };
}

export function openBus({ bus }: AgentFile, secrets: AgentSecrets): ServiceBusClient {
  if (secrets.busConnection !== null)
    return busClient({ kind: 'connection-string', connectionString: secrets.busConnection });
  const { namespace, credential } = bus;
  if (namespace === undefined || credential === undefined)
    throw new SyncError(
      'CONFIG_INVALID',
      'bus takes exactly one of connection and namespace with credential',
    );
  const { tenantId, clientId, certificate } = credential;
  return new ServiceBusClient(
    namespace,
    new ClientCertificateCredential(tenantId, clientId, { certificatePath: certificate.file }),
    sdkOptions,
  );
}

/** As shared/adapters/service-bus does: outages are waited out by the agent, not inside the SDK. */
const sdkOptions: ServiceBusClientOptions = {
  retryOptions: { maxRetries: 1, retryDelayInMs: 1_000, maxRetryDelayInMs: 1_000, timeoutInMs: 10_000 },
};

/** The key by itself too: an SDK's error may name it without the rest. */
function busSecrets(connection: string | null): readonly string[] {
  if (connection === null) return [];
  const key = /SharedAccessKey=([^;]+)/i.exec(connection)?.[1];
  return key === undefined ? [connection] : [connection, key];
}

/** @param hard ends all waiting of reports. */
export function composeAgent(
  file: AgentFile,
  environment: AgentEnvironment,
  hard: AbortSignal,
): AgentParts & { close(): Promise<void> } {
  const secrets = readSecrets(file, environment.env);
  const log = createLog({
    level: file.log.level,
    format: file.log.format,
    stream: environment.stdout,
    secrets: [secrets.password, ...busSecrets(secrets.busConnection)],
    fields: { connector: file.connector, agent: file.agent },
  });
  const clock = systemClock;
  const client = openBus(file, secrets);
  const sender = messageSender(client);
  const publishing = {
    connector: file.connector,
    agent: file.agent,
    key: secrets.key,
    sender,
    clock,
    random: systemRandom,
    outage: new Outage('Service Bus', log, clock),
  };
  const hello = {
    software: `dirbridge-agent/${agentVersion}`,
    publicKey: secrets.key.publicKey,
    startedAt: new Date(clock.now()).toISOString(),
  };
  const reporter = new Reporter(new Publisher(publishing, null, hard), hello, clock, log);
  const troubles = new Troubles(clock, (problem) => reporter.problem(problem));
  return {
    file,
    access: directoryAccess(file, secrets),
    client,
    publishing,
    pollMs: durationMs(file.directory.pollInterval),
    patienceMs: durationMs(file.directory.patience),
    clock,
    random: systemRandom,
    log,
    status: new AgentStatus(new ImportProgress(environment.stdout, clock, log), troubles),
    reporter,
    troubles,
    async close() {
      await sender.close();
      await client.close();
    },
  };
}
