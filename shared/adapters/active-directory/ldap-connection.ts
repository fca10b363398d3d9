import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions, type TLSSocket } from 'node:tls';
import {
  AbandonRequest,
  BindRequest,
  ExtendedRequest,
  SearchRequest,
  UnbindRequest,
  type Control,
  type Filter,
} from 'ldapts';
import { SyncError } from '../../errors/sync-error.ts';
import { BerCursor } from './ber-cursor.ts';
import { decodeEntry } from './ldap-entry.ts';
import { connectionError, resultError } from './ldap-errors.ts';
import { LdapFrames } from './ldap-frames.ts';
import { SearchStream, type LdapResult } from './search-stream.ts';

export interface LdapEndpoint {
  /** ldap://host[:port] or ldaps://host[:port] */
  readonly url: string;
  /** Connect here instead of looking the host of the URL up; the certificate is checked against the host all the same. */
  readonly address?: string | undefined;
  readonly tls: {
    readonly mode: 'ldaps' | 'starttls' | 'none';
    /** Certificate authorities in PEM; without it those that Node knows. */
    readonly ca?: string | undefined;
    /** Name in the certificate, where it is not the host of the URL. */
    readonly servername?: string | undefined;
  };
  /** Longest silence while an answer is awaited. */
  readonly timeoutMs: number;
}

export interface SearchParameters {
  readonly base: string;
  readonly scope: 'base' | 'one' | 'sub';
  readonly filter: Filter;
  readonly attributes: readonly string[];
  readonly controls?: readonly Control[];
  /** What is asked, in words, for errors. */
  readonly operation: string;
  /** A search that never ends (change notification): silence is no failure. */
  readonly isEndless?: boolean;
}

interface Pending {
  readonly operation: string;
  readonly stream: SearchStream | null;
  readonly timer: NodeJS.Timeout | null;
  settle(result: LdapResult): void;
  fail(error: Error): void;
}

const startTlsOid = '1.3.6.1.4.1.1466.20037';
const operations = { searchEntry: 0x64, searchReference: 0x73, intermediate: 0x79, extended: 0x78 } as const;
/** Connecting has a limit of its own, so that the next domain controller is tried soon. */
const connectMsMax = 10_000;
const lingerMs = 1_000;

/**
 * One LDAP connection that hands entries on as they arrive, with back-pressure: the client of the ldapts package, whose
 * messages this class sends, collects a whole answer first, which for a DirSync over a domain is gigabytes.
 */
export class LdapConnection {
  readonly server: string;
  readonly #timeoutMs: number;
  readonly #pending = new Map<number, Pending>();
  #socket: Socket;
  #frames = new LdapFrames();
  #nextId = 1;
  #closedBy: SyncError | null = null;

  private constructor(socket: Socket, server: string, timeoutMs: number) {
    this.#socket = socket;
    this.server = server;
    this.#timeoutMs = timeoutMs;
    this.#listen();
  }

  /** Connects, and encrypts as the endpoint says. @throws SyncError LDAP_UNREACHABLE, LDAP_TIMEOUT, LDAP_CERTIFICATE. */
  static async open(endpoint: LdapEndpoint): Promise<LdapConnection> {
    const url = new URL(endpoint.url);
    const host = url.hostname.replace(/^\[|\]$/g, '');
    const port = Number(url.port || (url.protocol === 'ldaps:' ? 636 : 389));
    const tls = tlsOptions(endpoint, host);
    const isTlsFirst = endpoint.tls.mode === 'ldaps';
    const at = { host: endpoint.address ?? host, port };
    const socket = isTlsFirst ? connectTls({ ...tls, ...at }) : connectTcp(at);
    await whenConnected(socket, isTlsFirst ? 'secureConnect' : 'connect', url.host, endpoint.timeoutMs);
    const connection = new LdapConnection(socket, url.host, endpoint.timeoutMs);
    try {
      if (endpoint.tls.mode === 'starttls') await connection.#startTls(tls);
      return connection;
    } catch (error) {
      connection.#fail(connectionError(error, url.host));
      throw error;
    }
  }

  /** @throws SyncError LDAP_BIND_REFUSED, never to be tried again: repeated wrong passwords lock the account. */
  async bind(user: string, password: string): Promise<void> {
    const messageId = this.#takeId();
    await this.#request(new BindRequest({ messageId, dn: user, password }).write(), messageId, 'bind');
  }

  search(parameters: SearchParameters): SearchStream {
    const messageId = this.#takeId();
    const stream = new SearchStream(this.#socket, () => this.#abandon(messageId));
    const request = new SearchRequest({
      messageId,
      baseDN: parameters.base,
      scope: parameters.scope,
      filter: parameters.filter,
      attributes: [...parameters.attributes],
      // ldapts' default of 10 s would cut long answers.
      timeLimit: 0,
      controls: [...(parameters.controls ?? [])],
    });
    this.#await(messageId, {
      operation: parameters.operation,
      stream,
      timer: parameters.isEndless === true ? null : this.#silenceTimer(),
      settle: (result) =>
        result.resultCode === 0
          ? stream.finish(result)
          : stream.fail(
              resultError(result.resultCode, result.diagnostic, parameters.operation, {
                server: this.server,
              }),
            ),
      fail: (error) => stream.fail(error),
    });
    this.#write(request.write());
    return stream;
  }

  /** Address of the server, where it is known. */
  get address(): string | undefined {
    return this.#socket.remoteAddress;
  }

  get isClosed(): boolean {
    return this.#closedBy !== null;
  }

  close(): void {
    if (this.#closedBy !== null) return;
    const socket = this.#socket;
    socket.end(new UnbindRequest({ messageId: this.#takeId() }).write());
    // A server that hangs never ends its side.
    setTimeout(() => socket.destroy(), lingerMs).unref();
    this.#fail(new SyncError('LDAP_UNREACHABLE', `the connection to ${this.server} was closed by us`));
  }

  #listen(): void {
    const socket = this.#socket;
    socket.setNoDelay(true);
    socket.setKeepAlive(true, 30_000);
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    socket.on('error', (error) => this.#fail(connectionError(error, this.server)));
    socket.on('close', () => this.#fail(connectionError(undefined, this.server)));
  }

  async #startTls(options: ConnectionOptions): Promise<void> {
    const messageId = this.#takeId();
    await this.#request(new ExtendedRequest({ messageId, oid: startTlsOid }).write(), messageId, 'StartTLS');
    const plain = this.#socket;
    plain.removeAllListeners('data');
    plain.removeAllListeners('close');
    const socket: TLSSocket = connectTls({ ...options, socket: plain });
    await whenConnected(socket, 'secureConnect', this.server, this.#timeoutMs);
    this.#socket = socket;
    this.#frames = new LdapFrames();
    this.#listen();
  }

  #request(bytes: Buffer, messageId: number, operation: string): Promise<LdapResult> {
    return new Promise((resolve, reject) => {
      const settle = (result: LdapResult): void =>
        result.resultCode === 0
          ? resolve(result)
          : reject(resultError(result.resultCode, result.diagnostic, operation, { server: this.server }));
      this.#await(messageId, { operation, stream: null, timer: this.#silenceTimer(), settle, fail: reject });
      this.#write(bytes);
    });
  }

  #takeId(): number {
    const id = this.#nextId;
    this.#nextId = id === 0x7fff_ffff ? 1 : id + 1;
    return id;
  }

  #await(messageId: number, pending: Pending): void {
    if (this.#closedBy !== null) {
      if (pending.timer !== null) clearTimeout(pending.timer);
      pending.fail(this.#closedBy);
    } else this.#pending.set(messageId, pending);
  }

  #write(bytes: Buffer): void {
    if (this.#closedBy === null) this.#socket.write(bytes);
  }

  #silenceTimer(): NodeJS.Timeout {
    const seconds = this.#timeoutMs / 1_000;
    const timer = setTimeout(() => {
      // A paused socket is our reader's doing, not the server's.
      if (this.#socket.isPaused()) {
        timer.refresh();
        return;
      }
      this.#fail(
        new SyncError('LDAP_TIMEOUT', `${this.server} was silent for ${seconds} s`, {
          context: { server: this.server },
        }),
      );
    }, this.#timeoutMs);
    return timer;
  }

  #abandon(messageId: number): void {
    const pending = this.#pending.get(messageId);
    if (pending === undefined) return;
    this.#forget(messageId, pending);
    this.#write(new AbandonRequest({ messageId: this.#takeId(), abandonId: messageId }).write());
  }

  #forget(messageId: number, pending: Pending): void {
    if (pending.timer !== null) clearTimeout(pending.timer);
    this.#pending.delete(messageId);
  }

  #receive(chunk: Buffer): void {
    for (const { timer } of this.#pending.values()) timer?.refresh();
    try {
      for (const frame of this.#frames.push(chunk)) this.#dispatch(frame);
    } catch (cause) {
      this.#fail(
        new SyncError('LDAP_REFUSED', `${this.server} sent what is not LDAP`, {
          cause,
          context: { server: this.server },
        }),
      );
    }
  }

  #dispatch(frame: Buffer): void {
    const cursor = new BerCursor(frame);
    cursor.expect(0x30);
    const messageId = cursor.integer();
    const operation = cursor.header();
    const pending = this.#pending.get(messageId);
    if (pending === undefined) {
      // Message 0 is the server's notice of disconnection (RFC 4511 section 4.4.1).
      if (messageId === 0 && operation === operations.extended)
        this.#fail(
          new SyncError('LDAP_UNREACHABLE', `${this.server} ended the connection`, {
            context: { server: this.server },
          }),
        );
      return;
    }
    if (operation === operations.searchEntry) pending.stream?.accept(decodeEntry(cursor));
    else if (operation !== operations.searchReference && operation !== operations.intermediate) {
      this.#forget(messageId, pending);
      pending.settle(readResult(cursor));
    }
  }

  #fail(error: SyncError): void {
    if (this.#closedBy !== null) return;
    this.#closedBy = error;
    for (const [messageId, pending] of [...this.#pending]) {
      this.#forget(messageId, pending);
      pending.fail(error);
    }
    if (!this.#socket.writableEnded) this.#socket.destroy();
  }
}

function tlsOptions(endpoint: LdapEndpoint, host: string): ConnectionOptions {
  const { ca, servername } = endpoint.tls;
  const name = servername ?? (isIP(host) === 0 ? host : undefined);
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(name === undefined ? {} : { servername: name }),
    minVersion: 'TLSv1.2',
  };
}

function whenConnected(socket: Socket, event: string, server: string, timeoutMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const limit = Math.min(timeoutMs, connectMsMax);
    const timer = setTimeout(() => {
      socket.destroy();
      reject(
        new SyncError('LDAP_TIMEOUT', `${server} did not answer within ${limit / 1_000} s`, {
          context: { server },
        }),
      );
    }, limit);
    const fail = (error?: Error): void => {
      clearTimeout(timer);
      socket.destroy();
      reject(connectionError(error, server));
    };
    const closed = (): void => fail();
    socket.once('error', fail);
    socket.once('close', closed);
    socket.once(event, () => {
      clearTimeout(timer);
      socket.off('error', fail);
      socket.off('close', closed);
      resolve();
    });
  });
}

/** LDAPResult, then what may follow it (referral, SASL, extended fields), then controls (RFC 4511 section 4.1.9). */
function readResult(cursor: BerCursor): LdapResult {
  const end = cursor.offset + cursor.length;
  const resultCode = cursor.integer();
  cursor.octets();
  const diagnostic = cursor.text();
  cursor.offset = end;
  const controls = new Map<string, Buffer>();
  if (end >= cursor.buffer.length || cursor.header() !== 0xa0) return { resultCode, diagnostic, controls };
  const controlsEnd = cursor.offset + cursor.length;
  while (cursor.offset < controlsEnd) {
    cursor.expect(0x30);
    const controlEnd = cursor.offset + cursor.length;
    const oid = cursor.text();
    let value: Buffer = Buffer.alloc(0);
    while (cursor.offset < controlEnd) {
      const tag = cursor.header();
      const contents = cursor.contents();
      if (tag === 0x04) value = contents;
    }
    controls.set(oid, value);
  }
  return { resultCode, diagnostic, controls };
}
