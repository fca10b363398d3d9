import type { Kind } from '../../shared/contracts/envelope.v1.ts';
import { cloudEnvelope } from './cloud-envelope.ts';
import type { Pipeline } from './pipeline.ts';

/** A control command to the leader of a connector: session named after the connector, which only the leader opens. */
export async function sendCommand(
  pipeline: Pick<Pipeline, 'sender' | 'clock' | 'random'>,
  connector: string,
  kind: Extract<Kind, 'configure' | 'refresh' | 'probe' | 'full-import'>,
  payload: unknown,
  id?: string,
): Promise<void> {
  const envelope = cloudEnvelope(pipeline, kind, { connector, partition: null }, payload, id);
  await pipeline.sender.send([{ queue: `agent-commands-${connector}`, envelope, sessionId: connector }]);
}
