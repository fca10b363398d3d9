import { Attribute, Ber, BerWriter, Change, Control, type Client, type SearchOptions } from 'ldapts';

/** Bits of an access mask (MS-ADTS 5.1.3.2) as far as the fixture needs them. */
export const accessMask = {
  readProperty: 0x10,
  listChildren: 0x4,
  listObject: 0x80,
  readControl: 0x2_0000,
  controlAccess: 0x100,
} as const;

interface AccessEntry {
  readonly effect: 'allow' | 'deny';
  readonly sid: Buffer;
  readonly mask: number;
  /** schemaIDGUID of an attribute or rightsGuid of an extended right, as bytes; without it, all of them. */
  readonly objectType?: Buffer;
  /** Whether objects below get it too. */
  readonly isInherited: boolean;
}

const aceTypes = { allow: 0, deny: 1, allowObject: 5, denyObject: 6 } as const;
const containerInherit = 0x02;
const inheritedAce = 0x10;
const daclPart = 4;
const showDeleted = new Control('1.2.840.113556.1.4.417', { critical: true });

/** LDAP_SERVER_SD_FLAGS: reads and writes only the discretionary list, so owner and audit stay as they are. */
class DaclOnly extends Control {
  constructor() {
    super('1.2.840.113556.1.4.801', { critical: true });
  }

  protected override writeControl(writer: BerWriter): void {
    const value = new BerWriter();
    value.startSequence();
    value.writeInt(daclPart);
    value.endSequence();
    writer.writeBuffer(value.buffer, Ber.OctetString);
  }
}

/** Adds one entry to an object's access list, denials first as Windows orders them. */
export async function addAccessEntry(client: Client, dn: string, entry: AccessEntry): Promise<void> {
  const type = 'nTSecurityDescriptor';
  const options: SearchOptions = { scope: 'base', attributes: [type], explicitBufferAttributes: [type] };
  const { searchEntries } = await client.search(dn, options, [new DaclOnly(), showDeleted]);
  const found = searchEntries[0]?.[type];
  if (!Buffer.isBuffer(found)) throw new Error(`${dn} shows no security descriptor`);
  const modification = new Attribute({ type, values: [withEntry(found, entry)] });
  await client.modify(dn, new Change({ operation: 'replace', modification }), [new DaclOnly(), showDeleted]);
}

/** Self-relative security descriptor (MS-DTYP 2.4.6) that holds nothing but the list. */
function withEntry(descriptor: Buffer, entry: AccessEntry): Buffer {
  const dacl = descriptor.subarray(descriptor.readUInt32LE(16));
  const entries = readEntries(dacl);
  const position = entries.findIndex((ace) => entry.effect === 'deny' || isAfterDenials(ace));
  entries.splice(position === -1 ? entries.length : position, 0, encodeEntry(entry));
  const list = Buffer.concat([dacl.subarray(0, 8), ...entries]);
  // Object entries need revision 4 of the list.
  list.writeUInt8(4, 0);
  list.writeUInt16LE(list.length, 2);
  list.writeUInt16LE(entries.length, 4);
  const header = Buffer.alloc(20);
  descriptor.copy(header, 0, 0, 4);
  header.writeUInt32LE(header.length, 16);
  return Buffer.concat([header, list]);
}

function readEntries(dacl: Buffer): Buffer[] {
  const entries: Buffer[] = [];
  let offset = 8;
  for (let left = dacl.readUInt16LE(4); left > 0; left -= 1) {
    const size = dacl.readUInt16LE(offset + 2);
    entries.push(dacl.subarray(offset, offset + size));
    offset += size;
  }
  return entries;
}

function isAfterDenials(ace: Buffer): boolean {
  const isDenial = ace[0] === aceTypes.deny || ace[0] === aceTypes.denyObject;
  return !isDenial || ((ace[1] ?? 0) & inheritedAce) !== 0;
}

function encodeEntry({ effect, sid, mask, objectType, isInherited }: AccessEntry): Buffer {
  const head = Buffer.alloc(objectType === undefined ? 8 : 12);
  head.writeUInt8(objectType === undefined ? aceTypes[effect] : aceTypes[`${effect}Object`], 0);
  head.writeUInt8(isInherited ? containerInherit : 0, 1);
  head.writeUInt32LE(mask, 4);
  // Flags of an object entry: the object type is present.
  if (objectType !== undefined) head.writeUInt32LE(1, 8);
  const ace = Buffer.concat([head, objectType ?? Buffer.alloc(0), sid]);
  ace.writeUInt16LE(ace.length, 2);
  return ace;
}
