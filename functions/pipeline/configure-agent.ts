import { captureNeeds } from '../../shared/rules/capture-needs.ts';
import type { Pipeline } from './pipeline.ts';
import { sendCommand } from './send-command.ts';

/**
 * Tells the leader of a connector what to capture. The id is fixed by revision and content, so that telling it again
 * within the window of duplicate detection costs nothing.
 */
export async function configureAgent(
  pipeline: Pick<Pipeline, 'sender' | 'clock' | 'random' | 'rules'>,
  connector: string,
): Promise<void> {
  const inForce = await pipeline.rules.inForce(0);
  if (inForce?.rules.connectors[connector]?.type !== 'active-directory') return;
  const needs = captureNeeds(inForce.rules, connector);
  await sendCommand(pipeline, connector, 'configure', { revision: inForce.revision, ...needs });
}
