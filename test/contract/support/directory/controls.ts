import { Ber, BerReader, BerWriter, Control } from 'ldapts';

/** Control identifiers of Active Directory (MS-ADTS 3.1.1.3.4.1). */
export const controlIds = {
  pagedResults: '1.2.840.113556.1.4.319',
  showDeleted: '1.2.840.113556.1.4.417',
  notification: '1.2.840.113556.1.4.528',
  extendedDn: '1.2.840.113556.1.4.529',
  dirSync: '1.2.840.113556.1.4.841',
} as const;

export const dirSyncFlags = {
  objectSecurity: 0x1,
  incrementalValues: 0x8000_0000,
} as const;

/** Request and answer of one DirSync search; after the search it holds the answer's cookie. */
export class DirSyncControl extends Control {
  readonly flags: number;
  readonly bytesMax: number;
  cookie: Buffer;
  hasMore = false;

  constructor(cookie: Buffer, flags: number, bytesMax: number) {
    super(controlIds.dirSync, { critical: true });
    this.cookie = cookie;
    this.flags = flags;
    this.bytesMax = bytesMax;
  }

  protected override writeControl(writer: BerWriter): void {
    const value = new BerWriter();
    value.startSequence();
    // The flags are a 32 bit pattern; BER integers are signed.
    value.writeInt(this.flags | 0);
    value.writeInt(this.bytesMax);
    value.writeBuffer(this.cookie, Ber.OctetString);
    value.endSequence();
    writer.writeBuffer(value.buffer, Ber.OctetString);
  }

  protected override parseControl(reader: BerReader): void {
    reader.readSequence();
    this.hasMore = reader.readInt() !== 0;
    reader.readInt();
    this.cookie = reader.readString(Ber.OctetString, true) ?? Buffer.alloc(0);
  }
}

/** Distinguished names as `<GUID=…>;<SID=…>;CN=…`, identifiers in text form. */
export class ExtendedDnControl extends Control {
  constructor() {
    super(controlIds.extendedDn, { critical: true });
  }

  protected override writeControl(writer: BerWriter): void {
    const value = new BerWriter();
    value.startSequence();
    value.writeInt(1);
    value.endSequence();
    writer.writeBuffer(value.buffer, Ber.OctetString);
  }
}

export function showDeletedControl(): Control {
  return new Control(controlIds.showDeleted, { critical: true });
}

export function notificationControl(): Control {
  return new Control(controlIds.notification, { critical: true });
}
