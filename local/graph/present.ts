import type { Entry, Kind, View } from './entry.ts';
import type { Json, JsonObject } from './json.ts';
import { groupRules, userRules, type PropertyRules } from './property-rules.ts';
import { refuse } from './refusal.ts';

/** What GET answers without $select: user-list.md, group-get.md. */
const userDefaults = [
  'id',
  'businessPhones',
  'displayName',
  'givenName',
  'jobTitle',
  'mail',
  'mobilePhone',
  'officeLocation',
  'preferredLanguage',
  'surname',
  'userPrincipalName',
];
const notByDefault = new Set(['uniqueName']);
const groupDefaults = Object.keys(groupRules).filter((name) => !notByDefault.has(name));
const otherDefaults = ['id', 'displayName', 'description', 'roleTemplateId', 'deletedDateTime'];

const rulesOf: Readonly<Partial<Record<Kind, PropertyRules>>> = { user: userRules, group: groupRules };

export function defaultsOf(kind: Kind): readonly string[] {
  if (kind === 'user') return userDefaults;
  return kind === 'group' ? groupDefaults : otherDefaults;
}

/** $select of names the type does not have is refused, not ignored. */
export function checkSelect(kind: Kind, names: readonly string[]): void {
  const rules = rulesOf[kind];
  const unknown = names.find((name) => rules !== undefined && !Object.hasOwn(rules, name));
  if (unknown !== undefined)
    throw refuse.malformed(`Could not find a property named '${unknown}' on type 'microsoft.graph.${kind}'.`);
}

export function present(entry: Entry, view: View, select: readonly string[] | undefined): JsonObject {
  const names = select === undefined ? defaultsOf(entry.kind) : ['id', ...select];
  const rules = rulesOf[entry.kind] ?? {};
  return Object.fromEntries(
    names.map((name) => [name, view.properties[name] ?? unsetValue(name, rules)] as const),
  );
}

function unsetValue(name: string, rules: PropertyRules): Json {
  const rule = rules[name];
  if (rule?.type === 'strings' || rule?.type === 'objects') return [];
  if (name === 'onPremisesExtensionAttributes')
    return Object.fromEntries(Object.keys(rule?.fields ?? {}).map((field) => [field, null]));
  return null;
}

/** In collections of mixed kinds every item says what it is. */
export function presentTyped(entry: Entry, view: View, select: readonly string[] | undefined): JsonObject {
  return { '@odata.type': `#microsoft.graph.${entry.kind}`, ...present(entry, view, select) };
}

/** A soft-deleted user is shown under a UPN that nobody can sign in with, so that the name is free. */
export function deletedView(entry: Entry): View {
  const { properties } = entry.current;
  const deletedDateTime = new Date(entry.deletedAt ?? 0).toISOString();
  const upn = properties['userPrincipalName'];
  const hidden = typeof upn === 'string' ? { userPrincipalName: entry.id.replaceAll('-', '') + upn } : {};
  return { ...entry.current, properties: { ...properties, ...hidden, deletedDateTime } };
}
