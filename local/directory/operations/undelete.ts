import { attribute } from '../schema/schema.ts';
import { accountDefaults, sAMAccountTypeOfGroup } from '../store/account-defaults.ts';
import type { DirectoryObject } from '../store/directory-object.ts';
import { categoryDn } from '../store/plant.ts';
import { LdapFailure } from '../wire/ldap-failure.ts';
import type { ModifyOperation } from '../wire/ldap-request.ts';
import { requireFreeName, requirePossibleSuperior, splitDn } from './naming.ts';
import { ObjectDraft } from './object-draft.ts';
import { requireWrite, type OperationContext, type WriteRecord } from './operation-context.ts';
import { applyAccountRules } from './account-rules.ts';
import { applyChange } from './apply-change.ts';
import { writableAttribute } from './check-attribute.ts';

/** An undelete is a modify that removes isDeleted and replaces distinguishedName (MS-ADTS 3.1.1.5.3.7). */
export function isUndelete(operation: ModifyOperation): boolean {
  return operation.changes.some(({ action, attribute: sent }) => {
    return action === 'delete' && sent.type.toLowerCase() === 'isdeleted';
  });
}

/** Brings a tombstone back with what it kept; links and stripped attributes stay lost, account defaults are set anew. */
export function undelete(
  context: OperationContext,
  object: DirectoryObject,
  operation: ModifyOperation,
): WriteRecord[] {
  const { store, now } = context;
  const place = operation.changes.find(
    ({ attribute: sent }) => sent.type.toLowerCase() === 'distinguishedname',
  );
  const dn = place?.attribute.values[0]?.toString('utf8');
  if (
    !object.isDeleted ||
    object === store.deletedObjects ||
    place?.action !== 'replace' ||
    dn === undefined
  ) {
    throw new LdapFailure(
      'unwillingToPerform',
      '00002035: an undelete removes isDeleted and replaces distinguishedName',
    );
  }
  const { name, parentDn } = splitDn(dn);
  const parent = store.find(parentDn);
  if (parent === undefined || parent === 'malformed' || parent.isDeleted) {
    throw new LdapFailure('noSuchObject', `00002030: the parent of ${dn} does not exist`);
  }
  requireWrite(context, parent);
  if (name.type !== object.name.type) {
    throw new LdapFailure('namingViolation', `00002037: RDN of ${dn} must be ${object.name.type}`);
  }
  requirePossibleSuperior(object.structuralClass, parent, dn);
  requireFreeName(parent, name, dn);
  const draft = draftOthers(context, object, operation, dn);
  const before = object.dn;
  const usn = store.nextUsn();
  for (const name of ['isDeleted', 'isRecycled']) object.set(name, [], usn);
  restoreDefaults(context, object, usn);
  draft.commit(object, usn);
  store.relocate(object, name, parent);
  object.set('name', [name.value], usn);
  store.index(object);
  store.stamp(object, usn, now);
  return [{ kind: 'undelete', object, dn: before, attributes: ['isDeleted', 'name'] }];
}

/** Other attributes may be set in the same request. */
function draftOthers(
  { store, controls, now }: OperationContext,
  object: DirectoryObject,
  operation: ModifyOperation,
  dn: string,
): ObjectDraft {
  const draft = new ObjectDraft(object);
  for (const { action, attribute: sent } of operation.changes) {
    const key = sent.type.toLowerCase();
    if (key === 'isdeleted' || key === 'distinguishedname') continue;
    const definition = writableAttribute(sent.type, dn, [object.structuralClass]);
    applyChange(
      { store, draft, dn, isPermissive: controls.permissiveModify },
      definition,
      action,
      sent.values,
    );
  }
  const kept = object.text('samaccountname');
  if (!draft.has('samaccountname') && kept !== undefined) draft.write(attribute('sAMAccountName'), [kept]);
  applyAccountRules(store, draft, object, now);
  return draft;
}

/** As Samba sets them: the defaults of a new account, but expiry 0, which means never as well. */
function restoreDefaults({ store }: OperationContext, object: DirectoryObject, usn: number): void {
  const category = store.findByDn(categoryDn(store, object.structuralClass.row.category));
  if (category !== undefined && category !== 'malformed') object.set('objectCategory', [category], usn);
  const groupType = object.text('grouptype');
  if (groupType !== undefined) object.set('sAMAccountType', [sAMAccountTypeOfGroup(Number(groupType))], usn);
  if (object.hasClass('user')) {
    const control = Number(object.text('useraccountcontrol') ?? 0);
    for (const [name, value] of accountDefaults(control)) {
      if (name !== 'userAccountControl') object.set(name, [name === 'accountExpires' ? '0' : value], usn);
    }
    object.set('adminCount', ['0'], usn);
    object.set('operatorCount', ['0'], usn);
  }
}
