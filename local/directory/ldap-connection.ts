import type { Socket } from 'node:net';
import { TLSSocket, type SecureContext } from 'node:tls';
import { answerKind, carryOut, type Directory, type Session } from './carry-out.ts';
import type { WriteRecord } from './operations/operation-context.ts';
import { START_TLS } from './operations/root-dse.ts';
import type { LdapRequest } from './wire/ldap-request.ts';
import { MessageStream } from './wire/message-stream.ts';
import { readRequest } from './wire/read-request.ts';
import { resultCode } from './wire/result-code.ts';
import { writeEntry, writeResult } from './wire/write-response.ts';

export interface ConnectionOptions {
  readonly directory: Directory;
  readonly secureContext: SecureContext;
  readonly isEncrypted: boolean;
  /** Told after the answer has been handed to the socket. */
  readonly onWrites: (records: readonly WriteRecord[]) => void;
}

/** One client. Requests are carried out in the order of their arrival, each at once. */
export class LdapConnection {
  readonly #options: ConnectionOptions;
  readonly #session: Session;
  #stream = new MessageStream();
  #socket: Socket;
  #delayed: Promise<void> = Promise.resolve();

  constructor(socket: Socket, options: ConnectionOptions) {
    this.#options = options;
    this.#socket = socket;
    this.#session = {
      principal: undefined,
      isEncrypted: options.isEncrypted,
      pagedSearches: new Map(),
      notifications: new Map(),
    };
    this.#listen(socket);
  }

  close(): void {
    this.#socket.destroy();
  }

  notify(record: WriteRecord): void {
    for (const notification of this.#session.notifications.values()) {
      const entry = notification.entry(record);
      if (entry !== undefined) this.#socket.write(writeEntry(notification.id, entry));
    }
  }

  #listen(socket: Socket): void {
    socket.setNoDelay(true);
    // A client that goes away mid-answer is not this server's trouble.
    socket.on('error', () => socket.destroy());
    socket.on('data', this.#onData);
  }

  readonly #onData = (chunk: Buffer): void => {
    try {
      for (const message of this.#stream.push(chunk)) this.#receive(readRequest(message));
    } catch {
      this.close();
    }
  };

  #receive(request: LdapRequest): void {
    const { faults } = this.#options.directory;
    if (faults.isHanging) return;
    if (request.operation.kind === 'unbind') {
      this.#socket.end();
      return;
    }
    if (faults.delayMs > 0) {
      // In order, and only as long as the fault was on when the request came.
      const { delayMs } = faults;
      this.#delayed = this.#delayed.then(() => new Promise((resolve) => setTimeout(resolve, delayMs)));
      void this.#delayed.then(() => this.#answer(request));
    } else this.#answer(request);
  }

  #answer(request: LdapRequest): void {
    const { directory, onWrites } = this.#options;
    const { faults } = directory;
    if (faults.drop > 0) {
      faults.drop -= 1;
      this.close();
      return;
    }
    if (faults.busy > 0 && request.operation.kind !== 'bind') {
      faults.busy -= 1;
      const diagnostic = '000020D9: the server is busy';
      this.#socket.write(writeResult(request.id, answerKind(request), resultCode.busy, { diagnostic }));
      return;
    }
    if (request.operation.kind === 'extended' && request.operation.oid === START_TLS) {
      this.#startTls(request.id);
      return;
    }
    const { messages, records } = carryOut(directory, this.#session, request, Date.now());
    this.#socket.cork();
    for (const message of messages) this.#socket.write(message);
    this.#socket.uncork();
    if (records.length > 0) onWrites(records);
  }

  #startTls(id: number): void {
    if (this.#session.isEncrypted) {
      const diagnostic = '00000000: LdapErr: TLS is already in use';
      this.#socket.write(
        writeResult(id, 'extended', resultCode.operationsError, { diagnostic, oid: START_TLS }),
      );
      return;
    }
    const plain = this.#socket;
    plain.off('data', this.#onData);
    plain.write(writeResult(id, 'extended', resultCode.success, { oid: START_TLS }));
    const early = this.#stream.takeRest();
    if (early.length > 0) plain.unshift(early);
    this.#stream = new MessageStream();
    const secure = new TLSSocket(plain, { isServer: true, secureContext: this.#options.secureContext });
    this.#session.isEncrypted = true;
    this.#session.principal = undefined;
    this.#socket = secure;
    this.#listen(secure);
  }
}
