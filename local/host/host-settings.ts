import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { errorText } from './error-text.ts';
import { HostError } from './host-error.ts';
import { parseTimeSpan } from './time-span.ts';

const overridePrefix = 'azurefunctionsjobhost__';

/** host.json read as .NET configuration reads it: flat paths, case ignored, environment overrides on top. */
export class HostSettings {
  readonly #values = new Map<string, string>();

  constructor(document: unknown, environment: NodeJS.ProcessEnv) {
    this.#flatten('', document);
    for (const [name, value] of Object.entries(environment)) {
      if (value === undefined || !name.toLowerCase().startsWith(overridePrefix)) continue;
      this.#values.set(name.slice(overridePrefix.length).toLowerCase().replaceAll('__', ':'), value);
    }
  }

  string(path: string, fallback: string): string {
    return this.#values.get(path.toLowerCase()) ?? fallback;
  }

  boolean(path: string, fallback: boolean): boolean {
    const value = this.#values.get(path.toLowerCase());
    if (value === undefined) return fallback;
    if (/^(true|false)$/i.test(value)) return value.toLowerCase() === 'true';
    throw new HostError(`host.json: ${path} must be true or false, not '${value}'.`);
  }

  count(path: string, fallback: number): number {
    const value = this.#values.get(path.toLowerCase());
    if (value === undefined) return fallback;
    if (/^\d+$/.test(value) && Number(value) > 0) return Number(value);
    throw new HostError(`host.json: ${path} must be a whole number above zero, not '${value}'.`);
  }

  duration(path: string, fallbackMs: number): number {
    const value = this.#values.get(path.toLowerCase());
    if (value === undefined) return fallbackMs;
    // The infinite duration of .NET is written -1 or -00:00:00.001.
    const parsed = value === '-1' ? -1 : parseTimeSpan(value);
    if (parsed !== undefined) return parsed < 0 ? Number.POSITIVE_INFINITY : parsed;
    throw new HostError(`host.json: ${path} must be a duration like 00:05:00, not '${value}'.`);
  }

  /** Direct and deeper entries under a path, keys without it. */
  under(path: string): ReadonlyMap<string, string> {
    const prefix = `${path.toLowerCase()}:`;
    return new Map(
      [...this.#values]
        .filter(([key]) => key.startsWith(prefix))
        .map(([key, value]) => [key.slice(prefix.length), value] as const),
    );
  }

  #flatten(path: string, value: unknown): void {
    if (typeof value === 'object' && value !== null) {
      for (const [key, member] of Object.entries(value)) {
        this.#flatten(path === '' ? key : `${path}:${key}`, member);
      }
    } else if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
      this.#values.set(path.toLowerCase(), String(value));
    }
  }
}

export function readHostSettings(app: string, environment: NodeJS.ProcessEnv): HostSettings {
  const file = join(app, 'host.json');
  const settings = new HostSettings(
    readJson(file, 'A function app has a host.json beside its package.json.'),
    environment,
  );
  const version = settings.string('version', '');
  if (version !== '2.0') throw new HostError(`${file}: "version" must be "2.0", not '${version}'.`);
  return settings;
}

/** Reads a JSON file; the error names the file and what it is for. */
export function readJson(file: string, purpose: string): unknown {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new HostError(`${file} cannot be read (${errorText(error)}). ${purpose}`, 1, { cause: error });
  }
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    throw new HostError(`${file} is not valid JSON: ${errorText(error)}`, 1, { cause: error });
  }
}
