import { HostError } from './host-error.ts';

/**
 * Resolves `%NAME%` in a trigger option. Neither the library nor the worker does it; the host does, and a name that no setting
 * answers to fails this one function.
 */
export function resolveSettingReferences(text: string, environment: NodeJS.ProcessEnv): string {
  return text.replaceAll(/%([^%]*)%/g, (_whole, name: string) => {
    const value = environment[name];
    if (value === undefined || value === '') throw new HostError(`'%${name}%' does not resolve to a value.`);
    return value;
  });
}
