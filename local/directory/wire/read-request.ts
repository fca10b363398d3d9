import { Ber, BerReader, ProtocolOperation } from 'ldapts';
import type {
  AttributeValues,
  LdapOperation,
  LdapRequest,
  ModifyOperation,
  RequestControl,
} from './ldap-request.ts';
import { readFilter } from './read-filter.ts';
import { enter, takeBytes, takeList, takeText } from './strict-reader.ts';

const DELETE_REQUEST = 0x4a;
const UNBIND_REQUEST = 0x42;
const ABANDON_REQUEST = 0x50;

/** Decodes one whole LDAPMessage; ldapts' message classes read only what a client receives. */
export function readRequest(message: Buffer): LdapRequest {
  const reader = new BerReader(message);
  enter(reader);
  const id = reader.readInt() ?? 0;
  const operation = readOperation(reader);
  const controls: RequestControl[] = [];
  if (reader.remain > 0 && reader.peek() === ProtocolOperation.LDAP_CONTROLS) {
    const end = enter(reader);
    while (reader.offset < end) controls.push(readControl(reader));
  }
  return { id, operation, controls };
}

function readControl(reader: BerReader): RequestControl {
  const end = enter(reader);
  const oid = takeText(reader);
  const critical =
    reader.offset < end && reader.peek() === Ber.Boolean ? reader.readBoolean() === true : false;
  const value = reader.offset < end ? takeBytes(reader) : Buffer.alloc(0);
  return { oid, critical, value };
}

function readOperation(reader: BerReader): LdapOperation {
  const tag = reader.peek() ?? 0;
  if (tag === DELETE_REQUEST) return { kind: 'delete', dn: takeText(reader, DELETE_REQUEST) };
  if (tag === ABANDON_REQUEST) return { kind: 'abandon', target: reader.readTag(ABANDON_REQUEST) ?? 0 };
  const end = enter(reader);
  switch (tag) {
    case UNBIND_REQUEST:
      return { kind: 'unbind' };
    case ProtocolOperation.LDAP_REQ_BIND:
      return readBind(reader, end);
    case ProtocolOperation.LDAP_REQ_SEARCH:
      return readSearch(reader);
    case ProtocolOperation.LDAP_REQ_ADD:
      return { kind: 'add', dn: takeText(reader), attributes: takeList(reader, readAttribute) };
    case ProtocolOperation.LDAP_REQ_MODIFY:
      return { kind: 'modify', dn: takeText(reader), changes: takeList(reader, readChange) };
    case ProtocolOperation.LDAP_REQ_MODRDN: {
      const dn = takeText(reader);
      const newRdn = takeText(reader);
      // AD ignores deleteoldrdn: an RDN value never stays behind.
      reader.readBoolean();
      const newSuperior = reader.offset < end ? takeText(reader, 0x80) : undefined;
      return { kind: 'modify-dn', dn, newRdn, newSuperior };
    }
    case ProtocolOperation.LDAP_REQ_COMPARE: {
      const dn = takeText(reader);
      enter(reader);
      return { kind: 'compare', dn, attribute: takeText(reader), value: takeBytes(reader) };
    }
    case ProtocolOperation.LDAP_REQ_EXTENSION: {
      const oid = takeText(reader, 0x80);
      reader.offset = end;
      return { kind: 'extended', oid };
    }
    default:
      throw new Error(`operation 0x${tag.toString(16)}`);
  }
}

function readBind(reader: BerReader, end: number): LdapOperation {
  reader.readInt();
  const name = takeText(reader);
  const simple = reader.peek() === 0x80;
  const password = simple ? takeBytes(reader, 0x80) : undefined;
  reader.offset = end;
  return { kind: 'bind', name, password };
}

function readSearch(reader: BerReader): LdapOperation {
  const base = takeText(reader);
  const scope = (['base', 'one', 'sub'] as const)[reader.readEnumeration() ?? 0];
  if (scope === undefined) throw new Error('search scope');
  reader.readEnumeration();
  const sizeLimit = reader.readInt() ?? 0;
  reader.readInt();
  const typesOnly = reader.readBoolean() === true;
  const filter = readFilter(reader);
  const attributes = takeList(reader, (item) => takeText(item));
  return { kind: 'search', base, scope, sizeLimit, typesOnly, filter, attributes };
}

function readAttribute(reader: BerReader): AttributeValues {
  enter(reader);
  const type = takeText(reader);
  return { type, values: takeList(reader, (item) => takeBytes(item)) };
}

function readChange(reader: BerReader): ModifyOperation['changes'][number] {
  enter(reader);
  const action = (['add', 'delete', 'replace'] as const)[reader.readEnumeration() ?? 0];
  if (action === undefined) throw new Error('modify operation');
  return { action, attribute: readAttribute(reader) };
}
