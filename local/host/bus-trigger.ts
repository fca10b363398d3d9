import type { ServiceBusReceivedMessage } from '@azure/service-bus';
import type { BusConnection } from './bus-connection.ts';
import type { BusSettings } from './bus-settings.ts';
import { errorText } from './error-text.ts';
import type { Execution, Executor, Outcome } from './executor.ts';
import type { HostLog } from './host-log.ts';
import type { RegisteredFunction } from './registration.ts';
import type { Settlement } from './settlement.ts';
import { encodeBatch, encodeMessage } from './service-bus-encoding.ts';

export interface BusTrigger {
  readonly fn: RegisteredFunction;
  readonly connection: BusConnection;
  /** Queue name, or `topic/Subscriptions/name`. */
  readonly entity: string;
  readonly isBinary: boolean;
  readonly autoComplete: boolean;
  readonly settings: BusSettings;
  readonly executor: Executor;
  readonly log: HostLog;
  readonly stop: AbortSignal;
}

/** Listens until the trigger's stop signal; `stopped` resolves when no loop will start anything more. */
export interface Listener {
  readonly stopped: Promise<void>;
}

/** Invokes with one message or a batch and settles: success completes (unless the trigger says not to), failure always abandons. */
export async function dispatch(
  trigger: BusTrigger,
  settlement: Settlement,
  messages: readonly ServiceBusReceivedMessage[],
  isBatch: boolean,
): Promise<void> {
  let encoded: Omit<Execution, 'reason'>;
  try {
    encoded = encode(trigger, messages, isBatch);
  } catch (error) {
    trigger.log.error(errorText(error), `Function.${trigger.fn.metadata.name}`);
    await settle(trigger, settlement, messages, 'Abandon');
    return;
  }
  await trigger.executor.execute(trigger.fn, { reason: '(null)', ...encoded }, async (outcome: Outcome) => {
    if (!outcome.ok) await settle(trigger, settlement, messages, 'Abandon');
    else if (trigger.autoComplete) await settle(trigger, settlement, messages, 'Complete');
  });
}

/** The line with which the extension reports what went wrong around a message. */
export function logProcessingError(trigger: BusTrigger, action: string, error: unknown): void {
  trigger.log.error(
    `Message processing error (Action=${action}, EntityPath=${trigger.entity}, Endpoint=${trigger.connection.namespace}): ` +
      errorText(error),
    `Function.${trigger.fn.metadata.name}`,
  );
}

function encode(
  trigger: BusTrigger,
  messages: readonly ServiceBusReceivedMessage[],
  isBatch: boolean,
): Omit<Execution, 'reason'> {
  const [first] = messages;
  if (isBatch || first === undefined)
    return encodeBatch(messages, trigger.isBinary, trigger.connection.namespace);
  return encodeMessage(first, trigger.isBinary, trigger.connection.namespace);
}

async function settle(
  trigger: BusTrigger,
  settlement: Settlement,
  messages: readonly ServiceBusReceivedMessage[],
  action: 'Complete' | 'Abandon',
): Promise<void> {
  await Promise.all(
    messages.map(async (message) => {
      try {
        await settlement.settle(message, action);
      } catch (error) {
        logProcessingError(trigger, action, error);
      }
    }),
  );
}
