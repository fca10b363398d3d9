import { readFileSync } from 'node:fs';
import { SyncError } from '../../shared/errors/sync-error.ts';
import type { SecretReference } from './agent-file.ts';

/** @param name where it stands in agent.yaml, for the error; the value is in no error. */
export function readSecret(reference: SecretReference, name: string, env: NodeJS.ProcessEnv): string {
  if ('env' in reference) {
    const value = env[reference.env];
    if (value !== undefined && value !== '') return value;
    throw new SyncError('CONFIG_INVALID', `${name}: the environment variable ${reference.env} is not set`);
  }
  const text = readFile(reference.file, name);
  // Editors end a file with a line break; a password does not.
  const value = text.replace(/\r?\n$/, '');
  if (value === '') throw new SyncError('CONFIG_INVALID', `${name}: ${reference.file} is empty`);
  return value;
}

export function readFile(path: string, name: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new SyncError('CONFIG_INVALID', `${name}: ${path} cannot be read`, { cause });
  }
}
