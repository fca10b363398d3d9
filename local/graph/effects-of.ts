import { isJsonObject, isSameJson, type JsonObject } from './json.ts';
import type { Effect } from './outcome.ts';
import type { PropertyRules } from './property-rules.ts';

/** What differs between two states in what callers may write; a complex property is counted field by field. */
export function effectsOf(
  rules: PropertyRules,
  objectId: string,
  before: JsonObject,
  after: JsonObject,
): Effect[] {
  const effects: Effect[] = [];
  for (const name of Object.keys(after)) {
    const [old, next] = [before[name], after[name]];
    // Stamps and addresses that the service derives are nobody's change.
    if (isSameJson(old, next) || rules[name] === undefined || rules[name].access === 'read') continue;
    if (isJsonObject(next)) {
      const from = isJsonObject(old) ? old : {};
      for (const field of Object.keys(next))
        if (!isSameJson(from[field], next[field]))
          effects.push({ objectId, property: `${name}.${field}`, count: 1 });
    } else {
      effects.push({ objectId, property: name, count: 1 });
    }
  }
  return effects;
}

/** The object as a whole came or went. */
export function wholeEffect(
  objectId: string,
  property: 'created' | 'deleted' | 'restored' | 'purged',
): Effect {
  return { objectId, property, count: 1 };
}
