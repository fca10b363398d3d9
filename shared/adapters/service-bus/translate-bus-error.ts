import { isServiceBusError } from '@azure/service-bus';
import { SyncError } from '../../errors/sync-error.ts';

/** Answers that repeating does not change. Everything else is waited out. */
const refusals = new Set([
  'MessagingEntityNotFound',
  'MessagingEntityDisabled',
  'MessageSizeExceeded',
  'UnauthorizedAccess',
]);

/** What a failed send or receive means; a mistake of ours (TypeError and the like) passes through. */
export function translateBusError(error: unknown, queue: string): unknown {
  if (error instanceof SyncError || error instanceof TypeError || error instanceof RangeError) return error;
  const context = { queue };
  if (isServiceBusError(error)) {
    // GeneralError holds both what the broker will never take (amqp:not-allowed) and what it may take next time.
    const isRefused = refusals.has(error.code) || (error.code === 'GeneralError' && !error.retryable);
    return isRefused
      ? new SyncError('BUS_REFUSED', `queue ${queue}: Service Bus refused (${error.code})`, {
          context,
          cause: error,
        })
      : new SyncError('BUS_UNREACHABLE', `queue ${queue}: no answer from Service Bus (${error.code})`, {
          context,
          cause: error,
        });
  }
  const name = error instanceof Error ? error.name : typeof error;
  return new SyncError('BUS_UNREACHABLE', `queue ${queue}: Service Bus could not be reached (${name})`, {
    context,
    cause: error,
  });
}
