import type { AttributeDefinition } from '../schema/schema.ts';
import type { DirectoryObject } from './directory-object.ts';
import type { DirectoryStore } from './directory-store.ts';
import { transitiveGroups } from './links.ts';

/** Who is bound; rights come with the bind and do not change until the next one, as with a real token. */
export interface Principal {
  readonly object: DirectoryObject;
  readonly isAdministrator: boolean;
}

/** Write-only in AD: stored, reported as changed, never returned. */
export const secretAttributes: ReadonlySet<string> = new Set([
  'unicodepwd',
  'dbcspwd',
  'ntpwdhistory',
  'lmpwdhistory',
  'supplementalcredentials',
]);

const administratorsSid = 'S-1-5-32-544';

/**
 * Instead of security descriptors: members of Administrators may do everything, other accounts may read all but
 * tombstones and write nothing; what a test needs beyond that is granted or denied by account.
 */
export class Access {
  /** May list and read CN=Deleted Objects. */
  readonly deletedObjectsReaders = new Set<DirectoryObject>();
  /** Hold DS-Replication-Get-Changes on the domain: DirSync without the object-security flag. */
  readonly replicators = new Set<DirectoryObject>();
  readonly #writable = new Map<DirectoryObject, Set<DirectoryObject>>();
  readonly #deniedSubtrees = new Map<DirectoryObject, Set<DirectoryObject>>();
  readonly #deniedAttributes = new Map<DirectoryObject, Set<string>>();

  principal(store: DirectoryStore, object: DirectoryObject): Principal {
    const primary = store.byRelativeId(Number(object.text('primarygroupid') ?? 0));
    const administrators = store.bySid(administratorsSid);
    const groups = transitiveGroups(object, primary);
    return { object, isAdministrator: administrators !== undefined && groups.has(administrators) };
  }

  allowWrite(account: DirectoryObject, subtree: DirectoryObject): void {
    entry(this.#writable, account).add(subtree);
  }

  denySubtree(account: DirectoryObject, subtree: DirectoryObject): void {
    entry(this.#deniedSubtrees, account).add(subtree);
  }

  denyAttribute(account: DirectoryObject, key: string): void {
    entry(this.#deniedAttributes, account).add(key);
  }

  clearDenials(account: DirectoryObject): void {
    this.#deniedSubtrees.delete(account);
    this.#deniedAttributes.delete(account);
  }

  canSee(principal: Principal, object: DirectoryObject, deletedObjects: DirectoryObject): boolean {
    if (principal.isAdministrator) return true;
    if (object.isDeleted && object !== deletedObjects && !this.deletedObjectsReaders.has(principal.object))
      return false;
    const denied = this.#deniedSubtrees.get(principal.object);
    if (denied !== undefined) for (const subtree of denied) if (object.isWithin(subtree)) return false;
    return true;
  }

  /** Samba shows the container of tombstones to everybody, and its attributes to those who have the right. */
  canReadAttributes(principal: Principal, object: DirectoryObject, deletedObjects: DirectoryObject): boolean {
    return (
      principal.isAdministrator ||
      object !== deletedObjects ||
      this.deletedObjectsReaders.has(principal.object)
    );
  }

  canRead(principal: Principal, definition: AttributeDefinition): boolean {
    if (principal.isAdministrator) return true;
    if (definition.key === 'ntsecuritydescriptor') return false;
    return this.#deniedAttributes.get(principal.object)?.has(definition.key) !== true;
  }

  canWrite(principal: Principal, object: DirectoryObject): boolean {
    if (principal.isAdministrator) return true;
    for (const subtree of this.#writable.get(principal.object) ?? [])
      if (object.isWithin(subtree)) return true;
    return false;
  }

  canReplicate(principal: Principal): boolean {
    return principal.isAdministrator || this.replicators.has(principal.object);
  }
}

function entry<K, V>(map: Map<K, Set<V>>, key: K): Set<V> {
  let set = map.get(key);
  if (set === undefined) map.set(key, (set = new Set()));
  return set;
}
