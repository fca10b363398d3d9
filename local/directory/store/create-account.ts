import { randomBytes } from 'node:crypto';
import { accountDefaults, accountFlag } from './account-defaults.ts';
import { fileTime } from './ad-time.ts';
import type { Value } from './directory-object.ts';
import type { DirectoryStore } from './directory-store.ts';
import { digestPassword } from './password-digest.ts';
import { plant } from './plant.ts';
import { sidToBytes } from './sid.ts';

export interface Account {
  readonly user: string;
  readonly password: string;
  readonly dn: string;
}

/** An ordinary account that may bind: enabled, in CN=Users, in no group but its primary one. */
export function createAccount(store: DirectoryStore, name: string, now: number): Account {
  if (store.byAccountName(name) !== undefined) throw new Error(`there is an account ${name} already`);
  const users = store.findByDn(`CN=Users,${store.names.baseDn}`);
  if (users === undefined || users === 'malformed') throw new Error('the domain has no CN=Users');
  const password = `Aa1!${randomBytes(12).toString('base64url')}`;
  const user = `${name}@${store.names.domain}`;
  const attributes: Record<string, Value> = {
    ...Object.fromEntries(accountDefaults(accountFlag.normal | accountFlag.neverExpires)),
    sAMAccountName: name,
    userPrincipalName: user,
    pwdLastSet: fileTime(now),
    objectSid: sidToBytes(`${store.names.domainSid}-${store.takeRelativeId()}`),
  };
  const object = plant(store, {
    name: { type: 'CN', value: name },
    parent: users,
    className: 'user',
    attributes: new Map(Object.entries(attributes).map(([key, value]) => [key, [value]])),
    now,
  });
  object.passwords = [digestPassword(password)];
  return { user, password, dn: object.dn };
}
