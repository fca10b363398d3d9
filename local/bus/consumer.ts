import type { BrokerError } from './broker-error.ts';
import type { Lock } from './lock.ts';
import type { StoredMessage } from './stored-message.ts';

/** A receiving link as a queue sees it. */
export interface Consumer {
  readonly linkName: string;
  /** Without a lock a message is gone once it is handed over. */
  readonly takesLocks: boolean;
  /** How many more messages the client has asked for. */
  credit(): number;
  deliver(message: StoredMessage, lock: Lock | undefined): void;
  detach(error: BrokerError): void;
}
