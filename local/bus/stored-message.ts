import { randomUUID } from 'node:crypto';
import {
  AmqpDecodeError,
  decodeScalar,
  encodeInt,
  encodeLong,
  encodeSection,
  encodeString,
  encodeSymbol,
  encodeTimestamp,
  encodeUint,
  NULL,
  readEntries,
  readItems,
  readSections,
  type RawEntry,
  type RawValue,
} from './amqp-bytes.ts';
import type { IncomingMessage, MessageState, StoredMessage } from './queue-state.ts';

const HEADER = 0x70;
const MESSAGE_ANNOTATIONS = 0x72;
const PROPERTIES = 0x73;
const APPLICATION_PROPERTIES = 0x74;
const DATA = 0x75;

/** What a batching sender sets as message-format; its body is one data section a message. */
export const BATCH_FORMAT = 0x80013700;

const STATE_CODES: Readonly<Record<MessageState, number>> = { active: 0, deferred: 1, scheduled: 2 };

/** Reads one message (message-format 0). */
export function readMessage(wire: Buffer): IncomingMessage {
  // A copy: slices would keep the whole socket chunk, or the whole batch, in memory for one small message.
  const bytes = Buffer.from(wire);
  const sections = readSections(bytes);
  const find = (descriptor: number) => sections.find((section) => section.descriptor === descriptor);
  const header = readItemsOf(find(HEADER)?.value);
  const annotations = readEntriesOf(find(MESSAGE_ANNOTATIONS)?.value);
  const propertiesSection = find(PROPERTIES);
  const properties = readItemsOf(propertiesSection?.value);
  const given = properties[0] ?? NULL;
  const id = given[0] === 0x40 ? encodeString(randomUUID().replaceAll('-', '')) : given;
  const groupId = properties[10] === undefined ? undefined : decodeScalar(properties[10]);
  const ttl = header[2] === undefined ? undefined : decodeScalar(header[2]);
  const scheduled = annotations.find(({ key }) => key === 'x-opt-scheduled-enqueue-time');
  const scheduledFor = scheduled === undefined ? undefined : decodeScalar(scheduled.value);
  const body = sections.filter(({ descriptor }) => descriptor >= DATA).map((section) => section.bytes);
  return {
    header: {
      durable: header[0] ?? NULL,
      priority: header[1] ?? NULL,
      ttl: typeof ttl === 'number' ? ttl : undefined,
    },
    annotations,
    properties:
      id === given && propertiesSection !== undefined
        ? propertiesSection.bytes
        : encodeSection(PROPERTIES, 'list', [id, ...properties.slice(1)]),
    applicationProperties: find(APPLICATION_PROPERTIES)?.bytes,
    body: body.length === 1 && body[0] !== undefined ? body[0] : Buffer.concat(body),
    // A UUID and a string of the same digits are different ids; the type code keeps them apart. An id has one code a kind.
    messageId: idKey(id),
    sessionId: typeof groupId === 'string' ? groupId : undefined,
    scheduledFor: typeof scheduledFor === 'number' ? scheduledFor : undefined,
  };
}

/** Reads a batch: the envelope repeats the first message's annotations and properties, which count for nothing. */
export function readBatch(bytes: Buffer): IncomingMessage[] {
  return readSections(bytes)
    .filter(({ descriptor }) => descriptor === DATA)
    .map(({ value }) => {
      const message = decodeScalar(value);
      if (!Buffer.isBuffer(message))
        throw new AmqpDecodeError('a batch holds something other than binary data');
      return readMessage(message);
    });
}

function readItemsOf(value: RawValue | undefined): RawValue[] {
  return value === undefined ? [] : readItems(value);
}

function readEntriesOf(value: RawValue | undefined): RawEntry[] {
  return value === undefined ? [] : readEntries(value);
}

function idKey(id: RawValue): string {
  const value = decodeScalar(id);
  return Buffer.isBuffer(value) ? `binary:${value.toString('hex')}` : `${typeof value}:${value ?? ''}`;
}

const OWN_ANNOTATIONS = new Set([
  'x-opt-sequence-number',
  'x-opt-enqueued-time',
  'x-opt-locked-until',
  'x-opt-message-state',
  'x-opt-deadletter-source',
]);
const KEY = {
  sequence: encodeSymbol('x-opt-sequence-number'),
  enqueued: encodeSymbol('x-opt-enqueued-time'),
  lockedUntil: encodeSymbol('x-opt-locked-until'),
  state: encodeSymbol('x-opt-message-state'),
  source: encodeSymbol('x-opt-deadletter-source'),
};

/** The message as a receiver gets it: header and annotations are the broker's, the rest is untouched. */
export function encodeMessage(
  message: StoredMessage,
  lockedUntil: number | undefined,
  omitBody = false,
): Buffer {
  const { header } = message;
  const ttl = header.ttl === undefined ? NULL : encodeUint(header.ttl);
  const annotations: RawValue[] = [];
  for (const { key, keyBytes, value } of message.annotations) {
    if (!OWN_ANNOTATIONS.has(key)) annotations.push(keyBytes, value);
  }
  annotations.push(
    KEY.sequence,
    encodeLong(message.sequence),
    KEY.enqueued,
    encodeTimestamp(message.enqueuedAt),
  );
  if (lockedUntil !== undefined) annotations.push(KEY.lockedUntil, encodeTimestamp(lockedUntil));
  const state = message.state === 'active' && message.wasScheduled ? 'scheduled' : message.state;
  annotations.push(KEY.state, encodeInt(STATE_CODES[state]));
  if (message.deadLetterSource !== undefined)
    annotations.push(KEY.source, encodeString(message.deadLetterSource));
  const parts = [
    encodeSection(HEADER, 'list', [
      header.durable,
      header.priority,
      ttl,
      NULL,
      encodeUint(message.deliveryCount),
    ]),
    encodeSection(MESSAGE_ANNOTATIONS, 'map', annotations),
    message.properties,
  ];
  if (message.applicationProperties !== undefined) parts.push(message.applicationProperties);
  if (!omitBody) parts.push(message.body);
  return Buffer.concat(parts);
}

/** Writes `changes` over the message's application properties; the values are AMQP bytes already. */
export function mergeApplicationProperties(
  message: StoredMessage,
  changes: ReadonlyMap<string, RawValue>,
): void {
  if (changes.size === 0) return;
  const [section] =
    message.applicationProperties === undefined ? [] : readSections(message.applicationProperties);
  const items: RawValue[] = [];
  for (const { key, keyBytes, value } of section === undefined ? [] : readEntries(section.value)) {
    if (!changes.has(key)) items.push(keyBytes, value);
  }
  for (const [key, value] of changes) items.push(encodeString(key), value);
  message.applicationProperties = encodeSection(APPLICATION_PROPERTIES, 'map', items);
}
