import type { EventContext } from 'rhea';
import { BrokerError, CONDITION } from './broker-error.ts';
import type { Deadlines } from './deadlines.ts';
import { manage } from './management.ts';
import type { Queue } from './queue.ts';
import { ReceivingLink, sessionTimedOut } from './receiving-link.ts';
import { openManagementLink, openTokenLink, type ReplyLinks } from './request-links.ts';
import {
  holdAttach,
  refuse,
  type WireReceiver,
  type WireSender,
  type WireSession,
} from './rhea-internals.ts';
import { openSendingLink } from './sending-link.ts';
import type { SessionWaiter } from './session-table.ts';

const TOKENS = '$cbs';
const MANAGEMENT = '/$management';
const SESSION_FILTER = 'com.microsoft:session-filter';
const SESSION_TIMEOUT = 'com.microsoft:timeout';
/** How long an attach for the next free session waits when the client names no time. */
const DEFAULT_SESSION_WAIT = 60_000;

type FindQueue = (path: string) => Queue | undefined;

/** The links of one connection: opens each to what its address names, and closes them when their session ends. */
export class LinkRouter {
  readonly #findQueue: FindQueue;
  readonly #deadlines: Deadlines;
  readonly #host: () => string;
  readonly #replies: ReplyLinks = new Map();
  readonly #open = new Map<() => void, WireSession>();

  constructor(findQueue: FindQueue, deadlines: Deadlines, host: () => string) {
    this.#findQueue = findQueue;
    this.#deadlines = deadlines;
    this.#host = host;
  }

  /** A client's sender has attached. */
  openReceiver(receiver: WireReceiver): void {
    const address = receiver.target?.address ?? '';
    if (address === TOKENS) {
      openTokenLink(receiver, this.#replies);
      return;
    }
    const entity = stripManagement(address);
    const queue = this.#findQueue(entity);
    if (queue === undefined) {
      receiver.close(asFields(this.#unknown(entity)));
      return;
    }
    if (entity === address) {
      openSendingLink(receiver, queue);
      return;
    }
    openManagementLink(receiver, this.#replies, (request) =>
      manage(this.#findQueue(entity) ?? queue, request),
    );
  }

  /** A client's receiver has attached. */
  openSender(sender: WireSender): void {
    const address = sender.source?.address ?? '';
    const entity = stripManagement(address);
    if (address === TOKENS || entity !== address) {
      this.#openReplies(sender, address);
      return;
    }
    const queue = this.#findQueue(entity);
    if (queue === undefined) {
      sender.close(asFields(this.#unknown(entity)));
      return;
    }
    const filter = sender.source?.filter ?? {};
    const wantsSession = SESSION_FILTER in filter;
    if (wantsSession !== (queue.sessions !== undefined)) {
      sender.close(asFields(wrongKind(queue)));
      return;
    }
    const link = new ReceivingLink(sender, queue);
    this.#track(sender, () => link.closed());
    if (wantsSession) this.#openSession(sender, queue, link, filter[SESSION_FILTER]);
    else link.openPlain();
  }

  /** Ends the links of one session, or of the whole connection. */
  closeLinks(session?: WireSession): void {
    for (const [close, owner] of this.#open) {
      if (session !== undefined && owner !== session) continue;
      this.#open.delete(close);
      close();
    }
  }

  #openReplies(sender: WireSender, address: string): void {
    sender.set_source(sender.source ?? {});
    sender.set_target(sender.target ?? {});
    const key = address === TOKENS ? sender.name : (sender.target?.address ?? sender.name);
    this.#replies.set(key, sender);
    this.#track(sender, () => this.#replies.delete(key));
  }

  #openSession(sender: WireSender, queue: Queue, link: ReceivingLink, wanted: unknown): void {
    const table = queue.sessions;
    if (table === undefined) return;
    holdAttach(sender);
    if (typeof wanted === 'string') {
      try {
        link.openSession(table.acceptNamed(wanted, link));
      } catch (error) {
        if (!(error instanceof BrokerError)) throw error;
        refuse(sender, asFields(error));
      }
      return;
    }
    const asked = sender.properties?.[SESSION_TIMEOUT];
    const wait = typeof asked === 'number' ? asked : DEFAULT_SESSION_WAIT;
    const deadline = this.#deadlines.add(Date.now() + wait, () => {
      table.forget(waiter);
      refuse(sender, asFields(sessionTimedOut()));
    });
    const waiter: SessionWaiter = {
      consumer: link,
      grant: (session) => {
        this.#deadlines.cancel(deadline);
        link.openSession(session);
      },
    };
    this.#track(sender, () => {
      // Already answered or timed out: nothing waits any more.
      if (deadline.index < 0) return;
      this.#deadlines.cancel(deadline);
      table.forget(waiter);
      refuse(sender, asFields(sessionTimedOut()));
    });
    table.acceptNext(waiter);
  }

  #track(sender: WireSender, close: () => void): void {
    this.#open.set(close, sender.session);
    sender.on('sender_close', () => {
      this.#open.delete(close);
      close();
    });
  }

  /** The SDK knows a missing queue by this sentence, not by the condition. */
  #unknown(path: string): BrokerError {
    const text = `The messaging entity 'sb://${this.#host()}/${path}' could not be found.`;
    return new BrokerError(CONDITION.notFound, text, 404);
  }
}

export function asSender(context: EventContext): WireSender {
  return context.sender as unknown as WireSender;
}

export function asReceiver(context: EventContext): WireReceiver {
  return context.receiver as unknown as WireReceiver;
}

function stripManagement(address: string): string {
  return address.toLowerCase().endsWith(MANAGEMENT) ? address.slice(0, -MANAGEMENT.length) : address;
}

function wrongKind(queue: Queue): BrokerError {
  const text =
    queue.sessions === undefined
      ? `A sessionful message receiver cannot be created on an entity that does not require sessions: '${queue.path}'.`
      : `It is not possible for an entity that requires sessions to create a non-sessionful message receiver: '${queue.path}'.`;
  return new BrokerError(CONDITION.notAllowed, text);
}

function asFields({ condition, message }: BrokerError): { condition: string; description: string } {
  return { condition, description: message };
}
