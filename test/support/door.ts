import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** A way to a server that can be shut, or hold what passes, while the server itself goes on. */
export interface Door {
  readonly port: number;
  /** Cuts all connections and takes no new ones. */
  shut(): Promise<void>;
  open(): Promise<void>;
  /** Keeps what comes from now on, from either side, without breaking a connection. */
  hold(): void;
  /** Lets pass what was held, and everything after it. */
  release(): void;
}

export async function openDoor(target: { readonly host: string; readonly port: number }): Promise<Door> {
  const sockets = new Set<Socket>();
  let held: (() => void)[] | null = null;
  const forward = (from: Socket, to: Socket): void => {
    sockets.add(from);
    from.on('error', () => from.destroy());
    from.on('data', (bytes) => {
      const pass = (): void => void to.write(bytes);
      if (held === null) pass();
      else held.push(pass);
    });
    from.once('close', () => {
      sockets.delete(from);
      to.destroy();
    });
  };
  const server = createServer((inside) => {
    const outside = connect(target);
    forward(inside, outside);
    forward(outside, inside);
  });
  await listen(server, 0);
  const { port } = server.address() as AddressInfo;
  return {
    port,
    async shut() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
    open: () => listen(server, port),
    hold() {
      held ??= [];
    },
    release() {
      const passing = held ?? [];
      held = null;
      for (const pass of passing) pass();
    },
  };
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve();
    });
  });
}
