import { isJsonObject, type Json, type JsonObject } from './json.ts';
import type { PropertyRule, PropertyRules } from './property-rules.ts';
import { refuse } from './refusal.ts';

/** Checks what a body sets, property by property; answers it without annotations, or refuses the whole request. */
export function validateBody(
  resource: 'User' | 'Group',
  rules: PropertyRules,
  body: JsonObject,
  mode: 'create' | 'update',
): JsonObject {
  const checked: Record<string, Json> = {};
  for (const [name, value] of Object.entries(body)) {
    if (name === '@odata.type' || name === '@odata.context') continue;
    const rule = Object.hasOwn(rules, name) ? rules[name] : undefined;
    if (rule === undefined) throw refuse.unknownProperty(name);
    if (rule.access === 'read') throw refuse.readOnly(name);
    // SharePoint keeps these; an app without a user may not write them at all.
    if (rule.access === 'neverByApp') throw refuse.denied();
    if (rule.access === 'create' && mode === 'update') throw refuse.readOnly(name);
    checkValue(resource, name, rule, value);
    checked[name] = value;
  }
  return checked;
}

function checkValue(resource: string, name: string, rule: PropertyRule, value: Json): void {
  const refused = refuse.badValue(name, resource);
  if (value === null) {
    // Collections are emptied by [], never by null.
    if (rule.keepsValue === true || rule.type === 'strings' || rule.type === 'objects') throw refused;
    return;
  }
  switch (rule.type) {
    case 'string':
      if (!isGoodText(rule, value)) throw refused;
      return;
    case 'boolean':
      if (typeof value !== 'boolean') throw refused;
      return;
    case 'date':
      if (typeof value !== 'string' || !isDate(value)) throw refused;
      return;
    case 'strings':
      if (!Array.isArray(value) || value.length > (rule.maxItems ?? Infinity)) throw refused;
      if (!value.every((item: Json) => isGoodText(rule, item))) throw refused;
      return;
    case 'objects':
      if (!Array.isArray(value) || value.length > (rule.maxItems ?? Infinity)) throw refused;
      if (!value.every((item: Json) => isJsonObject(item))) throw refused;
      return;
    case 'object':
      if (!isJsonObject(value)) throw refused;
      for (const [field, inner] of Object.entries(value)) {
        if (field === '@odata.type') continue;
        const fieldRule = Object.hasOwn(rule.fields ?? {}, field) ? rule.fields?.[field] : undefined;
        if (fieldRule === undefined) throw refuse.unknownProperty(`${name}/${field}`);
        checkValue(resource, name, fieldRule, inner);
      }
  }
}

/** The service takes null to clear a text, never an empty one. */
function isGoodText(rule: PropertyRule, value: Json): boolean {
  if (typeof value !== 'string' || value.length === 0) return false;
  return value.length <= (rule.max ?? Infinity) && (rule.accepts?.(value) ?? true);
}

function isDate(value: string): boolean {
  return (
    /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$/.test(value) &&
    !Number.isNaN(Date.parse(value))
  );
}

/** The object after the write: complex properties are merged field by field unless the rule says whole. */
export function mergeProperties(rules: PropertyRules, before: JsonObject, patch: JsonObject): JsonObject {
  const after: Record<string, Json> = { ...before };
  for (const [name, value] of Object.entries(patch)) {
    const rule = rules[name];
    if (rule?.type === 'object' && isJsonObject(value)) {
      const held = before[name];
      const start =
        rule.whole !== true && held !== undefined && isJsonObject(held) ? held : emptyFields(rule);
      after[name] = { ...start, ...value };
    } else {
      after[name] = value;
    }
  }
  return after;
}

function emptyFields(rule: PropertyRule): JsonObject {
  return Object.fromEntries(Object.keys(rule.fields ?? {}).map((field) => [field, null]));
}
