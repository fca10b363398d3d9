import { CommandError, usageError } from '../command-error.ts';
import type { KnownKey } from '../state/read-agents.ts';

export interface KeyChoice {
  readonly agent?: string;
  readonly key?: string;
  readonly connector?: string;
}

/**
 * The one key that is meant. Named by its id, a key in any status will do; otherwise the only one in `status` that fits.
 * Null: there is none (yet).
 *
 * @throws CommandError with exit code 2 when several fit.
 */
export function chooseKey(
  keys: readonly KnownKey[],
  choice: KeyChoice,
  status: KnownKey['status'],
): KnownKey | null {
  const fitting = keys.filter(
    (key) =>
      (choice.connector === undefined || key.connector === choice.connector) &&
      (choice.agent === undefined || key.agent === choice.agent) &&
      (choice.key === undefined ? key.status === status : key.keyId === choice.key),
  );
  const [key, ...others] = fitting;
  if (key === undefined) return null;
  if (others.length > 0) {
    const lines = fitting.map(
      (one) => `  --connector ${one.connector} --agent ${one.agent} --key ${one.keyId}`,
    );
    throw usageError(`${fitting.length} keys are ${status}:\n${lines.join('\n')}`, 'Name one of them.');
  }
  if (!key.isGenuine)
    throw new CommandError(
      'KEY_FORGED',
      `the row of ${key.keyId} holds another public key than its id names`,
      {
        action: 'Somebody wrote into table Agents: treat it as an intrusion.',
      },
    );
  return key;
}
