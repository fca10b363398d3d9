import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { AmqpLinks } from './amqp-links.ts';
import { FrameReader, type Frame } from './amqp-frames.ts';
import type { Crossing, Gates } from './gates.ts';

export interface BusRoute {
  readonly client: string;
  readonly port: number;
  readonly gates: Gates;
}

/** Stands before the broker for one client, and passes frame by frame, so that a gate can stop a stream at any frame. */
export class AmqpGateProxy {
  readonly port: number;
  readonly #route: BusRoute;
  readonly #server: Server;
  readonly #pairs = new Set<() => void>();
  #isRefusing = false;

  private constructor(route: BusRoute, server: Server) {
    this.#route = route;
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
    server.on('connection', (socket) => this.#join(socket));
  }

  static async start(route: BusRoute): Promise<AmqpGateProxy> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new AmqpGateProxy(route, server);
  }

  cut(): void {
    for (const end of [...this.#pairs]) end();
  }

  refuse(isRefusing: boolean): void {
    this.#isRefusing = isRefusing;
    if (isRefusing) this.cut();
  }

  async stop(): Promise<void> {
    this.#server.close();
    this.cut();
    await once(this.#server, 'close');
  }

  #join(client: Socket): void {
    if (this.#isRefusing) {
      client.destroy();
      return;
    }
    const { port, gates, client: name } = this.#route;
    const broker = connect({ host: '127.0.0.1', port, noDelay: true });
    client.setNoDelay(true);
    const end = (): void => {
      this.#pairs.delete(end);
      client.destroy();
      broker.destroy();
    };
    this.#pairs.add(end);
    const links = new AmqpLinks();
    for (const [from, to, way] of [
      [client, broker, 'request'],
      [broker, client, 'answer'],
    ] as const) {
      const stream = new Stream(to, links, { client: name, way }, gates, end);
      from.on('data', (chunk) => stream.take(chunk));
      from.on('error', end);
      // What was said before the end is still delivered; what a gate holds is lost with the connection.
      from.on('close', () => (to.destroyed ? end() : to.end(end)));
    }
  }
}

/** One direction of one connection. */
class Stream {
  readonly #to: Socket;
  readonly #links: AmqpLinks;
  readonly #who: Pick<Crossing, 'client' | 'way'>;
  readonly #gates: Gates;
  readonly #end: () => void;
  readonly #reader = new FrameReader();
  readonly #queue: Frame[] = [];
  #isHeld = false;

  constructor(
    to: Socket,
    links: AmqpLinks,
    who: Pick<Crossing, 'client' | 'way'>,
    gates: Gates,
    end: () => void,
  ) {
    this.#to = to;
    this.#links = links;
    this.#who = who;
    this.#gates = gates;
    this.#end = end;
  }

  take(chunk: Buffer): void {
    this.#queue.push(...this.#reader.read(chunk));
    this.#pass();
  }

  /** While a frame is held, all that comes after it waits behind it. */
  #pass(): void {
    const passed: Buffer[] = [];
    while (!this.#isHeld) {
      const frame = this.#queue.shift();
      if (frame === undefined) break;
      if (this.#stops(frame)) this.#isHeld = true;
      else passed.push(frame.bytes);
    }
    if (passed.length > 0 && !this.#to.destroyed) this.#to.write(Buffer.concat(passed));
  }

  #stops(frame: Frame): boolean {
    const seen = this.#links.see(frame, this.#who.way);
    if (seen === null) return false;
    const release = (): void => {
      this.#isHeld = false;
      if (!this.#to.destroyed) this.#to.write(frame.bytes);
      this.#pass();
    };
    return this.#gates.stops({ ...this.#who, service: 'bus', ...seen }, { release, drop: this.#end });
  }
}
