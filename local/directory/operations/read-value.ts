import { isBinary, isWellFormed } from '../schema/attribute-syntax.ts';
import type { AttributeDefinition } from '../schema/schema.ts';
import type { DirectoryObject, Value } from '../store/directory-object.ts';
import type { DirectoryStore } from '../store/directory-store.ts';
import { LdapFailure } from '../wire/ldap-failure.ts';

/** What a request sends for an attribute, checked against its syntax and bound. */
export function readValue(
  store: DirectoryStore,
  definition: AttributeDefinition,
  bytes: Buffer,
  dn: string,
): Value {
  const { name, syntax, upperBound = Infinity } = definition;
  if (bytes.length === 0) {
    throw new LdapFailure(
      'invalidAttributeSyntax',
      `Element ${name} has empty attribute in ldb message (${dn})!`,
    );
  }
  // A copy: the bytes are part of a larger buffer that would live as long as the value.
  if (isBinary(syntax)) {
    if (bytes.length > upperBound) throw invalidValue(name, dn);
    return Buffer.from(bytes);
  }
  const text = bytes.toString('utf8');
  if (syntax === 'dn') return readTarget(store, definition, text);
  if (!isWellFormed(syntax, text) || text.length > upperBound) throw invalidValue(name, dn);
  return text;
}

function invalidValue(name: string, dn: string): LdapFailure {
  return new LdapFailure(
    'invalidAttributeSyntax',
    `0000200B: objectclass_attrs: attribute '${name}' on entry '${dn}' contains at least one invalid value!`,
  );
}

function readTarget(store: DirectoryStore, definition: AttributeDefinition, text: string): DirectoryObject {
  const target = store.find(text);
  if (target === 'malformed') {
    throw new LdapFailure('invalidDnSyntax', `could not parse ${text} as a 1.3.6.1.4.1.1466.115.121.1.12 DN`);
  }
  if (target !== undefined && !target.isDeleted) return target;
  if (definition.key === 'member') {
    throw new LdapFailure('noSuchObject', `00000525: samldb: member ${text} does not exist`);
  }
  throw new LdapFailure('constraintViolation', '000020B5: Referenced object not found');
}
