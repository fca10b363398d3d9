import type { Frame } from './amqp-frames.ts';
import type { Crossing } from './gates.ts';

type Seen = Pick<Crossing, 'what' | 'text' | 'asked'>;

interface Sent {
  readonly address: string;
  readonly payload: Buffer;
}

/** Remembers of one connection which link and which message a frame is about. */
export class AmqpLinks {
  /** `way/channel/handle` of the sending side: address of the queue. */
  readonly #addresses = new Map<string, string>();
  /** The broker's channel number of a session: the client's. */
  readonly #channels = new Map<number, number>();
  /** `way/channel/delivery`: what was sent and not yet settled. */
  readonly #sent = new Map<string, Sent>();

  /** What gates may look at; null for frames that say nothing of a message. */
  see(frame: Frame, way: 'request' | 'answer'): Seen | null {
    const { performative } = frame;
    if (performative === null) return null;
    const channel = way === 'request' ? frame.channel : (this.#channels.get(frame.channel) ?? frame.channel);
    switch (frame.name) {
      case 'begin':
        // The broker's answer names the channel that it answers to.
        if (way === 'answer' && typeof performative.remote_channel === 'number')
          this.#channels.set(frame.channel, performative.remote_channel);
        return null;
      case 'attach':
        // Role false: this side sends. The client's target and the broker's source are the queue.
        if (performative.role === false)
          this.#addresses.set(
            `${way}/${channel}/${performative.handle}`,
            addressOf(way === 'request' ? performative.target : performative.source),
          );
        return null;
      case 'transfer': {
        const address = this.#addresses.get(`${way}/${channel}/${performative.handle}`) ?? '?';
        const key = `${way}/${channel}/${performative.delivery_id}`;
        // Of a message in several frames the first carries the number; its beginning is enough to know it by.
        if (typeof performative.delivery_id === 'number')
          this.#sent.set(key, { address, payload: frame.bytes });
        const name = way === 'request' ? 'transfer' : 'delivery';
        return { what: `${name} ${address}`, text: () => frame.bytes.toString('latin1'), asked: () => '' };
      }
      case 'disposition': {
        const theirs = way === 'request' ? 'answer' : 'request';
        const { first = 0, last } = performative;
        const concerned: Sent[] = [];
        for (let id = first; id <= (last ?? first); id += 1) {
          const key = `${theirs}/${channel}/${id}`;
          const sent = this.#sent.get(key);
          if (sent !== undefined) concerned.push(sent);
          this.#sent.delete(key);
        }
        const address = concerned[0]?.address ?? '?';
        return {
          what: `disposition ${address}`,
          text: () => frame.bytes.toString('latin1'),
          asked: () => concerned.map(({ payload }) => payload.toString('latin1')).join('\n'),
        };
      }
      case null:
        return null;
    }
  }
}

/** A described list whose first field is the address; rhea's plain reader leaves it as it came. */
function addressOf(terminus: unknown): string {
  const fields = (terminus as { readonly value?: unknown } | null | undefined)?.value;
  const first: unknown = Array.isArray(fields) ? fields[0] : undefined;
  const address = (first as { readonly value?: unknown } | null | undefined)?.value ?? first;
  return typeof address === 'string' ? address : '?';
}
