import { Ber, BerWriter, Control } from 'ldapts';
import { BerCursor } from './ber-cursor.ts';

export const controlOids = {
  dirSync: '1.2.840.113556.1.4.841',
  extendedDn: '1.2.840.113556.1.4.529',
  showDeleted: '1.2.840.113556.1.4.417',
  paging: '1.2.840.113556.1.4.319',
  notification: '1.2.840.113556.1.4.528',
} as const;

/** Of DirSync (MS-ADTS 3.1.1.3.4.1.3). Object security: sees what the account may read, and needs no replication right. */
export const dirSyncFlags = { objectSecurity: 0x1, incrementalValues: 0x8000_0000 } as const;

class ControlWithValue extends Control {
  readonly #fill: (value: BerWriter) => void;

  constructor(oid: string, fill: (value: BerWriter) => void) {
    super(oid, { critical: true });
    this.#fill = fill;
  }

  protected override writeControl(writer: BerWriter): void {
    const value = new BerWriter();
    value.startSequence();
    this.#fill(value);
    value.endSequence();
    writer.writeBuffer(value.buffer, Ber.OctetString);
  }
}

export function dirSyncControl(cookie: Buffer): Control {
  // BER integers are signed, so the flag in the highest bit goes as a negative number.
  const flags = dirSyncFlags.objectSecurity | (dirSyncFlags.incrementalValues | 0);
  return new ControlWithValue(controlOids.dirSync, (value) => {
    value.writeInt(flags);
    value.writeInt(0x7fff_ffff);
    value.writeBuffer(cookie, Ber.OctetString);
  });
}

/** Value 1 asks for the text form of GUIDs and SIDs. */
export function extendedDnControl(): Control {
  return new ControlWithValue(controlOids.extendedDn, (value) => value.writeInt(1));
}

export function pagingControl(size: number, cookie: Buffer): Control {
  return new ControlWithValue(controlOids.paging, (value) => {
    value.writeInt(size);
    value.writeBuffer(cookie, Ber.OctetString);
  });
}

export function showDeletedControl(): Control {
  return new Control(controlOids.showDeleted, { critical: true });
}

export function notificationControl(): Control {
  return new Control(controlOids.notification, { critical: true });
}

/** Answer of DirSync: whether more is waiting, and the cookie to go on with. */
export function readDirSyncAnswer(value: Buffer): { more: boolean; cookie: Buffer } {
  const cursor = new BerCursor(value);
  cursor.expect(0x30);
  const more = cursor.integer() !== 0;
  cursor.integer();
  return { more, cookie: Buffer.from(cursor.octets()) };
}

/** Answer of the paging control (RFC 2696): an empty cookie ends the list. */
export function readPagingAnswer(value: Buffer): Buffer {
  const cursor = new BerCursor(value);
  cursor.expect(0x30);
  cursor.integer();
  return Buffer.from(cursor.octets());
}
