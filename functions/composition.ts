import { graphTarget } from '../shared/adapters/graph/graph-target.ts';
import { busClient } from '../shared/adapters/service-bus/bus-client.ts';
import { messageSender } from '../shared/adapters/service-bus/message-sender.ts';
import { hearRejectionsOfTheSdk } from '../shared/adapters/service-bus/unheard-rejections.ts';
import { azureCredential } from '../shared/adapters/system/azure-credential.ts';
import { systemClock } from '../shared/adapters/system/system-clock.ts';
import { systemRandom } from '../shared/adapters/system/system-random.ts';
import { tableStorage } from '../shared/adapters/table-storage/table-storage.ts';
import { loadFunctionSettings, type FunctionSettings } from '../shared/settings/function-settings.ts';
import { secretValues } from '../shared/settings/secret-values.ts';
import { tokenPurse } from '../shared/state/token-purse.ts';
import { createLog } from '../shared/telemetry/log.ts';
import { agentTrust, type AgentTrust } from './pipeline/agent-trust.ts';
import { bulkPace } from './pipeline/bulk-pace.ts';
import type { Pipeline } from './pipeline/pipeline.ts';
import { purseTokens } from './pipeline/purse-tokens.ts';
import { rightOfWay } from './pipeline/right-of-way.ts';
import { storedRules } from './pipeline/stored-rules.ts';

export interface FunctionApp {
  readonly settings: FunctionSettings;
  readonly pipeline: Pipeline;
  readonly trust: AgentTrust;
}

let app: FunctionApp | null = null;

/**
 * The adapters of this process, made at the first call: registration must not depend on settings.
 *
 * @throws SyncError CONFIG_INVALID naming every setting that is wrong.
 */
export function functionApp(): FunctionApp {
  app ??= compose();
  return app;
}

function compose(): FunctionApp {
  const settings = loadFunctionSettings(process.env);
  const tables = tableStorage({ connection: settings.state, prefix: settings.tablePrefix });
  const log = createLog({
    level: settings.logLevel,
    format: 'json',
    stream: process.stdout,
    secrets: secretValues(process.env),
  });
  hearRejectionsOfTheSdk(log);
  const quota = {
    app: settings.graph.identity.clientId ?? 'default',
    tenant: settings.tenantId,
    writesPer150s: settings.graph.writesPer150s,
    burst: Math.min(settings.graph.burst, settings.graph.writesPer150s),
  };
  const pipeline: Pipeline = {
    tables,
    sender: messageSender(busClient(settings.bus)),
    target: graphTarget({
      url: settings.graph.url,
      scope: settings.graph.scope,
      credential: azureCredential(settings.graph.identity),
    }),
    clock: systemClock,
    random: systemRandom,
    log,
    rules: storedRules(tables, systemClock),
    tokens: purseTokens(tokenPurse(tables, quota), systemClock, bulkPace(quota.writesPer150s)),
    way: rightOfWay(systemClock),
    mode: settings.mode,
    graphRoot: `${settings.graph.url}/v1.0`,
  };
  return { settings, pipeline, trust: agentTrust(tables, systemClock) };
}
