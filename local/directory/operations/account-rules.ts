import { attribute } from '../schema/schema.ts';
import {
  normalizeAccountControl,
  sAMAccountTypeOfControl,
  sAMAccountTypeOfGroup,
} from '../store/account-defaults.ts';
import { fileTime } from '../store/ad-time.ts';
import type { DirectoryObject } from '../store/directory-object.ts';
import type { DirectoryStore } from '../store/directory-store.ts';
import { isLinked } from '../store/links.ts';
import { relativeId } from '../store/sid.ts';
import { LdapFailure } from '../wire/ldap-failure.ts';
import type { ObjectDraft } from './object-draft.ts';

/** What AD checks and completes when an account or group is written; `object` is undefined for a new one. */
export function applyAccountRules(
  store: DirectoryStore,
  draft: ObjectDraft,
  object: DirectoryObject | undefined,
  now: number,
): void {
  requireUniqueNames(store, draft, object);
  if (draft.has('useraccountcontrol')) {
    const control = normalizeAccountControl(Number(draft.text('useraccountcontrol') ?? 0));
    draft.write(attribute('userAccountControl'), [String(control)]);
    draft.write(attribute('sAMAccountType'), [sAMAccountTypeOfControl(control)]);
  }
  if (draft.has('grouptype')) {
    const groupType = Number(draft.text('grouptype') ?? 0) | 0;
    draft.write(attribute('groupType'), [String(groupType)]);
    draft.write(attribute('sAMAccountType'), [sAMAccountTypeOfGroup(groupType)]);
  }
  if (draft.has('pwdlastset')) applyPwdLastSet(draft, now);
  if (object !== undefined) requireNotPrimary(draft, object);
}

function requireUniqueNames(
  store: DirectoryStore,
  draft: ObjectDraft,
  object: DirectoryObject | undefined,
): void {
  const account = draft.text('samaccountname');
  if (draft.has('samaccountname') && account !== undefined) {
    const holder = store.byAccountName(account);
    if (holder !== undefined && holder !== object) {
      throw new LdapFailure(
        'entryAlreadyExists',
        `00002071: samldb: samAccountName '${account}' already in use!`,
      );
    }
  }
  const principal = draft.text('userprincipalname');
  if (draft.has('userprincipalname') && principal !== undefined) {
    const holder = store.byPrincipalName(principal);
    if (holder !== undefined && holder !== object) {
      throw new LdapFailure(
        'constraintViolation',
        `0000202F: samldb: userPrincipalName '${principal}' is already in use `,
      );
    }
  }
}

/** Only 'must change' and 'has just changed' can be written. */
function applyPwdLastSet(draft: ObjectDraft, now: number): void {
  const value = draft.text('pwdlastset');
  if (value === '-1') draft.write(attribute('pwdLastSet'), [fileTime(now)]);
  else if (value !== '0') {
    throw new LdapFailure('other', '00000057: setup_last_set_field: pwdLastSet must be 0 or -1 only!');
  }
}

/** A group does not list those whose primary group it is. */
function requireNotPrimary(draft: ObjectDraft, group: DirectoryObject): void {
  const sid = group.bytes('objectsid');
  if (sid === undefined || !group.hasClass('group')) return;
  const rid = String(relativeId(sid));
  for (const member of draft.added('member')) {
    if (member.text('primarygroupid') === rid && !isLinked(group, 'member', member)) {
      throw new LdapFailure(
        'entryAlreadyExists',
        `00002071: samldb: member ${member.dn} already set via primaryGroupID ${rid}`,
      );
    }
  }
}

/** The group that a new primaryGroupID names; the account must be its member already. */
export function primaryGroupToTake(
  store: DirectoryStore,
  draft: ObjectDraft,
  account: DirectoryObject,
): DirectoryObject | undefined {
  const before = account.text('primarygroupid');
  const after = draft.text('primarygroupid');
  if (!draft.has('primarygroupid') || after === before) return undefined;
  const group = store.byRelativeId(Number(after ?? 0));
  if (group === undefined || !isLinked(group, 'member', account)) {
    throw new LdapFailure(
      'unwillingToPerform',
      'error in module samldb: Unwilling to perform during LDB_MODIFY (53)',
    );
  }
  return group;
}
