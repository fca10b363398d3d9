import type { AttributeDefinition } from '../schema/schema.ts';
import { generalizedTime } from '../store/ad-time.ts';
import { accountFlag } from '../store/account-defaults.ts';
import type { DirectoryObject, Value } from '../store/directory-object.ts';
import type { DirectoryStore } from '../store/directory-store.ts';
import { guidToBytes } from '../store/guid.ts';
import { transitiveGroups } from '../store/links.ts';
import { relativeId } from '../store/sid.ts';

/** Attributes that exist only when asked for by name; those not computed here are absent. */
export function constructedValues(
  store: DirectoryStore,
  object: DirectoryObject,
  definition: AttributeDefinition,
): readonly Value[] {
  switch (definition.key) {
    case 'parentguid':
      return object.parent === undefined ? [] : [guidToBytes(object.parent.guid)];
    case 'primarygrouptoken': {
      const sid = object.bytes('objectsid');
      return object.hasClass('group') && sid !== undefined ? [String(relativeId(sid))] : [];
    }
    case 'tokengroups': {
      const primary = store.byRelativeId(Number(object.text('primarygroupid') ?? 0));
      const sids = [...transitiveGroups(object, primary)].map((group) => group.bytes('objectsid'));
      return sids.filter((sid) => sid !== undefined);
    }
    case 'canonicalname':
      return [canonicalName(store, object)];
    case 'createtimestamp':
      return object.values('whencreated');
    case 'modifytimestamp':
      return [generalizedTime(object.changedAt)];
    case 'structuralobjectclass':
      return [...object.structuralClass.chain];
    case 'msds-principalname': {
      const account = object.text('samaccountname');
      return account === undefined ? [] : [`${store.names.netbios}\\${account}`];
    }
    case 'msds-user-account-control-computed': {
      if (object.text('useraccountcontrol') === undefined) return [];
      return [(object.text('lockouttime') ?? '0') === '0' ? '0' : String(accountFlag.lockedOut)];
    }
    default:
      return [];
  }
}

function canonicalName(store: DirectoryStore, object: DirectoryObject): string {
  const path: string[] = [];
  let current = object;
  for (; current.parent !== undefined; current = current.parent)
    path.unshift(current.name.value.replaceAll('/', '\\/'));
  if (current !== store.domainHead) path.unshift(current.name.value);
  return `${store.names.domain}/${path.join('/')}`;
}
