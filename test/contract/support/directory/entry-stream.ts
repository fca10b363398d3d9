import { connect, type TLSSocket } from 'node:tls';

import {
  BindRequest,
  BindResponse,
  FilterParser,
  MessageParser,
  SearchEntry,
  SearchRequest,
  SearchResponse,
  type Control,
  type Message,
} from 'ldapts';

import type { Account, DirectoryFixture } from './fixture.ts';

/** One entry as the server sent it: only attributes that were in the answer, those without values included. */
export interface SentEntry {
  readonly dn: string;
  readonly attributes: ReadonlyMap<string, readonly (Buffer | string)[]>;
}

export interface StreamedSearch {
  readonly base: string;
  readonly scope?: 'base' | 'one' | 'sub';
  readonly filter?: string;
  readonly attributes?: readonly string[];
  readonly controls?: readonly Control[];
  readonly onEntry: (entry: SentEntry) => void;
}

export interface SearchResult {
  readonly code: number;
  readonly message: string;
}

export interface EntryStream {
  /** Resolves with the result code and text when the server ends the search; a notification never ends. */
  search(request: StreamedSearch): Promise<SearchResult>;
  close(): void;
}

const binaryAttributes = ['objectGUID', 'parentGUID', 'objectSid', 'mS-DS-ConsistencyGuid', 'thumbnailPhoto'];

type Answer = (message: Message) => void;

/**
 * ldapts' client gathers all entries before it answers and pads them with the attributes asked for, so it can neither
 * show a notification nor tell "cleared" from "not sent". This reads the same messages one by one, by ldapts' own parser.
 */
export async function openEntryStream(
  fixture: DirectoryFixture,
  account: Pick<Account, 'user' | 'password'>,
): Promise<EntryStream> {
  const socket = await openSocket(fixture);
  const parser = new MessageParser();
  const requests = new Map<string, { message: Message }>();
  const answers = new Map<number, Answer>();
  let messageId = 0;
  parser.on('message', (message) => answers.get(message.messageId)?.(message));
  parser.on('error', (error) => socket.destroy(error));
  // A broken connection shows as its close.
  socket.on('error', () => undefined);
  socket.on('data', (data: Buffer) => parser.read(data, requests));
  const send = (message: Message, answer: Answer) => {
    requests.set(String(message.messageId), { message });
    answers.set(message.messageId, answer);
    socket.write(message.write());
  };
  const bound = await new Promise<BindResponse>((resolve) => {
    send(
      new BindRequest({ messageId: ++messageId, dn: account.user, password: account.password }),
      (answer) => {
        if (answer instanceof BindResponse) resolve(answer);
      },
    );
  });
  if (bound.status !== 0) throw new Error(`bind as ${account.user}: ${bound.errorMessage}`);
  const closed = new Promise<never>((_, reject) => {
    socket.once('close', () => reject(new Error('the connection was closed')));
  });
  closed.catch(() => undefined);
  return {
    search: ({
      base,
      scope = 'sub',
      filter = '(objectClass=*)',
      attributes = [],
      controls = [],
      onEntry,
    }) => {
      const parsedFilter = FilterParser.parseString(filter);
      const request = {
        baseDN: base,
        scope,
        filter: parsedFilter,
        attributes: [...attributes],
        timeLimit: 0,
      };
      const done = new Promise<SearchResult>((resolve) => {
        send(new SearchRequest({ ...request, messageId: ++messageId, controls: [...controls] }), (answer) => {
          if (answer instanceof SearchEntry) onEntry(toSentEntry(answer));
          if (answer instanceof SearchResponse)
            resolve({ code: answer.status, message: answer.errorMessage });
        });
      });
      return Promise.race([done, closed]);
    },
    close: () => socket.destroy(),
  };
}

function openSocket(fixture: DirectoryFixture): Promise<TLSSocket> {
  const { hostname, port } = new URL(fixture.ldapsUrl);
  return new Promise((resolve, reject) => {
    const options = { host: hostname, port: port === '' ? 636 : Number(port), ...fixture.tls };
    const socket = connect(options, () => resolve(socket));
    socket.once('error', reject);
  });
}

function toSentEntry(entry: SearchEntry): SentEntry {
  const { dn, ...found } = entry.toObject([], binaryAttributes);
  const attributes = Object.entries(found).map(
    ([name, value]) => [name, Array.isArray(value) ? value : [value]] as const,
  );
  return { dn, attributes: new Map(attributes) };
}
