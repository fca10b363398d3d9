import type { Envelope } from '../shared/contracts/envelope.v1.ts';
import { SyncError } from '../shared/errors/sync-error.ts';

/** Refusal of a message whose kind another queue carries. */
export function wrongQueue(envelope: Envelope): SyncError {
  return new SyncError(
    'CONTRACT_INVALID',
    `a message of kind ${envelope.kind} does not belong on this queue`,
    {
      context: { message: envelope.id },
    },
  );
}
