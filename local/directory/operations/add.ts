import { randomBytes } from 'node:crypto';
import { attribute, findClass, type ClassDefinition } from '../schema/schema.ts';
import { accountDefaults, accountFlag, normalizeAccountControl } from '../store/account-defaults.ts';
import type { DirectoryObject, Value } from '../store/directory-object.ts';
import { relativeNameKey, type RelativeName } from '../store/distinguished-name.ts';
import { plant } from '../store/plant.ts';
import { sidToBytes } from '../store/sid.ts';
import { LdapFailure } from '../wire/ldap-failure.ts';
import type { AddOperation } from '../wire/ldap-request.ts';
import { applyAccountRules } from './account-rules.ts';
import { applyChange } from './apply-change.ts';
import { writableAttribute } from './check-attribute.ts';
import { requireFreeName, requirePossibleSuperior, splitDn } from './naming.ts';
import { ObjectDraft } from './object-draft.ts';
import { requireWrite, type OperationContext, type WriteRecord } from './operation-context.ts';
import { newPassword, storePassword, type NewPassword } from './password.ts';

const GLOBAL_SECURITY_GROUP = '-2147483646';
const emptySecrets = ['dBCSPwd', 'logonHours', 'unicodePwd', 'ntPwdHistory', 'lmPwdHistory'];

export function add(context: OperationContext, operation: AddOperation): WriteRecord[] {
  const { store, now } = context;
  const { name, parentDn } = splitDn(operation.dn);
  const parent = findParent(context, operation.dn, parentDn);
  const { structural, auxiliary } = readClasses(operation);
  const dn = operation.dn;
  requirePossibleSuperior(structural, parent, dn);
  if (name.type.toLowerCase() !== structural.row.rdn) {
    throw new LdapFailure(
      'namingViolation',
      `00002037: objectclass: RDN of ${dn} must be ${structural.row.rdn}`,
    );
  }
  requireFreeName(parent, name, dn);
  const draft = new ObjectDraft(undefined);
  const password = draftAttributes(context, operation, draft, [structural, ...auxiliary], name);
  complete(context, draft, structural);
  applyAccountRules(store, draft, undefined, now);
  const object = plant(store, {
    name: { type: name.type.toUpperCase(), value: name.value },
    parent,
    className: structural.row.name,
    ...(auxiliary.length > 0 ? { auxiliary: auxiliary.map((one) => one.row.name) } : {}),
    attributes: draft.attributes(),
    now,
  });
  draft.commitLinks(object, object.usnCreated);
  if (structural.chain.includes('user')) {
    for (const secret of emptySecrets) object.set(secret, [], object.usnCreated);
  }
  if (password !== undefined) storePassword(object, password, object.usnCreated, now);
  const attributes = operation.attributes.map((one) => attribute(one.type.split(';')[0] ?? '').name);
  return [{ kind: 'add', object, dn: object.dn, attributes }];
}

function findParent(context: OperationContext, dn: string, parentDn: string): DirectoryObject {
  const parent = context.store.find(parentDn);
  if (parent === undefined || parent === 'malformed' || parent.isDeleted) {
    throw new LdapFailure('noSuchObject', `00002030: objectclass: Cannot add ${dn}, parent does not exist!`);
  }
  if (!context.access.canWrite(context.principal, parent)) {
    throw new LdapFailure('insufficientAccessRights', `acl: unable to get access to ${dn}\n`);
  }
  requireWrite(context, parent);
  return parent;
}

function readClasses(operation: AddOperation): { structural: ClassDefinition; auxiliary: ClassDefinition[] } {
  const sent = operation.attributes
    .filter((one) => one.type.toLowerCase() === 'objectclass')
    .flatMap((one) => one.values);
  if (sent.length === 0) {
    throw new LdapFailure(
      'objectClassViolation',
      `00002014: objectclass: Cannot add ${operation.dn}, no objectclass specified!`,
    );
  }
  const classes = sent.map((value) => {
    const found = findClass(value.toString('utf8'));
    if (found !== undefined) return found;
    throw new LdapFailure(
      'noSuchAttribute',
      `0000200A: objectclass ${value.toString('utf8')} is not a valid objectClass in schema`,
    );
  });
  const structural = classes
    .filter((one) => one.row.kind === 'structural')
    .sort((left, right) => right.chain.length - left.chain.length)[0];
  if (structural === undefined) {
    throw new LdapFailure(
      'objectClassViolation',
      `00002014: objectclass: no structural class for ${operation.dn}!`,
    );
  }
  return { structural, auxiliary: classes.filter((one) => one.row.kind === 'auxiliary') };
}

function draftAttributes(
  context: OperationContext,
  operation: AddOperation,
  draft: ObjectDraft,
  classes: readonly ClassDefinition[],
  name: RelativeName,
): NewPassword | undefined {
  const target = { store: context.store, draft, dn: operation.dn, isPermissive: false };
  let password: Buffer | undefined;
  for (const { type, values } of operation.attributes) {
    const key = type.toLowerCase();
    if (key === 'objectclass') continue;
    if (key === 'unicodepwd') password = values[0];
    else if (isOwnName(key, values, name)) continue;
    else applyChange(target, writableAttribute(type, operation.dn, classes), 'add', values);
  }
  return password === undefined ? undefined : newPassword(context, draft.text('samaccountname'), password);
}

/** The RDN, `name` and `distinguishedName` may be sent along; the DN has said them already. */
function isOwnName(key: string, values: readonly Buffer[], name: RelativeName): boolean {
  if (key === 'name' || key === 'distinguishedname') return true;
  if (key !== name.type.toLowerCase()) return false;
  const sent = { type: name.type, value: values[0]?.toString('utf8') ?? '' };
  if (relativeNameKey(sent) === relativeNameKey(name)) return true;
  throw new LdapFailure('namingViolation', `00002037: the value of '${key}' does not match the RDN`);
}

/** Adds what AD fills in itself. */
function complete({ store }: OperationContext, draft: ObjectDraft, structural: ClassDefinition): void {
  const lacks = (name: string) => !draft.has(attribute(name).key);
  const fill = (name: string, value: Value) => {
    if (lacks(name)) draft.write(attribute(name), [value]);
  };
  const isUser = structural.chain.includes('user');
  const isGroup = structural.chain.includes('group');
  if (!isUser && !isGroup) return;
  const random = randomBytes(12).toString('hex').toUpperCase();
  fill('sAMAccountName', `$${random.slice(0, 8)}-${random.slice(8)}`);
  fill('objectSid', sidToBytes(`${store.names.domainSid}-${store.takeRelativeId()}`));
  if (isGroup) fill('groupType', GLOBAL_SECURITY_GROUP);
  if (!isUser) return;
  const initial = accountFlag.normal | accountFlag.passwordNotRequired | accountFlag.disabled;
  const control = normalizeAccountControl(Number(draft.text('useraccountcontrol') ?? initial));
  for (const [name, value] of accountDefaults(control)) fill(name, value);
  // Written over the default, so that the rules see the value as sent.
  draft.write(attribute('userAccountControl'), [String(control)]);
  if (structural.chain.includes('computer')) fill('isCriticalSystemObject', 'FALSE');
}
