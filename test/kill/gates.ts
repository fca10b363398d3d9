export type Service = 'tables' | 'graph' | 'bus';

/** One request on its way to a service, or one answer on its way back, as a proxy sees it. */
export interface Crossing {
  /** The process whose connection it is. */
  readonly client: string;
  readonly service: Service;
  readonly way: 'request' | 'answer';
  /** HTTP: `PATCH /v1.0/users/…`; bus: performative and the address of the link, such as `transfer changes`. */
  readonly what: string;
  /** What was said: the body, or the frame. */
  readonly text: () => string;
  /** To an answer: what was asked. To a broker's disposition: the message it is about. */
  readonly asked: () => string;
}

/** What a gate has stopped. It is nowhere until it is let through or dropped together with its connection. */
export interface Held {
  readonly crossing: Crossing;
  release(): void;
  drop(): void;
}

/** Called for every crossing in order until it says true; it may remember what it saw. */
export type Matcher = (crossing: Crossing) => boolean;

export interface Armed {
  readonly hit: Promise<Held>;
  disarm(): void;
}

interface Gate {
  readonly matches: Matcher;
  readonly report: (held: Held) => void;
}

/** The gates of all proxies of one run. The first crossing that a gate wants is stopped; each gate stops one. */
export class Gates {
  readonly #armed = new Set<Gate>();

  arm(matches: Matcher): Armed {
    const { promise, resolve } = Promise.withResolvers<Held>();
    const gate: Gate = { matches, report: resolve };
    this.#armed.add(gate);
    return { hit: promise, disarm: () => void this.#armed.delete(gate) };
  }

  /** Whether this crossing is stopped; then `held` decides what becomes of it. */
  stops(crossing: Crossing, held: Omit<Held, 'crossing'>): boolean {
    let taker: Gate | undefined;
    // All of them look, since each may wait for what comes after this.
    for (const gate of [...this.#armed]) if (gate.matches(crossing)) taker ??= gate;
    if (taker === undefined) return false;
    this.#armed.delete(taker);
    taker.report({ crossing, ...held });
    return true;
  }
}
