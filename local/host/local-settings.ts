import { HostError } from './host-error.ts';
import { readJson } from './host-settings.ts';

export interface LocalSettings {
  readonly port?: number;
  readonly cors: readonly string[];
}

/** Puts `Values` into the environment, which wins where both name a setting, and returns what `Host` says. */
export function applyLocalSettings(file: string, environment: NodeJS.ProcessEnv): LocalSettings {
  const document = readJson(file, 'Name another file with --settings, or leave the flag out.');
  if (typeof document !== 'object' || document === null || Array.isArray(document)) {
    throw new HostError(`${file}: expected an object with "Values".`);
  }
  const { IsEncrypted: isEncrypted, Values: values, Host: host } = document as Record<string, unknown>;
  // The tools take a missing key for true; either way nothing here could decrypt it.
  if (isEncrypted !== false) {
    throw new HostError(
      `${file}: "IsEncrypted" is ${isEncrypted === undefined ? 'missing, which counts as true' : 'true'}. ` +
        'This host reads plain settings only: run "func settings decrypt", or write "IsEncrypted": false.',
    );
  }
  for (const [name, value] of Object.entries(readValues(file, values))) environment[name] ??= value;
  return readHostSection(file, host);
}

function readValues(file: string, values: unknown): Record<string, string> {
  if (values === undefined) return {};
  if (typeof values !== 'object' || values === null || Array.isArray(values)) {
    throw new HostError(`${file}: "Values" must be an object of strings.`);
  }
  for (const [name, value] of Object.entries(values)) {
    if (typeof value !== 'string') throw new HostError(`${file}: the value of "${name}" must be a string.`);
  }
  return values as Record<string, string>;
}

function readHostSection(file: string, host: unknown): LocalSettings {
  if (typeof host !== 'object' || host === null) return { cors: [] };
  const { LocalHttpPort: port, CORS: cors } = host as Record<string, unknown>;
  if (port !== undefined && (!Number.isInteger(port) || Number(port) < 0 || Number(port) > 65_535)) {
    throw new HostError(`${file}: Host.LocalHttpPort must be a port number.`);
  }
  const origins = typeof cors === 'string' ? cors.split(',').map((origin) => origin.trim()) : [];
  return { cors: origins, ...(typeof port === 'number' ? { port } : {}) };
}
