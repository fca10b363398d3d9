import type { AttributeDefinition } from '../schema/schema.ts';
import type { Value } from '../store/directory-object.ts';
import type { DirectoryStore } from '../store/directory-store.ts';
import { matchingKey } from '../store/value.ts';
import { LdapFailure } from '../wire/ldap-failure.ts';
import type { ModifyOperation } from '../wire/ldap-request.ts';
import type { ObjectDraft } from './object-draft.ts';
import { readValue } from './read-value.ts';

type Action = ModifyOperation['changes'][number]['action'];

interface ChangeTarget {
  readonly store: DirectoryStore;
  readonly draft: ObjectDraft;
  readonly dn: string;
  /** Control 1413: what is there already, or is gone already, is no error. */
  readonly isPermissive: boolean;
}

export function applyChange(
  target: ChangeTarget,
  definition: AttributeDefinition,
  action: Action,
  raw: readonly Buffer[],
): void {
  if (definition.backLink !== undefined) applyLinkChange(target, definition, action, raw);
  else applyValueChange(target, definition, action, raw);
}

function applyValueChange(
  { store, draft, dn, isPermissive }: ChangeTarget,
  definition: AttributeDefinition,
  action: Action,
  raw: readonly Buffer[],
): void {
  const { name, key, syntax } = definition;
  const sent = distinct(
    definition,
    raw.map((bytes) => readValue(store, definition, bytes, dn)),
  );
  const before = draft.values(key);
  const existing = new Set(before.map((value) => matchingKey(syntax, value)));
  const isKnown = (value: Value) => existing.has(matchingKey(syntax, value));
  if (action === 'add') {
    const added = sent.filter((value) => !isKnown(value));
    if (definition.singleValued && before.length > 0 && !(isPermissive && added.length === 0))
      throw tooMany(name, dn);
    if (added.length < sent.length && !isPermissive) throw valueExists(name, dn);
    write([...before, ...added]);
  } else if (action === 'replace') write(sent);
  else if (sent.length === 0) {
    if (before.length === 0 && !isPermissive) {
      throw new LdapFailure(
        'noSuchAttribute',
        `attribute '${name}': no such attribute for delete on '${dn}'`,
      );
    }
    write([]);
  } else {
    if (!isPermissive && !sent.every(isKnown)) {
      throw new LdapFailure(
        'noSuchAttribute',
        `attribute '${name}': no matching attribute value while deleting attribute on '${dn}'`,
      );
    }
    const gone = new Set(sent.map((value) => matchingKey(syntax, value)));
    write(before.filter((value) => !gone.has(matchingKey(syntax, value))));
  }

  function write(values: readonly Value[]): void {
    if (definition.singleValued && values.length > 1) throw tooMany(name, dn);
    draft.write(definition, values);
  }
}

function distinct(definition: AttributeDefinition, values: readonly Value[]): Value[] {
  return [...new Map(values.map((value) => [matchingKey(definition.syntax, value), value])).values()];
}

function applyLinkChange(
  { store, draft, dn, isPermissive }: ChangeTarget,
  definition: AttributeDefinition,
  action: Action,
  raw: readonly Buffer[],
): void {
  const { name, key } = definition;
  if (action === 'delete') {
    if (raw.length === 0) draft.unlinkAll(key);
    for (const bytes of raw) {
      const target = store.find(bytes.toString('utf8'));
      const isPresent = target !== undefined && target !== 'malformed' && draft.isLinked(key, target);
      if (isPresent) draft.link(key, target, false);
      else if (!isPermissive) {
        const guid = typeof target === 'object' ? target.guid : bytes.toString('utf8');
        throw new LdapFailure(
          'unwillingToPerform',
          `Attribute ${name} doesn't exist for target GUID ${guid}`,
        );
      }
    }
    return;
  }
  if (action === 'replace') draft.unlinkAll(key);
  for (const bytes of raw) {
    const target = readValue(store, definition, bytes, dn);
    if (typeof target === 'string' || Buffer.isBuffer(target)) continue;
    if (action === 'add' && draft.isLinked(key, target)) {
      if (isPermissive) continue;
      throw new LdapFailure(
        'entryAlreadyExists',
        `Attribute ${name} already exists for target GUID ${target.guid}`,
      );
    }
    draft.link(key, target, true);
  }
  if (definition.singleValued && draft.targets(key).length > 1) throw tooMany(name, dn);
}

function tooMany(name: string, dn: string): LdapFailure {
  return new LdapFailure(
    'attributeOrValueExists',
    `0000200D: SINGLE-VALUE attribute ${name} on ${dn} specified more than once`,
  );
}

function valueExists(name: string, dn: string): LdapFailure {
  return new LdapFailure('attributeOrValueExists', `attribute '${name}': value #0 on '${dn}' already exists`);
}
