/** A refusal in the terms of the protocol: `condition` decides what the client's SDK makes of it. */
export class BrokerError extends Error {
  readonly condition: string;
  /** What a management reply carries as its status code. */
  readonly status: number;

  constructor(condition: string, description: string, status = 400) {
    super(description);
    this.condition = condition;
    this.status = status;
  }
}

export const CONDITION = {
  messageLockLost: 'com.microsoft:message-lock-lost',
  sessionLockLost: 'com.microsoft:session-lock-lost',
  sessionCannotBeLocked: 'com.microsoft:session-cannot-be-locked',
  messageNotFound: 'com.microsoft:message-not-found',
  argument: 'com.microsoft:argument-error',
  timeout: 'com.microsoft:timeout',
  notAllowed: 'amqp:not-allowed',
  notFound: 'amqp:not-found',
  notImplemented: 'amqp:not-implemented',
  decode: 'amqp:decode-error',
  internal: 'amqp:internal-error',
  tooLarge: 'amqp:link:message-size-exceeded',
} as const;

export function messageLockLost(): BrokerError {
  return new BrokerError(
    CONDITION.messageLockLost,
    'The lock supplied is invalid. Either the lock expired, or the message has already been removed from the queue.',
    410,
  );
}

export function sessionLockLost(sessionId: string): BrokerError {
  return new BrokerError(
    CONDITION.sessionLockLost,
    `The session lock has expired on the MessageSession. Accept a new MessageSession. Session: ${sessionId}.`,
    410,
  );
}
