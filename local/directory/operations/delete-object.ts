import { attribute } from '../schema/schema.ts';
import type { DirectoryObject } from '../store/directory-object.ts';
import { dropLinks } from '../store/links.ts';
import { relativeId } from '../store/sid.ts';
import { LdapFailure } from '../wire/ldap-failure.ts';
import { isVisible, requireWrite, type OperationContext, type WriteRecord } from './operation-context.ts';

/** What a tombstone keeps (MS-ADTS 3.1.1.5.5.1.1), beside what is computed. */
const preserved: ReadonlySet<string> = new Set(
  [
    'dNSHostName',
    'groupType',
    'instanceType',
    'isDeleted',
    'isRecycled',
    'lastKnownParent',
    'mS-DS-CreatorSID',
    'name',
    'nTSecurityDescriptor',
    'objectClass',
    'objectSid',
    'sAMAccountName',
    'securityIdentifier',
    'sIDHistory',
    'systemFlags',
    'userAccountControl',
    'whenCreated',
  ].map((name) => name.toLowerCase()),
);

/** Characters of the old name that a tombstone's name keeps, so that it stays within 255. */
const NAME_KEPT_MAX = 214;

export function deleteObject(context: OperationContext, dn: string): WriteRecord[] {
  const object = context.store.find(dn);
  if (object === undefined || object === 'malformed' || !isVisible(context, object)) {
    throw new LdapFailure(
      'noSuchObject',
      `00002030: objectclass: Cannot delete ${dn}, entry does not exist!`,
    );
  }
  if (!context.access.canWrite(context.principal, object)) {
    throw new LdapFailure('insufficientAccessRights', `dsdb_access: Access check failed on ${object.dn}`);
  }
  requireWrite(context, object);
  if (object.children.size > 0 && !context.controls.treeDelete) {
    throw new LdapFailure(
      'notAllowedOnNonLeaf',
      `00002015: subtree_delete: Unable to delete a non-leaf node (it has ${object.children.size} children)!`,
    );
  }
  // Leaves first: a container that is gone can hold nothing.
  const all = [...object.subtree()].reverse();
  for (const one of all) requireDeletable(context, one, all);
  return all.map((one) => {
    const before = one.dn;
    bury(context, one);
    return { kind: 'delete', object: one, dn: before, attributes: ['isDeleted'] };
  });
}

function requireDeletable(
  { store }: OperationContext,
  object: DirectoryObject,
  together: readonly DirectoryObject[],
): void {
  if (
    object.text('iscriticalsystemobject') === 'TRUE' ||
    // Tombstones are kept for the domain only.
    store.contextOf(object) !== store.domainHead ||
    object.parent === undefined ||
    object.isDeleted
  ) {
    throw new LdapFailure('unwillingToPerform', `00002035: ${object.dn} is needed by the directory`);
  }
  const sid = object.bytes('objectsid');
  if (sid === undefined || !object.hasClass('group')) return;
  const rid = String(relativeId(sid));
  const holders = [...store.domainHead.subtree()].filter((one) => {
    return one.text('primarygroupid') === rid && !one.isDeleted && !together.includes(one);
  });
  if (holders.length === 0) return;
  throw new LdapFailure(
    'entryAlreadyExists',
    `00002071: Refusing to delete ${object.dn}, as it is still the primaryGroupID for ${holders.length} users`,
  );
}

/** Makes the tombstone: stripped, renamed to be unique for ever, and put flat into CN=Deleted Objects. */
function bury({ store, now }: OperationContext, object: DirectoryObject): void {
  const parent = object.parent;
  if (parent === undefined) return;
  store.unindex(object);
  const usn = store.nextUsn();
  dropLinks(object);
  for (const [key, stored] of object.attributes) {
    if (preserved.has(key)) continue;
    if (stored.values.length > 0) object.attributes.set(key, { ...stored, values: [], usn });
  }
  object.passwords = [];
  const name = `${object.name.value.slice(0, NAME_KEPT_MAX)}\nDEL:${object.guid}`;
  store.relocate(object, { type: object.name.type, value: name }, store.deletedObjects);
  object.set('name', [name], usn);
  object.set('isDeleted', ['TRUE'], usn);
  object.set('isRecycled', ['TRUE'], usn);
  object.attributes.set('lastknownparent', {
    definition: attribute('lastKnownParent'),
    values: [parent],
    usn,
  });
  store.stamp(object, usn, now);
}
