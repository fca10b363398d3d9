import type { Deadline } from './deadlines.ts';
import type { SessionEntry } from './session-table.ts';
import type { StoredMessage } from './stored-message.ts';

/** One delivery that has not been settled. In a session it lives and dies with the session's lock. */
export interface Lock {
  /** 32 hex digits, in the order in which a UUID is written. */
  readonly token: string;
  readonly message: StoredMessage;
  readonly session: SessionEntry | undefined;
  until: number;
  deadline: Deadline | undefined;
}

/** The delivery tag is the lock token in the byte order of a .NET Guid: the first three groups reversed. */
export function toDeliveryTag(token: string): Buffer {
  const bytes = Buffer.from(token, 'hex');
  bytes.subarray(0, 4).reverse();
  bytes.subarray(4, 6).reverse();
  bytes.subarray(6, 8).reverse();
  return bytes;
}
