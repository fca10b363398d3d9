import type { ServiceBusReceivedMessage } from '@azure/service-bus';
import { applyBodyBindingData } from './body-binding-data.ts';
import type { RpcTypedData } from './core-types.ts';
import { offsetDate, roundTripDate, unspecifiedDate, utcDate } from './dotnet-date.ts';
import type { Execution } from './executor.ts';

export interface BusExecution extends Execution {
  readonly details: string;
}

type Encoded = Omit<BusExecution, 'reason'>;

const forever = new Date(8.64e15);

/** A message as the host hands it to the worker (extension 5, single dispatch). */
export function encodeMessage(
  message: ServiceBusReceivedMessage,
  isBinary: boolean,
  namespace: string,
): Encoded {
  const bytes = bodyBytes(message);
  const own = dropUndefined({ ...messageMetadata(message), ...opaqueMetadata(message, namespace) });
  const traceParent = traceOf(message);
  const text = typeof bytes === 'string' ? bytes : isBinary ? '' : bytes.toString('utf8');
  return {
    details: triggerDetails(message),
    input: isBinary ? { bytes: typeof bytes === 'string' ? Buffer.from(bytes) : bytes } : { string: text },
    triggerMetadata: isBinary ? own : applyBodyBindingData(own, text),
    ...(traceParent === undefined ? {} : { traceParent }),
  };
}

/** A batch: arrays by name, no members of the bodies. */
export function encodeBatch(
  messages: readonly ServiceBusReceivedMessage[],
  isBinary: boolean,
  namespace: string,
): Encoded {
  const bodies = messages.map(bodyBytes);
  const each = messages.map(messageMetadata);
  const names = Object.keys(each[0] ?? {});
  const metadata: Record<string, RpcTypedData | undefined> = {};
  for (const name of names) metadata[`${name}Array`] = collect(name, each, messages);
  const first = messages[0];
  return {
    details: batchDetails(messages),
    input: isBinary
      ? { collectionBytes: { bytes: bodies.map((body) => Buffer.from(body as string)) } }
      : {
          collectionString: {
            string: bodies.map((body) => (typeof body === 'string' ? body : body.toString('utf8'))),
          },
        },
    triggerMetadata: dropUndefined({
      ...metadata,
      ...(first === undefined ? {} : opaqueMetadata(first, namespace)),
    }),
  };
}

/** A message that exists only because an operator posted its body to the admin endpoint. */
export function encodeProgrammatic(
  body: string,
  isBinary: boolean,
  isBatch: boolean,
): Omit<Execution, 'reason'> {
  const metadata = { ApplicationProperties: { json: '{}' }, UserProperties: { json: '{}' } };
  if (isBatch) return { input: { collectionString: { string: [body] } }, triggerMetadata: {} };
  return isBinary
    ? { input: { bytes: Buffer.from(body) }, triggerMetadata: metadata }
    : { input: { string: body }, triggerMetadata: applyBodyBindingData(metadata, body) };
}

/** Data sections are bytes; a value section binds only as a string. */
function bodyBytes(message: ServiceBusReceivedMessage): Buffer | string {
  const body = message.body as unknown;
  if (body === undefined || body === null) return Buffer.alloc(0);
  if (Buffer.isBuffer(body)) return body;
  if (typeof body === 'string') return body;
  if (body instanceof Uint8Array) return Buffer.from(body);
  if (Array.isArray(body) && body.every((part) => Buffer.isBuffer(part))) return Buffer.concat(body);
  throw new Error(
    'The message body is an AMQP value or sequence that is no string: the trigger cannot bind it.',
  );
}

/** Names and order of ServiceBusTriggerBindingStrategy; undefined stands for null, which the host leaves out. */
function messageMetadata(message: ServiceBusReceivedMessage): Record<string, RpcTypedData | undefined> {
  const properties = { json: JSON.stringify(message.applicationProperties ?? {}, applicationValue) };
  const enqueued = message.enqueuedTimeUtc ?? new Date(0);
  const expires = message.expiresAtUtc ?? forever;
  const subject = text(message.subject);
  const partitionKey = text(message.partitionKey);
  return {
    // .NET counts the first delivery as 1, the wire and the JavaScript SDK as 0.
    DeliveryCount: { json: String((message.deliveryCount ?? 0) + 1) },
    DeadLetterSource: text(message.deadLetterSource),
    LockToken: text(message.lockToken),
    ExpiresAtUtc: { json: JSON.stringify(unspecifiedDate(expires)) },
    ExpiresAt: { json: JSON.stringify(offsetDate(expires)) },
    EnqueuedTimeUtc: { json: JSON.stringify(unspecifiedDate(enqueued)) },
    EnqueuedTime: { json: JSON.stringify(offsetDate(enqueued)) },
    MessageId: text(message.messageId),
    ContentType: text(message.contentType),
    ReplyTo: text(message.replyTo),
    SequenceNumber: { json: message.sequenceNumber?.toString() ?? '0' },
    To: text(message.to),
    Subject: subject,
    Label: subject,
    CorrelationId: text(message.correlationId),
    ApplicationProperties: properties,
    UserProperties: properties,
    SessionId: text(message.sessionId),
    ReplyToSessionId: text(message.replyToSessionId),
    PartitionKey: partitionKey,
    TransactionPartitionKey: undefined,
  };
}

/** Objects of the extension that the host serializes along; nobody can use them, but they are there. */
function opaqueMetadata(
  message: ServiceBusReceivedMessage,
  namespace: string,
): Record<string, RpcTypedData | undefined> {
  const empty = { json: '{}' };
  const isSession = message.sessionId !== undefined;
  const client = {
    FullyQualifiedNamespace: namespace,
    IsClosed: false,
    TransportType: 0,
    Identifier: namespace,
  };
  return {
    MessageReceiver: empty,
    MessageSession: isSession ? empty : undefined,
    MessageActions: empty,
    SessionActions: isSession
      ? { json: JSON.stringify({ SessionLockedUntil: offsetDate(message.lockedUntilUtc ?? forever) }) }
      : undefined,
    ReceiveActions: empty,
    Client: { json: JSON.stringify(client) },
  };
}

function collect(
  name: string,
  each: readonly Record<string, RpcTypedData | undefined>[],
  messages: readonly ServiceBusReceivedMessage[],
): RpcTypedData {
  // long[] travels as sint64, which Node sees as Long objects (trap 6).
  if (name === 'SequenceNumber')
    return { collectionSint64: { sint64: messages.map((message) => message.sequenceNumber) } };
  const values = each.map((metadata) => metadata[name]);
  if (values.some((value) => value?.json !== undefined))
    return { json: `[${values.map((value) => value?.json ?? 'null').join(',')}]` };
  return { collectionString: { string: values.map((value) => value?.string ?? '') } };
}

function text(value: unknown): RpcTypedData | undefined {
  if (value === undefined || value === null) return undefined;
  if (Buffer.isBuffer(value)) return { string: value.toString('hex') };
  return {
    string: typeof value === 'string' || typeof value === 'number' ? String(value) : JSON.stringify(value),
  };
}

/** Dates arrive as Date (the listeners switch the SDK's conversion off); toJSON has already run when a replacer sees them. */
function applicationValue(this: unknown, key: string, value: unknown): unknown {
  const original = (this as Record<string, unknown>)[key];
  if (original instanceof Date) return utcDate(original);
  return Buffer.isBuffer(original) ? original.toString('base64') : value;
}

function triggerDetails(message: ServiceBusReceivedMessage): string {
  return [
    `MessageId: ${String(message.messageId)}`,
    `SequenceNumber: ${message.sequenceNumber?.toString() ?? ''}`,
    `DeliveryCount: ${(message.deliveryCount ?? 0) + 1}`,
    `EnqueuedTimeUtc: ${roundTripDate(message.enqueuedTimeUtc ?? new Date(0))}`,
    `LockedUntilUtc: ${roundTripDate(message.lockedUntilUtc ?? forever)}`,
    `SessionId: ${message.sessionId ?? '(null)'}`,
  ].join(', ');
}

function batchDetails(messages: readonly ServiceBusReceivedMessage[]): string {
  const list = (of: (message: ServiceBusReceivedMessage) => string) => messages.map(of).join(',');
  return [
    `MessageIdArray: ${list((message) => String(message.messageId))}`,
    `SequenceNumberArray: ${list((message) => message.sequenceNumber?.toString() ?? '')}`,
    `DeliveryCountArray: ${list((message) => String((message.deliveryCount ?? 0) + 1))}`,
    `EnqueuedTimeUtcArray: ${list((message) => roundTripDate(message.enqueuedTimeUtc ?? new Date(0)))}`,
    `LockedUntilArray: ${list((message) => roundTripDate(message.lockedUntilUtc ?? forever))}`,
    `SessionId: ${messages[0]?.sessionId ?? '(null)'}`,
  ].join(', ');
}

function traceOf(message: ServiceBusReceivedMessage): string | undefined {
  const value =
    message.applicationProperties?.['traceparent'] ?? message.applicationProperties?.['Diagnostic-Id'];
  return typeof value === 'string' ? value : undefined;
}

function dropUndefined(metadata: Record<string, RpcTypedData | undefined>): Record<string, RpcTypedData> {
  return Object.fromEntries(
    Object.entries(metadata).filter((entry): entry is [string, RpcTypedData] => entry[1] !== undefined),
  );
}
