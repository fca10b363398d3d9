import rhea from 'rhea';
import { BrokerError, CONDITION } from './broker-error.ts';
import { encodeValues } from './encode-values.ts';
import type { Outcome, Queue } from './queue.ts';
import { MAX_MESSAGE_SIZE } from './sending-link.ts';
import { encodeMessage, readMessage } from './stored-message.ts';
import type { IncomingMessage } from './queue-state.ts';

export interface ManagementRequest {
  readonly operation: string;
  /** The link in whose name the client asks; it decides who holds a session. */
  readonly linkName: string | undefined;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface ManagementReply {
  readonly status: number;
  readonly body?: Readonly<Record<string, unknown>>;
}

type Operation = (queue: Queue, request: ManagementRequest) => ManagementReply;

const LONG = 0x81;
const TIMESTAMP = 0x83;
const STRING = 0xb1;

const array = (values: readonly unknown[], code: number) =>
  rhea.types.wrap_array([...values], code, undefined);

/** Node operations by the vendor's names, under `com.microsoft:`. */
const OPERATIONS: Readonly<Record<string, Operation>> = {
  'peek-message': peek,
  'renew-lock': (queue, { body }) => ({
    status: 200,
    body: {
      expirations: array(
        tokensIn(body).map((token) => queue.renewLock(token)),
        TIMESTAMP,
      ),
    },
  }),
  'schedule-message': schedule,
  'cancel-scheduled-message': (queue, { body }) => {
    queue.cancelScheduled(numbersIn(body, 'sequence-numbers'));
    return { status: 200 };
  },
  'receive-by-sequence-number': receiveDeferred,
  'update-disposition': updateDisposition,
  'renew-session-lock': (queue, request) => {
    const { table, session } = heldSession(queue, request);
    return { status: 200, body: { expiration: rhea.types.wrap_timestamp(table.renew(session)) } };
  },
  'set-session-state': (queue, request) => {
    const state = request.body['session-state'];
    heldSession(queue, request).session.state = Buffer.isBuffer(state) ? Buffer.from(state) : undefined;
    return { status: 200 };
  },
  'get-session-state': (queue, request) => ({
    status: 200,
    body: { 'session-state': heldSession(queue, request).session.state ?? null },
  }),
  'get-message-sessions': (queue, { body }) => {
    const skip = Number(body['skip'] ?? 0);
    const ids = tableOf(queue)
      .ids()
      .slice(skip, skip + Number(body['top'] ?? 100));
    return ids.length === 0
      ? { status: 204 }
      : { status: 200, body: { skip: skip + ids.length, 'sessions-ids': array(ids, STRING) } };
  },
};

export function manage(queue: Queue, request: ManagementRequest): ManagementReply {
  const operation = OPERATIONS[request.operation.replace(/^com\.microsoft:/, '')];
  if (operation === undefined) {
    throw new BrokerError(
      CONDITION.notImplemented,
      `This broker does not know the operation '${request.operation}'.`,
      501,
    );
  }
  return operation(queue, request);
}

function peek(queue: Queue, { body }: ManagementRequest): ManagementReply {
  const from = toNumber(body['from-sequence-number']);
  const count = toNumber(body['message-count']);
  const sessionId = body['session-id'];
  const omitBody = body['omit-message-body'] === true;
  const messages: { message: Buffer }[] = [];
  for (const message of queue.messages.values()) {
    if (messages.length >= count) break;
    if (message.sequence < from || (typeof sessionId === 'string' && message.sessionId !== sessionId))
      continue;
    messages.push({ message: encodeMessage(message, message.lock?.until, omitBody) });
  }
  return messages.length === 0 ? { status: 204 } : { status: 200, body: { messages } };
}

function schedule(queue: Queue, { body }: ManagementRequest): ManagementReply {
  const messages = listIn(body, 'messages').map((entry): IncomingMessage => {
    const { message } = entry as { readonly message?: unknown };
    if (!Buffer.isBuffer(message))
      throw new BrokerError(CONDITION.argument, 'A scheduled message must be binary.');
    if (message.length > MAX_MESSAGE_SIZE) {
      throw new BrokerError(
        CONDITION.tooLarge,
        `The message (${message.length} bytes) exceeds ${MAX_MESSAGE_SIZE} bytes.`,
      );
    }
    return readMessage(message);
  });
  return { status: 200, body: { 'sequence-numbers': array(queue.send(messages), LONG) } };
}

function receiveDeferred(queue: Queue, request: ManagementRequest): ManagementReply {
  const { body } = request;
  const session = queue.sessions === undefined ? undefined : heldSession(queue, request).session;
  const takesLocks = toNumber(body['receiver-settle-mode'] ?? 1) === 1;
  const found = queue.receiveDeferred(numbersIn(body, 'sequence-numbers'), takesLocks, session);
  const messages = found.map(([message, lock]) => ({
    message: encodeMessage(message, lock?.until),
    ...(lock !== undefined && { 'lock-token': rhea.types.wrap_uuid(Buffer.from(lock.token, 'hex')) }),
  }));
  return { status: 200, body: { messages } };
}

function updateDisposition(queue: Queue, { body }: ManagementRequest): ManagementReply {
  const sessionId = typeof body['session-id'] === 'string' ? body['session-id'] : undefined;
  // Not asked whether the link holds the session: the SDK names no link here, and a token dies with its session's lock.
  const outcome = readDisposition(body);
  for (const token of tokensIn(body)) queue.settle(token, outcome, sessionId);
  return { status: 200 };
}

function readDisposition(body: Readonly<Record<string, unknown>>): Outcome {
  const changes = encodeValues((body['properties-to-modify'] ?? {}) as Readonly<Record<string, unknown>>);
  switch (body['disposition-status']) {
    case 'completed':
      return { kind: 'complete' };
    case 'abandoned':
      return { kind: 'abandon', changes };
    // The vendor's spelling.
    case 'defered':
      return { kind: 'defer', changes };
    case 'suspended': {
      const reasons = encodeValues({
        DeadLetterReason: body['deadletter-reason'],
        DeadLetterErrorDescription: body['deadletter-description'],
      });
      return { kind: 'deadLetter', changes: new Map([...changes, ...reasons]) };
    }
    default:
      throw new BrokerError(
        CONDITION.argument,
        `Unknown disposition-status '${String(body['disposition-status'])}'.`,
      );
  }
}

function tableOf(queue: Queue) {
  if (queue.sessions !== undefined) return queue.sessions;
  throw new BrokerError(CONDITION.notAllowed, `'${queue.path}' has no sessions.`);
}

function heldSession(queue: Queue, { body, linkName }: ManagementRequest) {
  const table = tableOf(queue);
  const id = body['session-id'];
  if (typeof id !== 'string') throw new BrokerError(CONDITION.argument, 'session-id is missing.');
  return { table, session: table.requireHeld(id, linkName) };
}

function listIn(body: Readonly<Record<string, unknown>>, name: string): readonly unknown[] {
  const value = body[name];
  if (Array.isArray(value)) return value;
  throw new BrokerError(CONDITION.argument, `${name} is missing.`);
}

function tokensIn(body: Readonly<Record<string, unknown>>): string[] {
  return listIn(body, 'lock-tokens').map((token) =>
    Buffer.isBuffer(token) ? token.toString('hex') : String(token),
  );
}

function numbersIn(body: Readonly<Record<string, unknown>>, name: string): number[] {
  return listIn(body, name).map(toNumber);
}

/** rhea hands over a long beyond 2^53 as its eight bytes. */
function toNumber(value: unknown): number {
  return Buffer.isBuffer(value) ? Number(value.readBigInt64BE()) : Number(value);
}
