import { isNotCoercible, toInteger } from './expressions/coercions.ts';
import type { StagedReader } from './staged-reader.ts';

export const mailboxAttributes: readonly string[] = ['msExchMailboxGuid', 'msExchRecipientTypeDetails'];

/** LinkedMailbox 2, SharedMailbox 4, RoomMailbox 16, EquipmentMailbox 32 and the remote ones: disabled accounts by nature. */
const resourceTypes: ReadonlySet<bigint> = new Set([
  2n,
  4n,
  16n,
  32n,
  8_589_934_592n,
  17_179_869_184n,
  34_359_738_368n,
]);
/** RemoteUserMailbox, RemoteRoomMailbox, RemoteEquipmentMailbox, RemoteSharedMailbox: the mailbox is in the cloud already. */
const remoteTypes: ReadonlySet<bigint> = new Set([
  2_147_483_648n,
  8_589_934_592n,
  17_179_869_184n,
  34_359_738_368n,
]);

function recipientType(reader: StagedReader): bigint | null {
  const type = toInteger(reader.read('msExchRecipientTypeDetails'));
  return isNotCoercible(type) ? null : type;
}

export function isResourceMailbox(reader: StagedReader): boolean {
  const type = recipientType(reader);
  return type !== null && resourceTypes.has(type);
}

/**
 * A cloud user made for somebody with a mailbox on premises gets a second mailbox as soon as a licence is assigned, because the
 * mailbox's GUID cannot be written through Graph. Entra Connect carries it over, so nobody expects that.
 */
export function hasMailboxOnPremises(reader: StagedReader): boolean {
  if (reader.read('msExchMailboxGuid') === null) return false;
  const type = recipientType(reader);
  return type === null || !remoteTypes.has(type);
}
