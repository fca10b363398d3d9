import { readFileSync } from 'node:fs';
import { parseDuration } from './duration.ts';

/** A queue as the broker runs it; durations in milliseconds. */
export interface QueueDefinition {
  readonly name: string;
  readonly requiresSession: boolean;
  readonly lockDuration: number;
  readonly maxDeliveryCount: number;
  /** undefined: duplicates are not looked for. */
  readonly duplicateWindow: number | undefined;
  readonly timeToLive: number;
  readonly deadLetterExpired: boolean;
}

interface QueueEntry {
  readonly name: string;
  readonly perConnector?: boolean;
  readonly requiresSession?: boolean;
  readonly lockDuration?: string;
  readonly maxDeliveryCount?: number;
  readonly requiresDuplicateDetection?: boolean;
  readonly duplicateDetectionHistoryTimeWindow?: string;
  readonly defaultMessageTimeToLive?: string;
  readonly deadLetteringOnMessageExpiration?: boolean;
}

/** Reads a file in the shape of infra/queues.json; a `perConnector` queue is declared once a connector. */
export function loadQueueDefinitions(
  file: string | URL,
  connectors: readonly string[],
  lockDuration?: number,
): QueueDefinition[] {
  const { queues } = JSON.parse(readFileSync(file, 'utf8')) as { readonly queues?: readonly QueueEntry[] };
  if (!Array.isArray(queues)) throw new Error(`no "queues" array in ${file.toString()}`);
  return (queues as readonly QueueEntry[]).flatMap((entry) => {
    const definition = readEntry(entry, lockDuration);
    if (entry.perConnector !== true) return [definition];
    return connectors.map((connector) => ({ ...definition, name: `${entry.name}-${connector}` }));
  });
}

/** Defaults are those of a new queue in Azure (Microsoft.ServiceBus/namespaces/queues). */
function readEntry(entry: QueueEntry, lockDuration: number | undefined): QueueDefinition {
  if (typeof entry.name !== 'string' || entry.name === '') throw new Error('a queue without a name');
  return {
    name: entry.name,
    requiresSession: entry.requiresSession ?? false,
    lockDuration: lockDuration ?? parseDuration(entry.lockDuration ?? 'PT1M'),
    maxDeliveryCount: entry.maxDeliveryCount ?? 10,
    duplicateWindow:
      entry.requiresDuplicateDetection === true
        ? parseDuration(entry.duplicateDetectionHistoryTimeWindow ?? 'PT10M')
        : undefined,
    timeToLive:
      entry.defaultMessageTimeToLive === undefined ? Infinity : parseDuration(entry.defaultMessageTimeToLive),
    deadLetterExpired: entry.deadLetteringOnMessageExpiration ?? false,
  };
}
