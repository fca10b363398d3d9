import type { CommandContext } from '../command-context.ts';
import { confirm } from '../confirm.ts';
import type { Outcome } from '../outcome.ts';
import { readAgents } from '../state/read-agents.ts';
import { count } from '../text/count.ts';
import { table } from '../text/table.ts';
import { moment } from '../text/moments.ts';

export interface ForgetOptions {
  readonly connector?: string;
  readonly agent?: string;
  readonly yes?: boolean;
}

/** Takes all keys that wait for a decision off the list; an agent that still runs introduces itself again. */
export async function forgetPending(context: CommandContext, options: ForgetOptions): Promise<Outcome> {
  const { keys } = await readAgents(context.tables(), options.connector);
  const pending = keys.filter(
    (key) => key.status === 'pending' && (options.agent === undefined || key.agent === options.agent),
  );
  if (pending.length === 0) return { data: { forgotten: [] }, text: 'no agent key waits to be trusted' };
  const rows = pending.map((key) => [key.connector, key.agent, key.keyId, moment(key.firstSeenAt)]);
  context.say(table(['CONNECTOR', 'AGENT', 'KEY', 'FIRST SEEN'], rows, context.paint));
  await confirm(context.io, {
    question: `Forget ${count(pending.length, 'agent key')}?`,
    expected: 'yes',
    isGiven: options.yes === true,
  });
  const forgotten: unknown[] = [];
  for (const [connector, own] of Map.groupBy(pending, (key) => key.connector)) {
    const answer = await context.operator().ask('forget-agents', {
      connector,
      keyIds: own.map(({ keyId }) => keyId),
    });
    if (Array.isArray(answer['forgotten'])) forgotten.push(...(answer['forgotten'] as unknown[]));
  }
  return {
    data: { forgotten },
    text: `forgotten: ${count(forgotten.length, 'agent key')}`,
    next: 'Agents that still run introduce themselves again within five minutes; for one at once, restart it. If you do not know where the others came from: docs/runbooks/signature-invalid.md',
  };
}
