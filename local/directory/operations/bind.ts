import type { Access, Principal } from '../store/access.ts';
import { accountFlag, NEVER } from '../store/account-defaults.ts';
import { fileTime, msFromFileTime } from '../store/ad-time.ts';
import type { DirectoryObject } from '../store/directory-object.ts';
import type { DirectoryStore } from '../store/directory-store.ts';
import { digestPassword } from '../store/password-digest.ts';
import { LdapFailure } from '../wire/ldap-failure.ts';
import type { BindOperation } from '../wire/ldap-request.ts';

interface BindContext {
  readonly store: DirectoryStore;
  readonly access: Access;
  readonly now: number;
  readonly isEncrypted: boolean;
  readonly allowsPlainBind: boolean;
}

/** AD's sub-codes in the text of result 49. */
const refusal = {
  logonFailure: '52e',
  disabled: '533',
  expired: '701',
  mustChange: '773',
  lockedOut: '775',
} as const;

const LOGON_TIMESTAMP_EVERY_MS = 14 * 86_400_000;

/** Undefined is the anonymous bind. @throws LdapFailure with the text that AD sends. */
export function bind(context: BindContext, operation: BindOperation): Principal | undefined {
  if (operation.password === undefined) {
    throw new LdapFailure('authMethodNotSupported', '00002027: only simple binds are supported');
  }
  if (operation.name === '' && operation.password.length === 0) return undefined;
  if (!context.isEncrypted && !context.allowsPlainBind) {
    throw new LdapFailure('strongerAuthRequired', 'BindSimple: Transport encryption required.');
  }
  const account = findAccount(context.store, operation.name);
  if (account === undefined) throw refuse('logonFailure');
  authenticate(context, account, operation.password.toString('utf8'));
  return context.access.principal(context.store, account);
}

/** A DN, a user principal name (written or implied) or DOMAIN\\account; the bare account name is not taken. */
function findAccount(store: DirectoryStore, name: string): DirectoryObject | undefined {
  const [domain, account] = name.split('\\');
  if (account !== undefined) {
    return domain?.toUpperCase() === store.names.netbios ? store.byAccountName(account) : undefined;
  }
  const principal = store.byPrincipalName(name);
  if (principal !== undefined) return principal;
  const implied = name.toLowerCase().endsWith(`@${store.names.domain.toLowerCase()}`)
    ? store.byAccountName(name.slice(0, name.lastIndexOf('@')))
    : undefined;
  if (implied !== undefined) return implied;
  const found = store.find(name);
  return found === undefined || found === 'malformed' || found.isDeleted ? undefined : found;
}

function authenticate({ store, now }: BindContext, account: DirectoryObject, password: string): void {
  const threshold = Number(store.domainHead.text('lockoutthreshold') ?? 0);
  if (threshold > 0 && (account.text('lockouttime') ?? '0') !== '0') throw refuse('lockedOut');
  if (account.passwords[0] === undefined || account.passwords[0] !== digestPassword(password)) {
    countFailure(store, account, threshold, now);
    throw refuse('logonFailure');
  }
  const control = Number(account.text('useraccountcontrol') ?? 0);
  if ((control & accountFlag.disabled) !== 0) throw refuse('disabled');
  const expires = account.text('accountexpires') ?? '0';
  if (expires !== '0' && expires !== NEVER && msFromFileTime(expires) < now) throw refuse('expired');
  const mustChange =
    (account.text('pwdlastset') ?? '0') === '0' && (control & accountFlag.neverExpires) === 0;
  if (mustChange) throw refuse('mustChange');
  recordLogon(store, account, now);
}

function countFailure(store: DirectoryStore, account: DirectoryObject, threshold: number, now: number): void {
  // These two are not replicated: nothing is stamped, DirSync never sees them.
  const count = Number(account.text('badpwdcount') ?? 0) + 1;
  account.set('badPwdCount', [String(count)], account.usnChanged);
  account.set('badPasswordTime', [fileTime(now)], account.usnChanged);
  if (threshold === 0 || count < threshold) return;
  const usn = store.nextUsn();
  account.set('lockoutTime', [fileTime(now)], usn);
  store.stamp(account, usn, now);
}

/** lastLogon is local to a domain controller; lastLogonTimestamp is replicated and moves once in a while only. */
function recordLogon(store: DirectoryStore, account: DirectoryObject, now: number): void {
  account.set('badPwdCount', ['0'], account.usnChanged);
  account.set('lastLogon', [fileTime(now)], account.usnChanged);
  const last = account.text('lastlogontimestamp');
  if (last !== undefined && now - msFromFileTime(last) < LOGON_TIMESTAMP_EVERY_MS) return;
  const usn = store.nextUsn();
  account.set('lastLogonTimestamp', [fileTime(now)], usn);
  store.stamp(account, usn, now);
}

function refuse(why: keyof typeof refusal): LdapFailure {
  return new LdapFailure(
    'invalidCredentials',
    `80090308: LdapErr: DSID-0C0903A9, comment: AcceptSecurityContext error, data ${refusal[why]}, v1db1`,
  );
}
