import { randomUUID } from 'node:crypto';
import type { ServiceBusClient } from '@azure/service-bus';
import type { Envelope } from '../../shared/contracts/envelope.v1.ts';

/** A control command for the leader of connector corp, as the function app would send it. */
export async function sendAgentCommand(
  bus: ServiceBusClient,
  kind: 'configure' | 'refresh' | 'probe' | 'full-import',
  payload: unknown,
): Promise<void> {
  const envelope: Envelope = {
    kind,
    version: 1,
    id: `c-${randomUUID()}`,
    connector: 'corp',
    agent: null,
    epoch: null,
    partition: null,
    traceparent: null,
    createdAt: new Date().toISOString(),
    keyId: null,
    signature: null,
    payload: JSON.stringify(payload),
  };
  const sender = bus.createSender('agent-commands-corp');
  await sender.sendMessages({ body: { envelope }, messageId: envelope.id, sessionId: 'corp' });
  await sender.close();
}
