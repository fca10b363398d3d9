import type { EventContext } from 'rhea';
import rhea from 'rhea';
import { encodeLong, type RawValue } from './amqp-bytes.ts';
import { BrokerError, CONDITION } from './broker-error.ts';
import { toDeliveryTag } from './delivery-tag.ts';
import { encodeValues } from './encode-values.ts';
import type { Outcome, Queue } from './queue.ts';
import {
  accepted,
  answerDrains,
  coalesceWrites,
  rejected,
  settleOutgoing,
  type WireDelivery,
  type WireSender,
} from './rhea-internals.ts';
import type { Consumer, Lock, SessionEntry, StoredMessage } from './queue-state.ts';
import { encodeMessage } from './stored-message.ts';

/** snd-settle-mode "settled": the receiver deletes by receiving. */
const SETTLED = 1;

/** A client's receiver: the broker's sending end of it. */
export class ReceivingLink implements Consumer {
  readonly linkName: string;
  readonly takesLocks: boolean;
  readonly #sender: WireSender;
  readonly #queue: Queue;
  readonly #tokens = new Map<WireDelivery, string>();
  #session: SessionEntry | undefined;
  /** Credit used up since the link began, drained credit included; rhea's own count lags until frames are flushed. */
  #used = 0;
  #isClosed = false;

  constructor(sender: WireSender, queue: Queue) {
    this.linkName = sender.name;
    this.takesLocks = sender.snd_settle_mode !== SETTLED;
    this.#sender = sender;
    this.#queue = queue;
    const attach = sender.local.attach;
    attach.snd_settle_mode = sender.snd_settle_mode ?? undefined;
    attach.rcv_settle_mode = sender.rcv_settle_mode ?? undefined;
    sender.set_target(sender.target ?? {});
    answerDrains(sender, (credit) => (this.#used += credit));
    sender.on('sender_flow', () => this.#pump());
    for (const event of ['accepted', 'rejected', 'released', 'modified']) {
      sender.on(event, (context) => this.#onOutcome(event, context));
    }
  }

  /** Begins a plain link; its attach is answered by rhea. */
  openPlain(): void {
    this.#sender.set_source(this.#sender.source ?? {});
    this.#queue.attach(this);
  }

  /** Answers the attach with the session that was granted. */
  openSession(session: SessionEntry): void {
    this.#session = session;
    const source = this.#sender.source ?? {};
    this.#sender.set_source({ ...source, filter: { 'com.microsoft:session-filter': session.id } });
    this.#sender.local.attach.properties = { 'com.microsoft:locked-until-utc': toTicks(session.lockedUntil) };
    this.#sender.open();
  }

  credit(): number {
    if (this.#isClosed) return 0;
    const left = this.#sender.delivery_count + this.#sender.credit - this.#used;
    return Math.min(left, this.#sender.session.outgoing.available());
  }

  deliver(message: StoredMessage, lock: Lock | undefined): void {
    this.#used += 1;
    coalesceWrites(this.#sender.connection.socket);
    const tag = lock === undefined ? undefined : toDeliveryTag(lock.token);
    const delivery = this.#sender.send(encodeMessage(message, lock?.until), tag, 0);
    if (lock !== undefined) this.#tokens.set(delivery, lock.token);
  }

  detach(error: BrokerError): void {
    this.#isClosed = true;
    this.#session = undefined;
    this.#sender.close({ condition: error.condition, description: error.message });
  }

  /** The client has gone, politely or not. */
  closed(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (this.#session === undefined) this.#queue.detach(this);
    else this.#queue.releaseSession(this.#session);
  }

  #pump(): void {
    if (this.#session === undefined) this.#queue.pump();
    else this.#queue.pumpSession(this.#session);
  }

  #onOutcome(event: string, context: EventContext): void {
    const delivery = context.delivery as unknown as WireDelivery;
    const token = this.#tokens.get(delivery);
    if (token === undefined) return;
    this.#tokens.delete(delivery);
    try {
      this.#queue.settle(
        token,
        readOutcome(event, delivery.remote_state),
        this.#session?.id ?? this.#lostSession(),
      );
      settleOutgoing(delivery, accepted());
    } catch (error) {
      if (!(error instanceof BrokerError)) throw error;
      settleOutgoing(delivery, rejected({ condition: error.condition, description: error.message }));
    }
  }

  /** A session link that was detached has lost its session, whatever it settles. */
  #lostSession(): string | undefined {
    return this.#isClosed && this.#queue.sessions !== undefined ? 'unknown' : undefined;
  }
}

interface RemoteState {
  readonly undeliverable_here?: boolean | null;
  readonly message_annotations?: Readonly<Record<string, unknown>> | null;
  readonly error?: { readonly info?: Readonly<Record<string, unknown>> | null } | null;
}

/** The SDK's calls as outcomes: complete, abandon or defer (modified), dead-letter (rejected). */
function readOutcome(event: string, remoteState: unknown): Outcome {
  const state = remoteState as RemoteState;
  if (event === 'accepted') return { kind: 'complete' };
  if (event === 'rejected') return { kind: 'deadLetter', changes: readChanges(state.error?.info) };
  const changes = readChanges(state.message_annotations);
  return { kind: state.undeliverable_here === true ? 'defer' : 'abandon', changes };
}

function readChanges(
  values: Readonly<Record<string, unknown>> | null | undefined,
): ReadonlyMap<string, RawValue> {
  return encodeValues(values ?? {});
}

/** Milliseconds between 0001-01-01, where .NET ticks begin, and 1970-01-01. */
const TICKS_EPOCH = 62_135_596_800_000n;

function toTicks(milliseconds: number): unknown {
  const ticks = encodeLong(0);
  ticks.writeBigInt64BE((BigInt(milliseconds) + TICKS_EPOCH) * 10_000n, 1);
  return rhea.types.wrap_long(ticks.subarray(1));
}

export function sessionTimedOut(): BrokerError {
  return new BrokerError(
    CONDITION.timeout,
    'No session with messages became free within the time given.',
    408,
  );
}
