import type { JsonObject } from './json.ts';

/** Microsoft 365 group. */
export function isUnified(properties: JsonObject): boolean {
  return hasType(properties, 'Unified');
}

export function isDynamic(properties: JsonObject): boolean {
  return hasType(properties, 'DynamicMembership');
}

function hasType(properties: JsonObject, type: string): boolean {
  const types = properties['groupTypes'];
  return Array.isArray(types) && types.includes(type);
}
