import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { readConnection, type Connection } from '../shared/settings/connection.ts';
import { loadCommandSettings, type CommandSettings } from '../shared/settings/command-settings.ts';
import { readSettings, type Environment } from '../shared/settings/setting-reader.ts';
import { usageError } from './command-error.ts';

const ours = (name: string): boolean => name.startsWith('DIRBRIDGE_');

/**
 * Takes over a file of KEY=VALUE lines. Settings of Dirbridge then come from the file alone: half of one deployment and
 * half of another would be worse than either. Other variables (those of Azure's sign-in) are added, the file's winning.
 *
 * @throws CommandError with exit code 2 when the file cannot be read.
 */
export function applyEnvFile(path: string, env: Record<string, string | undefined>): void {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    const why = cause instanceof Error && 'code' in cause ? String(cause.code) : 'it cannot be read';
    throw usageError(`--env-file ${path}: ${why}`, '"npm run dev" writes .dirbridge/dev.env while it runs.');
  }
  const values = parseEnv(text);
  // Azure's SDK reads process.env itself, so the process's own object is changed.
  for (const name of Object.keys(env)) if (ours(name)) Reflect.deleteProperty(env, name);
  Object.assign(env, values);
}

export interface StateSettings {
  readonly state: Connection;
  readonly tablePrefix: string;
}

/** What reading needs; nobody should have to name the operator function to look. */
export function loadStateSettings(environment: Environment): StateSettings {
  const reading = readSettings(environment);
  const settings = {
    state: readConnection(reading, 'DIRBRIDGE_STATE'),
    tablePrefix: reading.required('DIRBRIDGE_TABLE_PREFIX'),
  };
  reading.finish();
  return settings;
}

/** What asking the operator function needs. */
export const loadOperatorSettings = (environment: Environment): CommandSettings =>
  loadCommandSettings(environment);
