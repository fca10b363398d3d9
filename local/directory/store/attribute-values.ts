import type { AttributeDefinition } from '../schema/schema.ts';
import { generalizedTime } from './ad-time.ts';
import type { DirectoryObject, Value } from './directory-object.ts';
import { guidToBytes } from './guid.ts';
import { linkTargets } from './links.ts';

/** All values of an attribute that is stored or follows from the object's place in the tree; constructed ones are elsewhere. */
export function attributeValues(object: DirectoryObject, definition: AttributeDefinition): readonly Value[] {
  if (definition.backLink !== undefined) return linkTargets(object, definition.key);
  if (definition.forwardLink !== undefined) return [...(object.backLinks.get(definition.key) ?? [])];
  switch (definition.key) {
    case 'objectguid':
      return [guidToBytes(object.guid)];
    case 'distinguishedname':
      return [object];
    case 'parentguid':
      return object.parent === undefined ? [] : [guidToBytes(object.parent.guid)];
    case 'usnchanged':
      return [String(object.usnChanged)];
    case 'usncreated':
      return [String(object.usnCreated)];
    case 'whenchanged':
      return [generalizedTime(object.changedAt)];
    default:
      return definition.key === object.name.type.toLowerCase()
        ? [object.name.value]
        : object.values(definition.key);
  }
}

/** What `*` returns, before rights: everything stored, the RDN and the links in both directions. */
export function presentKeys(object: DirectoryObject): string[] {
  const keys = [object.name.type.toLowerCase(), 'objectguid', 'distinguishedname'];
  keys.push('usnchanged', 'usncreated', 'whenchanged');
  for (const [key, stored] of object.attributes) if (stored.values.length > 0) keys.push(key);
  for (const [key, values] of object.links) if (values.size > 0) keys.push(key);
  for (const [key, sources] of object.backLinks) if (sources.size > 0) keys.push(key);
  return keys;
}
