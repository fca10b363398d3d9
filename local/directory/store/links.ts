import { attribute, type AttributeDefinition } from '../schema/schema.ts';
import type { DirectoryObject, LinkValue } from './directory-object.ts';

export function linkTargets(source: DirectoryObject, key: string): DirectoryObject[] {
  const targets: DirectoryObject[] = [];
  for (const link of source.links.get(key)?.values() ?? []) if (link.isPresent) targets.push(link.target);
  return targets;
}

export function isLinked(source: DirectoryObject, key: string, target: DirectoryObject): boolean {
  return source.links.get(key)?.get(target)?.isPresent === true;
}

/** Sets or clears one value of a linked attribute, both directions at once. */
export function setLink(
  source: DirectoryObject,
  definition: AttributeDefinition,
  target: DirectoryObject,
  isPresent: boolean,
  usn: number,
): void {
  const values = source.links.get(definition.key) ?? new Map<DirectoryObject, LinkValue>();
  source.links.set(definition.key, values);
  // Deleted first, so that a value added again moves to the end, where AD lists it.
  values.delete(target);
  values.set(target, { target, usn, isPresent });
  const backKey = definition.backLink;
  if (backKey === undefined || backKey === '') return;
  let sources = target.backLinks.get(backKey);
  if (sources === undefined) target.backLinks.set(backKey, (sources = new Set()));
  if (isPresent) sources.add(source);
  else sources.delete(source);
}

/**
 * Takes a deleted object out of all links, from and to it, without a trace: its groups and reports are not stamped,
 * so DirSync reports none of them.
 */
export function dropLinks(object: DirectoryObject): void {
  for (const [backKey, sources] of object.backLinks) {
    const forwardKey = attribute(backKey).forwardLink;
    for (const source of sources) if (forwardKey !== undefined) source.links.get(forwardKey)?.delete(object);
  }
  object.backLinks.clear();
  for (const [key, values] of object.links) {
    const backKey = attribute(key).backLink ?? '';
    for (const target of values.keys()) target.backLinks.get(backKey)?.delete(object);
  }
  object.links.clear();
}

/** All groups an object is in: through member, nested, and the primary group. */
export function transitiveGroups(
  object: DirectoryObject,
  primaryGroup: DirectoryObject | undefined,
): Set<DirectoryObject> {
  const groups = new Set<DirectoryObject>();
  const pending = [...(object.backLinks.get('memberof') ?? [])];
  if (primaryGroup !== undefined) pending.push(primaryGroup);
  for (let group = pending.pop(); group !== undefined; group = pending.pop()) {
    if (groups.has(group)) continue;
    groups.add(group);
    pending.push(...(group.backLinks.get('memberof') ?? []));
  }
  return groups;
}
