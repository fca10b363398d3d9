import {
  configuredSchema,
  heartbeatSchema,
  helloSchema,
  problemSchema,
} from '../shared/contracts/agent-report.v1.ts';
import type { Envelope } from '../shared/contracts/envelope.v1.ts';
import { SyncError } from '../shared/errors/sync-error.ts';
import { openPayload } from '../shared/model/envelope-seal.ts';
import { appForMessage } from './app-for-message.ts';
import { takeConfigured, takeHeartbeat, takeHello, takeProblem } from './pipeline/agent-reports.ts';
import type { AgentTrust } from './pipeline/agent-trust.ts';
import { settleMessage } from './settle-message.ts';
import { wrongQueue } from './wrong-queue.ts';

/** What agents say of themselves. A hello may come from a key that nobody trusts yet: it is how a key becomes known. */
export async function onAgentReport(body: unknown): Promise<void> {
  const { pipeline, trust } = await appForMessage();
  await settleMessage(pipeline, 'agent-reports', body, async (envelope: Envelope) => {
    if (envelope.kind === 'hello') return takeHello(pipeline, envelope, openPayload(envelope, helloSchema));
    if (envelope.kind === 'heartbeat' && !(await isTrusted(trust, envelope))) return;
    await trust.check(envelope);
    switch (envelope.kind) {
      case 'heartbeat':
        return takeHeartbeat(pipeline, envelope, openPayload(envelope, heartbeatSchema));
      case 'configured':
        return takeConfigured(pipeline, envelope, openPayload(envelope, configuredSchema));
      case 'problem':
        return takeProblem(pipeline, envelope, openPayload(envelope, problemSchema));
      default:
        throw wrongQueue(envelope);
    }
  });
}

/** An agent that nobody trusts yet beats all the same: nothing is learnt from it, and nothing is wrong. */
async function isTrusted(trust: AgentTrust, envelope: Envelope): Promise<boolean> {
  try {
    await trust.check(envelope);
    return true;
  } catch (error) {
    if (error instanceof SyncError && error.code === 'SIGNATURE_INVALID') return false;
    throw error;
  }
}
