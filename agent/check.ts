import { connectController, readFacts } from '../shared/adapters/active-directory/domain-controller.ts';
import { nothingFilter } from '../shared/adapters/active-directory/filters.ts';
import { dirSyncControl } from '../shared/adapters/active-directory/ldap-controls.ts';
import { translateBusError } from '../shared/adapters/service-bus/translate-bus-error.ts';
import { SyncError } from '../shared/errors/sync-error.ts';
import { directoryAccess, openBus, readSecrets, type AgentEnvironment } from './composition.ts';
import type { AgentFile } from './configuration/agent-file.ts';
import { loadAgentFile } from './configuration/load-agent-file.ts';

interface Check {
  readonly name: string;
  readonly run: () => Promise<string>;
}

/** Tries each part by itself, so that one mistake does not hide another. */
export async function checkAgent(configPath: string, io: AgentEnvironment): Promise<number> {
  const file = loadAgentFile(configPath);
  const secrets = readSecrets(file, io.env);
  const say = (text: string): unknown => io.stdout.write(`${text}\n`);
  say(`ok    configuration  key ${secrets.key.keyId}`);
  const access = directoryAccess(file, secrets);
  const checks: Check[] = access.urls.map((url) => ({
    name: url,
    run: async () => {
      const connection = await connectController(access, url);
      try {
        const facts = await readFacts(connection, url);
        const stream = connection.search({
          base: facts.defaultNamingContext,
          scope: 'sub',
          filter: nothingFilter(),
          attributes: ['name'],
          controls: [dirSyncControl(Buffer.alloc(0))],
          operation: 'DirSync',
        });
        for await (const _ of stream.batches());
        return `${facts.server}, ${facts.defaultNamingContext}`;
      } finally {
        connection.close();
      }
    },
  }));
  checks.push({ name: 'Service Bus', run: () => checkBus(file, io) });
  let worst = 0;
  for (const { name, run } of checks) {
    try {
      say(`ok    ${name}  ${await run()}`);
    } catch (error) {
      if (!(error instanceof SyncError)) throw error;
      say(`FAIL  ${name}  ${error.code}: ${error.message}\n      ${error.action}`);
      worst = 3;
      // A second domain controller would count the wrong password once more.
      if (error.code === 'LDAP_BIND_REFUSED') break;
    }
  }
  return worst;
}

/** Opens a link to every queue the agent sends to; sends nothing. */
async function checkBus(file: AgentFile, io: AgentEnvironment): Promise<string> {
  const client = openBus(file, readSecrets(file, io.env));
  try {
    for (const queue of ['changes', 'changes-bulk', 'agent-reports']) {
      try {
        await client.createSender(queue).createMessageBatch();
      } catch (error) {
        throw translateBusError(error, queue);
      }
    }
    return client.fullyQualifiedNamespace;
  } finally {
    await client.close();
  }
}
