import { attribute, findAttribute, findClass, type ClassDefinition } from '../schema/schema.ts';
import type { DirectoryObject } from '../store/directory-object.ts';
import { setLink } from '../store/links.ts';
import { LdapFailure } from '../wire/ldap-failure.ts';
import type { ModifyOperation } from '../wire/ldap-request.ts';
import { applyAccountRules, primaryGroupToTake } from './account-rules.ts';
import { applyChange } from './apply-change.ts';
import { writableAttribute } from './check-attribute.ts';
import { ObjectDraft } from './object-draft.ts';
import { requireWrite, resolve, type OperationContext, type WriteRecord } from './operation-context.ts';
import { readPasswordChange, storePassword } from './password.ts';
import { isUndelete, undelete } from './undelete.ts';

export function modify(context: OperationContext, operation: ModifyOperation): WriteRecord[] {
  const object = resolve(context, operation.dn, `00002030: No such Base DN: ${operation.dn}`);
  if (isUndelete(operation)) return undelete(context, object, operation);
  const { store, now } = context;
  const password = readPasswordChange(context, object, operation.changes);
  const others = operation.changes.filter((change) => change.attribute.type.toLowerCase() !== 'unicodepwd');
  if (others.length > 0) requireWrite(context, object);
  const draft = new ObjectDraft(object);
  const target = { store, draft, dn: object.dn, isPermissive: context.controls.permissiveModify };
  for (const { action, attribute: sent } of others) {
    requireNoNaming(object, sent.type);
    if (sent.type.toLowerCase() === 'objectclass') {
      addAuxiliaryClasses(object, draft, action, sent.values);
      continue;
    }
    const definition = writableAttribute(sent.type, object.dn, classesOf(draft));
    applyChange(target, definition, action, sent.values);
  }
  if (draft.has('samaccountname') && draft.text('samaccountname') === undefined) {
    throw new LdapFailure('objectClassViolation', `00002014: ${object.dn} must keep its sAMAccountName`);
  }
  applyAccountRules(store, draft, object, now);
  const primary = primaryGroupToTake(store, draft, object);
  const changed = draft.changedKeys();
  if (changed.length === 0 && password === undefined) return [];
  const records = primary === undefined ? [] : movePrimaryGroup(context, object, primary);
  const usn = store.nextUsn();
  const renamed = changed.some((key) => key === 'samaccountname' || key === 'userprincipalname');
  if (renamed) store.unindex(object);
  draft.commit(object, usn);
  if (renamed) store.index(object);
  if (password !== undefined) storePassword(object, password, usn, now);
  store.stamp(object, usn, now);
  const names = changed.map((key) => attribute(key).name);
  if (password !== undefined) names.push('unicodePwd', 'pwdLastSet');
  return [...records, { kind: 'modify', object, dn: object.dn, attributes: names }];
}

/** Names change by modifyDN only. */
function requireNoNaming(object: DirectoryObject, type: string): void {
  const key = findAttribute(type)?.key;
  const hint = "not permitted, must use 'rename' operation instead";
  if (key === object.name.type.toLowerCase()) {
    throw new LdapFailure(
      'notAllowedOnRdn',
      `00002016: Modify of RDN '${object.name.type}' on ${object.dn} ${hint}`,
    );
  }
  if (key === 'name')
    throw new LdapFailure('notAllowedOnRdn', `00002016: Modify of 'name' on ${object.dn} ${hint}`);
  if (key === 'distinguishedname') {
    throw new LdapFailure(
      'constraintViolation',
      `0000202F: Modify of 'distinguishedName' on ${object.dn} ${hint}`,
    );
  }
}

function classesOf(draft: ObjectDraft): ClassDefinition[] {
  return draft
    .values('objectclass')
    .map((name) => (typeof name === 'string' ? findClass(name) : undefined))
    .filter((one) => one !== undefined);
}

/** Auxiliary classes may be added; the structural class is for ever. */
function addAuxiliaryClasses(
  object: DirectoryObject,
  draft: ObjectDraft,
  action: string,
  values: readonly Buffer[],
): void {
  const added = values.map((value) => findClass(value.toString('utf8')));
  if (action !== 'add' || added.some((one) => one?.row.kind !== 'auxiliary')) {
    throw new LdapFailure(
      'objectClassViolation',
      `00002014: objectclass: not permitted to change the structural objectClass on ${object.dn}!`,
    );
  }
  const names = added.map((one) => one?.row.name ?? '');
  draft.write(attribute('objectClass'), [...new Set([...draft.values('objectclass'), ...names])]);
}

/** The old primary group lists the account from now on, the new one no longer does. */
function movePrimaryGroup(
  context: OperationContext,
  account: DirectoryObject,
  next: DirectoryObject,
): WriteRecord[] {
  const { store, now } = context;
  const previous = store.byRelativeId(Number(account.text('primarygroupid') ?? 0));
  const records: WriteRecord[] = [];
  for (const [group, isPresent] of [[previous, true] as const, [next, false] as const]) {
    if (group === undefined) continue;
    const usn = store.nextUsn();
    setLink(group, attribute('member'), account, isPresent, usn);
    store.stamp(group, usn, now);
    records.push({ kind: 'modify', object: group, dn: group.dn, attributes: ['member'] });
  }
  return records;
}
