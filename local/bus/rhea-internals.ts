import type { Socket } from 'node:net';
import rhea, { type Container, type EventContext, type Typed } from 'rhea';

/**
 * What this broker needs of rhea 3.0.5 beyond its published types. rhea is written for clients; a broker must hold an
 * attach, answer a drain at any credit, see a message's bytes and forget a settled delivery at once. All of it is done
 * on the instances this broker owns, never on rhea's modules: an SDK in the same process shares them.
 */
interface LinkState {
  local_open: boolean;
  open_requests: number;
}

interface AttachFields {
  name: string;
  source: unknown;
  target: unknown;
  snd_settle_mode: number | undefined;
  rcv_settle_mode: number | undefined;
  max_message_size: number | undefined;
  properties: Readonly<Record<string, unknown>> | undefined;
}

interface Terminus {
  readonly address?: string | null;
  readonly filter?: Readonly<Record<string, unknown>> | null;
}

interface WireLink {
  readonly name: string;
  readonly session: WireSession;
  readonly connection: { readonly socket: Socket };
  readonly state: LinkState;
  readonly local: { readonly attach: AttachFields };
  readonly source: Terminus | null;
  readonly target: Terminus | null;
  readonly snd_settle_mode: number | null;
  readonly rcv_settle_mode: number | null;
  readonly properties: Readonly<Record<string, unknown>> | null;
  credit: number;
  delivery_count: number;
  issue_flow: boolean;
  set_source(fields: Terminus): void;
  set_target(fields: Terminus): void;
  open(): void;
  close(error?: { condition: string; description: string }): void;
  on(event: string, listener: (context: EventContext) => void): void;
}

export interface WireSender extends WireLink {
  _draining: boolean;
  _get_drain: () => boolean;
  send(bytes: Buffer, tag: Buffer | undefined, format: number): WireDelivery;
}

export type WireReceiver = WireLink;

export interface WireDelivery {
  readonly remote_state: unknown;
  settled: boolean;
  remote_settled: boolean;
  update(settled: boolean, state: Typed): void;
}

interface TransferFrame {
  readonly performative: {
    message_format: number | null | undefined;
    readonly delivery_id: number | null | undefined;
  };
}

export interface WireSession {
  readonly outgoing: { available(): number };
  on_transfer(frame: TransferFrame): void;
}

/** rhea decodes every message of format 0 and drops its bytes; under this format it hands them on. */
const UNDECODED_ZERO = -1;

const corked = new WeakSet<Socket>();

/**
 * rhea writes to the socket once a frame. Until the end of this turn of the event loop all goes out in one write:
 * cheaper, and an attach arrives together with the detach that refuses it (apart, the SDK may invent a reason).
 */
export function coalesceWrites(socket: Socket): void {
  if (corked.has(socket)) return;
  corked.add(socket);
  socket.cork();
  setImmediate(() => {
    corked.delete(socket);
    socket.uncork();
  });
}

export interface WireConnection {
  readonly remote_channel_map: Readonly<Record<number, unknown>>;
  on_detach(frame: { readonly channel: number }): void;
}

/**
 * A client that ends a session just when the broker detaches a link of it answers that detach too late, on a channel that
 * is no more. rhea would break the whole connection for it, with all other sessions.
 */
export function overlookLateDetach(connection: WireConnection): void {
  const onDetach = connection.on_detach.bind(connection);
  connection.on_detach = (frame) => {
    if (frame.channel in connection.remote_channel_map) onDetach(frame);
  };
}

/** Makes a session hand on each message as bytes; `realFormat` translates the format it reports. */
export function keepBytes(session: WireSession): void {
  const onTransfer = session.on_transfer.bind(session);
  session.on_transfer = (frame) => {
    if (!frame.performative.message_format) {
      Object.defineProperty(frame.performative, 'message_format', { value: UNDECODED_ZERO });
    }
    onTransfer(frame);
  };
}

export function realFormat(format: number | undefined): number {
  return format === undefined || format === UNDECODED_ZERO ? 0 : format;
}

/** rhea answers an attach by itself; called in the open event this takes the answer back until `link.open()`. */
export function holdAttach(link: WireLink): void {
  link.state.local_open = false;
  link.state.open_requests -= 1;
}

/** Answers an attach with no terminus and the reason, the protocol's way of refusing. */
export function refuse(link: WireLink, error: { condition: string; description: string }): void {
  coalesceWrites(link.connection.socket);
  link.open();
  link.close(error);
}

/**
 * Answers drains even when no credit is left (the messages that used it up may still be on their way, and the
 * SDK waits for the answer). `onDrained` learns how much credit was given back.
 */
export function answerDrains(sender: WireSender, onDrained: (credit: number) => void): void {
  sender._get_drain = () => {
    if (!sender._draining) return false;
    sender._draining = false;
    if (sender.credit > 0) {
      onDrained(sender.credit);
      sender.delivery_count += sender.credit;
      sender.credit = 0;
    }
    return true;
  };
  sender.on('sender_draining', () => {
    sender.issue_flow = true;
  });
}

/** Settles an outgoing delivery; the client says nothing more about it, so rhea would keep it for ever. */
export function settleOutgoing(delivery: WireDelivery, state: Typed): void {
  delivery.update(true, state);
  delivery.remote_settled = true;
}

/**
 * Sends without asking for an answer. The SDK does not set TCP_NODELAY: were it to settle a reply, its next request
 * would wait for our delayed acknowledgement of that, 40 ms on Linux (measured: every accepted session paid it).
 */
export function sendSettled(sender: WireSender, bytes: Buffer): void {
  sender.send(bytes, undefined, 0).settled = true;
}

interface Outcomes {
  accepted(): unknown;
  rejected(fields: { error: { condition: string; description: string } }): unknown;
}

const outcomes = rhea.message as unknown as Outcomes;

export function accepted(): Typed {
  return described(outcomes.accepted());
}

export function rejected(error: { condition: string; description: string }): Typed {
  return described(outcomes.rejected({ error }));
}

function described(outcome: unknown): Typed {
  return (outcome as { described(): Typed }).described();
}

/**
 * rhea's default is 2,048. The ring is freed from its head only: a delivery that is never settled holds up all that
 * follow on its link once the ring is full.
 */
const OUTGOING_RING = 8_192;

export function listenOptions(port: number): Parameters<Container['listen']>[0] {
  const options = {
    host: '127.0.0.1',
    port,
    tcp_no_delay: true,
    autoaccept: false,
    autosettle: true,
    treat_modified_as_released: false,
    idle_time_out: 60_000,
    max_frame_size: 65_536,
    session_buffer_size: { outgoing: OUTGOING_RING, incoming: 4_096 },
    credit_window: 1_000,
    reconnect: false,
  };
  return options;
}
