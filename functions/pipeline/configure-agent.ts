import { captureNeeds } from '../../shared/rules/capture-needs.ts';
import { agentKeyRange } from '../../shared/state/agent-rows.ts';
import type { Pipeline } from './pipeline.ts';
import { sendCommand } from './send-command.ts';

/**
 * Tells the leader of a connector what to capture. The id is fixed by revision and content, so that telling it again
 * within the window of duplicate detection costs nothing.
 *
 * A connector without a trusted agent is told nothing: its agent would read the whole directory into the poison queue,
 * and not again once it is trusted. Trusting it tells it.
 */
export async function configureAgent(
  pipeline: Pick<Pipeline, 'tables' | 'sender' | 'clock' | 'random' | 'rules'>,
  connector: string,
): Promise<void> {
  // Asked for seldom, and never again: rules that another process has published a moment ago must not be overlooked.
  pipeline.rules.refresh();
  const inForce = await pipeline.rules.inForce(0);
  if (inForce?.rules.connectors[connector]?.type !== 'active-directory') return;
  const trusted = await pipeline.tables.range('Agents', connector, {
    ...agentKeyRange,
    where: { status: 'trusted' },
    limit: 1,
    keysOnly: true,
  });
  if (trusted.length === 0) return;
  const needs = captureNeeds(inForce.rules, connector);
  await sendCommand(pipeline, connector, 'configure', { revision: inForce.revision, ...needs });
}
