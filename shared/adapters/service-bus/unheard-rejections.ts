import type { Log } from '../../ports/log.ts';

/**
 * The Service Bus SDK drops promises of links that the broker took away (seen when a process wakes up whose session
 * locks ran out while it was stopped) and rejects them with the bare AMQP error. Whoever needed the link hears of it by
 * its own call: the agent's leadership ends in order, a handler of the function app sends again. Anything else that nobody
 * hears is a mistake of ours and ends the process. To be called once in a process.
 */
export function hearRejectionsOfTheSdk(log: Log): void {
  process.on('unhandledRejection', (reason) => {
    if (!isAmqpError(reason)) throw reason;
    log.debug('the broker took a link away', { reason: String(reason.condition) });
  });
}

/** Not an Error: rhea makes them of the frame. */
function isAmqpError(reason: unknown): reason is { readonly condition: unknown } {
  if (typeof reason !== 'object' || reason === null || reason instanceof Error) return false;
  return 'condition' in reason && 'description' in reason;
}
