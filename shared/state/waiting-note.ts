import type { ErrorCode } from '../errors/error-codes.ts';

/**
 * Row of table Quarantine with this PartitionKey, which no connector can have: a message whose handler waits for an
 * outage to end, and with it all that stands behind it in its session.
 */
export interface WaitingNote {
  readonly connector: string;
  readonly partition: string | null;
  readonly queue: string;
  readonly code: ErrorCode;
  readonly message: string;
  /** When the waiting began (epoch ms). */
  readonly since: number;
  /** When it was last seen to go on: a process that died clears nothing. */
  readonly at: number;
}

export const waitingPartition = '~waiting';
/** What was not seen for so long is over: notes come every 20 s, and a minute after a message was given back. */
export const waitingFreshMs = 180_000;

export const waitingRowKey = ({
  queue,
  connector,
  partition,
}: Pick<WaitingNote, 'queue' | 'connector' | 'partition'>): string =>
  `${queue}|${connector}|${partition ?? ''}`;
