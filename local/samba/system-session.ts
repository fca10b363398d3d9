import { connect } from 'node:net';
import { join } from 'node:path';

import { Client } from 'ldapts';

/**
 * Works on the domain with the rights of SYSTEM: whoever may open this socket (root only) needs no bind.
 * It is the fixture's back door, for what administrators have no right or no short way to do.
 */
export async function withSystemSession<T>(folder: string, work: (client: Client) => Promise<T>): Promise<T> {
  const socket = join(folder, 'private', 'ldap_priv', 'ldapi');
  const client = new Client({ url: 'ldap://localhost', createConnection: () => connect(socket) });
  try {
    return await work(client);
  } finally {
    await client.unbind();
  }
}
