import type { Environment } from './setting-reader.ts';
import { settingTable } from './setting-table.ts';

/**
 * The secrets that the environment holds, for the log to black out wherever they turn up: whole connection strings and
 * the keys in them, since vendors' error texts repeat either.
 */
export function secretValues(environment: Environment): readonly string[] {
  return Object.entries(settingTable)
    .filter(([, definition]) => definition.isSecret === true)
    .flatMap(([name]) => {
      const value = environment[name]?.trim();
      return value === undefined || value === '' ? [] : [value, ...keysIn(value)];
    });
}

function keysIn(connectionString: string): string[] {
  return [
    ...connectionString.matchAll(/(?:SharedAccessKey|AccountKey|SharedAccessSignature)=([^;]+)/gi),
  ].flatMap(([, key]) => (key === undefined ? [] : [key]));
}
