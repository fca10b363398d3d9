import { setTimeout as pause } from 'node:timers/promises';
import { errorCodes } from '../../shared/errors/error-codes.ts';
import { pendingKeysMax } from '../../shared/state/agent-rows.ts';
import type { CommandContext, Reading } from '../command-context.ts';
import { CommandError } from '../command-error.ts';
import { confirm } from '../confirm.ts';
import type { Outcome } from '../outcome.ts';
import { readAgents, type KnownKey } from '../state/read-agents.ts';
import { moment } from '../text/moments.ts';
import { chooseKey, type KeyChoice } from './choose-key.ts';

export interface TrustOptions extends KeyChoice {
  readonly yes?: boolean;
  /** Seconds to wait for an agent that has not introduced itself yet. */
  readonly wait?: number;
}

const lookEveryMs = 500;

/** Pins an agent's key to its connector: from then on its messages count. */
export async function trustAgent(context: CommandContext, options: TrustOptions): Promise<Outcome> {
  const key = await awaitKey(context, options);
  if (key.status === 'trusted')
    return {
      data: { ...described(key), changed: false },
      text: `${key.keyId} of ${key.agent} is trusted already`,
    };
  showKey(context, key);
  await confirm(context.io, {
    question: `Trust ${key.agent} for connector ${key.connector}?`,
    expected: 'yes',
    isGiven: options.yes === true,
  });
  const answer = await context.operator().ask('trust-agent', {
    connector: key.connector,
    keyId: key.keyId,
    trust: true,
  });
  return {
    data: { ...described(key), status: 'trusted', changed: true, requestId: answer['requestId'] },
    text: `trusted: ${key.agent} (${key.keyId}) for connector ${key.connector}`,
    next: 'The agent gets its configuration as soon as rules are published, and begins to read. Watch it with "dirbridge status".',
  };
}

/** Shown before the question: it is what has to be compared with the agent's own log. */
export function showKey(context: CommandContext, key: KnownKey): void {
  context.say(
    [
      `agent        ${key.agent} (connector ${key.connector})`,
      `key          ${key.keyId}  ${key.status}`,
      `fingerprint  ${key.fingerprint}`,
      `first seen   ${moment(key.firstSeenAt)}`,
    ].join('\n'),
  );
}

async function awaitKey(context: CommandContext, options: TrustOptions): Promise<KnownKey> {
  const tables: Reading = context.tables();
  const until = context.io.now() + (options.wait ?? 0) * 1_000;
  for (;;) {
    const { keys } = await readAgents(tables, options.connector);
    const key = chooseKey(keys, options, 'pending');
    if (key !== null) return key;
    if (context.io.now() >= until) throw noKey(options, keys);
    await pause(lookEveryMs, undefined, { signal: context.io.stop });
  }
}

/** Why there is none to trust. */
export function noKey(options: KeyChoice, keys: readonly KnownKey[]): CommandError {
  const full = fullConnectors(keys);
  if (full.length > 0)
    return new CommandError(
      'AGENT_KEYS_FULL',
      `no such key: ${pendingKeysMax} keys of connector ${full.join(', ')} wait already, so no other is noted`,
      { action: errorCodes.AGENT_KEYS_FULL.action },
    );
  const what = options.key === undefined ? 'no agent waits to be trusted' : `there is no key ${options.key}`;
  const trusted = keys.filter((key) => key.status === 'trusted').map((key) => key.agent);
  return new CommandError(
    'NO_SUCH_KEY',
    trusted.length === 0 ? what : `${what}; trusted: ${trusted.join(', ')}`,
    {
      action:
        'Start the agent: it introduces itself within seconds, and again every five minutes. "--wait 60" waits for it.',
    },
  );
}

/** Connectors where so many keys wait that no other is noted. */
export function fullConnectors(keys: readonly KnownKey[]): readonly string[] {
  const pending = keys.filter((key) => key.status === 'pending');
  return [...Map.groupBy(pending, (key) => key.connector)].flatMap(([connector, own]) =>
    own.length < pendingKeysMax ? [] : [connector],
  );
}

export const described = (key: KnownKey) => ({
  connector: key.connector,
  agent: key.agent,
  keyId: key.keyId,
  fingerprint: key.fingerprint,
  status: key.status,
});
