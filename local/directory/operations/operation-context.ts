import type { Access, Principal } from '../store/access.ts';
import type { DirectoryObject } from '../store/directory-object.ts';
import type { DirectoryStore } from '../store/directory-store.ts';
import type { Controls } from '../wire/controls.ts';
import { LdapFailure } from '../wire/ldap-failure.ts';

/** What one request is carried out with. */
export interface OperationContext {
  readonly store: DirectoryStore;
  readonly access: Access;
  readonly principal: Principal;
  readonly controls: Controls;
  readonly now: number;
  /** TLS, from the first byte or by StartTLS: passwords are not taken without. */
  readonly isEncrypted: boolean;
}

type WriteKind = 'add' | 'modify' | 'modify-dn' | 'delete' | 'undelete';

/** One object changed by a successful request. */
export interface WriteRecord {
  readonly kind: WriteKind;
  readonly object: DirectoryObject;
  /** Where the object was before, for a notification's scope and the log. */
  readonly dn: string;
  readonly attributes: readonly string[];
}

/** @throws LdapFailure when the name is malformed, or names nothing that this principal may see. */
export function resolve(context: OperationContext, dn: string, diagnostic: string): DirectoryObject {
  const found = context.store.find(dn);
  if (found === 'malformed') {
    throw new LdapFailure('invalidDnSyntax', `0000208F: NameErr: '${dn}' is no distinguished name`);
  }
  if (found === undefined || !isVisible(context, found)) throw new LdapFailure('noSuchObject', diagnostic);
  return found;
}

export function isVisible(context: OperationContext, object: DirectoryObject): boolean {
  if (object.isDeleted && !context.controls.showDeleted) return false;
  return context.access.canSee(context.principal, object, context.store.deletedObjects);
}

export function requireWrite(context: OperationContext, object: DirectoryObject): void {
  if (context.access.canWrite(context.principal, object)) return;
  throw new LdapFailure(
    'insufficientAccessRights',
    `00002098: Object ${object.dn} has no write property access\n`,
  );
}
