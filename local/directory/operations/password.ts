import { fileTime, msFromFileTime } from '../store/ad-time.ts';
import type { DirectoryObject } from '../store/directory-object.ts';
import type { DirectoryStore } from '../store/directory-store.ts';
import { digestPassword } from '../store/password-digest.ts';
import { LdapFailure } from '../wire/ldap-failure.ts';
import type { ModifyOperation } from '../wire/ldap-request.ts';
import type { OperationContext } from './operation-context.ts';

const COMPLEX = 1;
const secretNames = ['unicodePwd', 'dBCSPwd', 'ntPwdHistory', 'lmPwdHistory', 'supplementalCredentials'];

export interface NewPassword {
  readonly digest: string;
}

/** A reset (one replace, or one add into a new account), or a change (delete of the old, add of the new). */
export function readPasswordChange(
  context: OperationContext,
  object: DirectoryObject,
  changes: ModifyOperation['changes'],
): NewPassword | undefined {
  const own = changes.filter((change) => change.attribute.type.toLowerCase() === 'unicodepwd');
  if (own.length === 0) return undefined;
  const value = (action: string) => own.find((change) => change.action === action)?.attribute.values[0];
  const [removed, added, replaced] = [value('delete'), value('add'), value('replace')];
  if (removed !== undefined && added !== undefined) {
    const [old, next] = [readPassword(context, removed), readPassword(context, added)];
    if (object.passwords[0] !== digestPassword(old))
      throw restriction("The old password specified doesn't match!", '00000056');
    requireAge(context, object);
    requirePolicy(context.store, object.text('samaccountname'), next);
    const kept = Number(context.store.domainHead.text('pwdhistorylength') ?? 0);
    if (object.passwords.slice(0, kept).includes(digestPassword(next))) {
      throw restriction('the password was already used (in history)!');
    }
    return { digest: digestPassword(next) };
  }
  const set = replaced ?? added;
  if (set === undefined)
    throw new LdapFailure('unwillingToPerform', '00002035: unicodePwd cannot be removed');
  if (!context.access.canWrite(context.principal, object)) {
    throw new LdapFailure(
      'insufficientAccessRights',
      'error in module acl: insufficient access rights during LDB_MODIFY (50)',
    );
  }
  return newPassword(context, object.text('samaccountname'), set);
}

export function newPassword(
  context: OperationContext,
  account: string | undefined,
  bytes: Buffer,
): NewPassword {
  const password = readPassword(context, bytes);
  requirePolicy(context.store, account, password);
  return { digest: digestPassword(password) };
}

export function storePassword(object: DirectoryObject, next: NewPassword, usn: number, now: number): void {
  object.passwords = [next.digest, ...object.passwords].slice(0, 24);
  for (const name of secretNames) object.set(name, [], usn);
  object.set('pwdLastSet', [fileTime(now)], usn);
}

/** The value is the password in quotation marks, in UTF-16LE, and only ever travels encrypted. */
function readPassword(context: OperationContext, bytes: Buffer): string {
  if (!context.isEncrypted) {
    // Windows; Samba takes it in plain text when it takes plain binds.
    throw new LdapFailure(
      'unwillingToPerform',
      '0000001F: SvcErr: DSID-031A1262, problem 5003 (WILL_NOT_PERFORM), data 0',
    );
  }
  const text = bytes.length % 2 === 0 ? bytes.toString('utf16le') : '';
  if (text.length < 2 || !text.startsWith('"') || !text.endsWith('"')) {
    throw new LdapFailure(
      'unwillingToPerform',
      "00002035: setup_io: it's not allowed to set the NT hash password directly'",
    );
  }
  return text.slice(1, -1);
}

function requireAge({ store, now, principal }: OperationContext, object: DirectoryObject): void {
  if (principal.isAdministrator && principal.object !== object) return;
  const minimumMs = -Number(store.domainHead.text('minpwdage') ?? 0) / 10_000;
  const setAt = object.text('pwdlastset') ?? '0';
  if (setAt !== '0' && now - msFromFileTime(setAt) < minimumMs)
    throw restriction('password is too young to change!');
}

function requirePolicy(store: DirectoryStore, account: string | undefined, password: string): void {
  const minimum = Number(store.domainHead.text('minpwdlength') ?? 0);
  if (password.length < minimum) {
    throw restriction(`the password is too short. It should be equal or longer than ${minimum} characters!`);
  }
  if ((Number(store.domainHead.text('pwdproperties') ?? 0) & COMPLEX) === 0) return;
  const kinds = [/\p{Lu}/u, /\p{Ll}/u, /\d/, /[^\p{L}\d]/u].filter((kind) => kind.test(password)).length;
  const holdsName =
    account !== undefined && account.length > 2 && password.toLowerCase().includes(account.toLowerCase());
  if (kinds < 3 || holdsName) throw restriction('the password does not meet the complexity criteria!');
}

function restriction(why: string, code = '0000052D'): LdapFailure {
  return new LdapFailure(
    'constraintViolation',
    `${code}: Constraint violation - check_password_restrictions: ${why}`,
  );
}
