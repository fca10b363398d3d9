import { createServer, type Server } from 'node:net';

export interface LoopbackAddress {
  readonly address: string;
  release(): Promise<void>;
}

const first = 11;
const last = 99;
/** Not Samba's: holding it is the claim on the address, which the kernel drops with our process. */
const claimPort = 38_911;
const ldapPort = 389;

/** Takes the first of 127.0.0.11..99 that neither a fixture nor another LDAP server uses. */
export async function claimLoopbackAddress(): Promise<LoopbackAddress> {
  for (let host = first; host <= last; host += 1) {
    const address = `127.0.0.${host}`;
    const claim = await listen(address, claimPort);
    if (claim === undefined) continue;
    // A domain controller whose owner died without stopping it may still hold the LDAP port.
    const probe = await listen(address, ldapPort);
    if (probe === undefined) {
      await close(claim);
      continue;
    }
    await close(probe);
    claim.unref();
    return { address, release: () => close(claim) };
  }
  throw new Error(`no loopback address is free between 127.0.0.${first} and 127.0.0.${last}`);
}

function listen(host: string, port: number): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(undefined);
      else reject(error);
    });
    server.listen({ host, port, exclusive: true }, () => resolve(server));
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}
