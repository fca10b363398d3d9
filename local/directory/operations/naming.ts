import type { ClassDefinition } from '../schema/schema.ts';
import type { DirectoryObject } from '../store/directory-object.ts';
import {
  formatRelativeName,
  parseDn,
  relativeNameKey,
  type RelativeName,
} from '../store/distinguished-name.ts';
import { LdapFailure } from '../wire/ldap-failure.ts';

export function splitDn(dn: string): { name: RelativeName; parentDn: string } {
  const names = parseDn(dn);
  const [name, ...rest] = names ?? [];
  if (name === undefined || rest.length === 0)
    throw new LdapFailure('invalidDnSyntax', `00002032: invalid dn '${dn}'`);
  return { name, parentDn: rest.map(formatRelativeName).join(',') };
}

export function requireFreeName(parent: DirectoryObject, name: RelativeName, dn: string): void {
  if (parent.children.has(relativeNameKey(name))) {
    throw new LdapFailure('entryAlreadyExists', `Entry ${dn} already exists`);
  }
}

export function requirePossibleSuperior(one: ClassDefinition, parent: DirectoryObject, dn: string): void {
  const allowed = parent.values('objectclass').some((value) => {
    return typeof value === 'string' && one.superiors.has(value.toLowerCase());
  });
  if (allowed) return;
  throw new LdapFailure(
    'namingViolation',
    `00002037: objectclass: structural objectClass ${one.row.name} is not a valid child class for ${dn}`,
  );
}
