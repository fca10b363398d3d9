import type { DirectoryObject } from '../store/directory-object.ts';
import { formatRelativeName, parseDn, relativeNameKey } from '../store/distinguished-name.ts';
import { LdapFailure } from '../wire/ldap-failure.ts';
import type { ModifyDnOperation } from '../wire/ldap-request.ts';
import { requireFreeName, requirePossibleSuperior } from './naming.ts';
import { isVisible, requireWrite, type OperationContext, type WriteRecord } from './operation-context.ts';

/** systemFlags: DISALLOW_MOVE and DISALLOW_RENAME on domain objects. */
const DISALLOW_RENAME = 0x08000000;
const DISALLOW_MOVE = 0x04000000;

/** Renames or moves; what lies below goes along without being changed itself. */
export function modifyDn(context: OperationContext, operation: ModifyDnOperation): WriteRecord[] {
  const { store, now } = context;
  const object = store.find(operation.dn);
  if (
    object === undefined ||
    object === 'malformed' ||
    object.parent === undefined ||
    !isVisible(context, object)
  ) {
    throw new LdapFailure(
      'noSuchObject',
      `00002030: objectclass: Cannot rename ${operation.dn}, entry does not exist!`,
    );
  }
  requireWrite(context, object);
  if (object.isDeleted) {
    throw new LdapFailure(
      'unwillingToPerform',
      `00002035: ${object.dn} is deleted: it can only be undeleted`,
    );
  }
  const [name, ...surplus] = parseDn(operation.newRdn) ?? [];
  if (name === undefined || surplus.length > 0) {
    throw new LdapFailure('invalidDnSyntax', `00002032: invalid rdn '${operation.newRdn}'`);
  }
  const parent = findSuperior(context, object, object.parent, operation.newSuperior);
  const dn = `${formatRelativeName(name)},${parent.dn}`;
  if (name.type !== object.name.type) {
    throw new LdapFailure(
      'namingViolation',
      `00002037: objectclass: RDN of ${dn} must be ${object.name.type}`,
    );
  }
  const flags = Number(object.text('systemflags') ?? 0);
  const [isMove, isRename] = [parent !== object.parent, relativeNameKey(name) !== object.key];
  if ((isRename && (flags & DISALLOW_RENAME) !== 0) || (isMove && (flags & DISALLOW_MOVE) !== 0)) {
    throw new LdapFailure(
      'unwillingToPerform',
      `00002035: subtree_rename: Cannot rename ${object.dn} to ${dn} - DISALLOW_RENAME set`,
    );
  }
  requirePossibleSuperior(object.structuralClass, parent, object.dn);
  if (isMove || isRename) requireFreeName(parent, name, dn);
  const before = object.dn;
  const usn = store.nextUsn();
  store.relocate(object, name, parent);
  object.set('name', [name.value], usn);
  store.stamp(object, usn, now);
  return [{ kind: 'modify-dn', object, dn: before, attributes: ['name'] }];
}

function findSuperior(
  context: OperationContext,
  object: DirectoryObject,
  current: DirectoryObject,
  newSuperior: string | undefined,
): DirectoryObject {
  if (newSuperior === undefined) return current;
  const parent = context.store.find(newSuperior);
  if (parent === undefined || parent === 'malformed' || parent.isDeleted) {
    throw new LdapFailure(
      'other',
      `00002095: objectclass: Cannot rename ${object.dn}, parent does not exist!`,
    );
  }
  if (parent.isWithin(object)) {
    throw new LdapFailure(
      'unwillingToPerform',
      `00002035: objectclass: Cannot rename ${object.dn} to be a child of itself`,
    );
  }
  if (context.store.contextOf(parent) !== context.store.contextOf(object)) {
    throw new LdapFailure('unwillingToPerform', `00002035: ${object.dn} cannot leave its naming context`);
  }
  requireWrite(context, parent);
  return parent;
}
