import { createRequire } from 'node:module';
import { once } from 'node:events';
import rhea, { type Connection, type EventContext, type Sender, type Session } from 'rhea';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startBus, type Bus } from '../../local/bus/start-bus.ts';

/**
 * The SDK (rhea beneath it) sends a detach on a session that it has just ended, when the broker gives up an attach at
 * the moment the client does: two idle minutes of sixty-four waiting session receivers show it.
 */
interface RawConnection {
  _write_frame(channel: number, performative: unknown): void;
}
const require = createRequire(import.meta.url);
const frames = require('rhea/lib/frames.js') as {
  detach(fields: object): { described(): unknown };
};

let bus: Bus;
let connection: Connection;
beforeEach(async () => {
  bus = await startBus({});
  connection = rhea
    .create_container()
    .connect({ host: '127.0.0.1', port: bus.port, username: 'anonymous', reconnect: false });
  await once(connection, 'connection_open');
});
afterEach(async () => {
  connection.close();
  await bus.stop();
});

describe('a detach on a session that has ended', () => {
  test('is overlooked: the connection and its other sessions go on', async () => {
    const session: Session = connection.create_session();
    session.begin();
    await once(session, 'session_open');
    const { channel } = (session as unknown as { local: { channel: number } }).local;
    session.close();
    await once(session, 'session_close');
    (connection as unknown as RawConnection)._write_frame(
      channel,
      frames.detach({ handle: 0, closed: true }).described(),
    );

    const sender: Sender = connection.open_sender('agent-reports');
    const isSendable = once(sender, 'sendable').then(() => 'sendable');
    const isGone = once(connection, 'disconnected').then(() => 'disconnected');
    expect(await Promise.race([isSendable, isGone])).toBe('sendable');
    sender.send({ body: 'still here' });
    const [context] = (await once(sender, 'accepted')) as [EventContext];
    expect(context.delivery?.settled).toBe(true);
  });
});
