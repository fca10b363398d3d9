import type { CommandContext } from '../command-context.ts';
import { CommandError } from '../command-error.ts';
import { confirm } from '../confirm.ts';
import type { Outcome } from '../outcome.ts';
import { readAgents } from '../state/read-agents.ts';
import { described, showKey } from './agents-trust.ts';
import { chooseKey, type KeyChoice } from './choose-key.ts';

/** Takes the trust in a key back; also refuses one that only waits. */
export async function revokeAgent(
  context: CommandContext,
  options: KeyChoice & { readonly yes?: boolean },
): Promise<Outcome> {
  const { keys } = await readAgents(context.tables(), options.connector);
  const key = chooseKey(keys, options, 'trusted');
  if (key === null)
    throw new CommandError('NO_SUCH_KEY', 'there is no such key', {
      action: 'See "dirbridge agents list"; a key that is only pending has to be named by --key.',
    });
  if (key.status === 'revoked')
    return {
      data: { ...described(key), changed: false },
      text: `${key.keyId} of ${key.agent} is revoked already`,
    };
  showKey(context, key);
  await confirm(context.io, {
    question: `Refuse everything that ${key.agent} of connector ${key.connector} sends from now on?`,
    expected: 'yes',
    isGiven: options.yes === true,
  });
  const answer = await context.operator().ask('trust-agent', {
    connector: key.connector,
    keyId: key.keyId,
    trust: false,
  });
  return {
    data: { ...described(key), status: 'revoked', changed: true, requestId: answer['requestId'] },
    text: `revoked: ${key.agent} (${key.keyId}) of connector ${key.connector}`,
    next: 'Its messages are refused within half a minute and go to the poison queue. Take its rights on Service Bus away too.',
  };
}
