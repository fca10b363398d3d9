import rhea, { type EventContext } from 'rhea';
import { BrokerError, CONDITION } from './broker-error.ts';
import type { ManagementReply, ManagementRequest } from './management.ts';
import { sendSettled, type WireReceiver, type WireSender } from './rhea-internals.ts';

/** Where a connection's replies go: by link name for $cbs, by target address for $management. */
export type ReplyLinks = Map<string, WireSender>;

interface DecodedRequest {
  readonly message_id?: unknown;
  readonly reply_to?: string;
  readonly application_properties?: Readonly<Record<string, unknown>>;
  readonly body?: unknown;
}

/** Takes requests on $cbs. Every token is good: this broker listens on loopback and has nothing to protect. */
export function openTokenLink(receiver: WireReceiver, replies: ReplyLinks): void {
  answerRequests(receiver, replies, () => ({
    application_properties: { 'status-code': rhea.types.wrap_int(202), 'status-description': 'Accepted' },
  }));
}

/** Takes requests on an entity's $management. */
export function openManagementLink(
  receiver: WireReceiver,
  replies: ReplyLinks,
  handle: (request: ManagementRequest) => ManagementReply,
): void {
  answerRequests(receiver, replies, (request) => {
    const reply = run(handle, request);
    return {
      application_properties: {
        statusCode: rhea.types.wrap_int(reply.status),
        statusDescription: reply.error?.message ?? 'OK',
        ...(reply.error !== undefined && { errorCondition: rhea.types.wrap_symbol(reply.error.condition) }),
      },
      ...(reply.body !== undefined && { body: reply.body }),
    };
  });
}

function run(
  handle: (request: ManagementRequest) => ManagementReply,
  { application_properties: properties, body }: DecodedRequest,
): ManagementReply & { readonly error?: BrokerError } {
  const linkName = properties?.['associated-link-name'];
  try {
    return handle({
      operation: String(properties?.['operation']),
      linkName: typeof linkName === 'string' ? linkName : undefined,
      body: (body ?? {}) as Readonly<Record<string, unknown>>,
    });
  } catch (error) {
    const known =
      error instanceof BrokerError
        ? error
        : new BrokerError(CONDITION.internal, `The broker failed: ${String(error)}`, 500);
    if (known !== error) console.error(error);
    return { status: known.status, error: known };
  }
}

function answerRequests(
  receiver: WireReceiver,
  replies: ReplyLinks,
  answer: (request: DecodedRequest) => Readonly<Record<string, unknown>>,
): void {
  receiver.set_source(receiver.source ?? {});
  receiver.set_target(receiver.target ?? {});
  receiver.on('message', (context: EventContext) => {
    const request = rhea.message.decode(context.message as unknown as Buffer) as unknown as DecodedRequest;
    context.delivery?.accept();
    const link = replies.get(request.reply_to ?? '');
    const reply = { to: request.reply_to, correlation_id: request.message_id, ...answer(request) };
    if (link !== undefined) sendSettled(link, rhea.message.encode(reply));
  });
}
