import { findAttribute, type AttributeDefinition, type ClassDefinition } from '../schema/schema.ts';
import { LdapFailure } from '../wire/ldap-failure.ts';

/** The definition of an attribute that a request writes. @throws LdapFailure when the schema does not let it. */
export function writableAttribute(
  type: string,
  dn: string,
  classes: readonly ClassDefinition[],
): AttributeDefinition {
  const name = type.split(';')[0] ?? '';
  const definition = findAttribute(name);
  if (definition === undefined) {
    throw new LdapFailure(
      'noSuchAttribute',
      `0000200A: objectclass_attrs: attribute '${name}' on entry '${dn}' was not found in the schema!`,
    );
  }
  if (definition.forwardLink !== undefined) {
    throw new LdapFailure(
      'unwillingToPerform',
      `00002035: objectclass_attrs: attribute '${name}' on entry '${dn}' must not be modified directly, it is a linked attribute`,
    );
  }
  if (definition.systemOnly) {
    throw new LdapFailure(
      'constraintViolation',
      `0000202F: objectclass_attrs: attribute '${name}' on entry '${dn}' can only be modified as system`,
    );
  }
  if (!classes.some((one) => one.may.has(definition.key))) {
    throw new LdapFailure(
      'objectClassViolation',
      `00002014: objectclass_attrs: attribute '${name}' on entry '${dn}' does not exist in the specified objectclasses!`,
    );
  }
  return definition;
}
