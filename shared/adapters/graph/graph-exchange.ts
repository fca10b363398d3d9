import {
  Client,
  HTTPMessageHandler,
  ResponseType,
  type GraphRequest,
} from '@microsoft/microsoft-graph-client';
import type { CloudRequest } from '../../ports/cloud-target.ts';
import { BearerMiddleware, RequestTrace } from './bearer-middleware.ts';
import type { RawAnswer } from './classify-answer.ts';
import type { TokenSource } from './token-source.ts';
import { transportFailure, type TransportFailure } from './transport-failure.ts';

const version = 'v1.0';
/** Longest delay of a timer. */
const timerMsMax = 2 ** 31 - 1;

export interface Exchange {
  readonly method: CloudRequest['method'];
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}
export type Outcome = { readonly raw: RawAnswer } | { readonly failure: TransportFailure };

/** One HTTP exchange through Microsoft's client, ended by the deadline; never throws for what happens on the wire. */
export function graphExchange(
  url: string,
  tokens: TokenSource,
): (sent: Exchange, deadline: number) => Promise<Outcome> {
  const bearer = new BearerMiddleware(tokens);
  bearer.setNext(new HTTPMessageHandler());
  const client = Client.initWithMiddleware({ middleware: bearer, baseUrl: url, defaultVersion: version });

  return async ({ method, path, headers, body }: Exchange, deadline: number): Promise<Outcome> => {
    const trace = new RequestTrace(
      AbortSignal.timeout(Math.min(Math.max(deadline - Date.now(), 1), timerMsMax)),
    );
    const request = client
      .api(path)
      .headers(headers)
      .middlewareOptions([trace])
      .responseType(ResponseType.RAW);
    try {
      const response = await call(request, method, body);
      return { raw: await readAnswer(response) };
    } catch (error) {
      return { failure: transportFailure(trace, error) };
    }
  };
}

function call(request: GraphRequest, method: CloudRequest['method'], body: unknown): Promise<Response> {
  const sent = {
    GET: () => request.get(),
    POST: () => request.post(body),
    PATCH: () => request.patch(body),
    PUT: () => request.put(body),
    DELETE: () => request.delete(),
  };
  return sent[method]() as Promise<Response>;
}

async function readAnswer(response: Response): Promise<RawAnswer> {
  const text = await response.text();
  const headers = Object.fromEntries(response.headers);
  try {
    return {
      status: response.status,
      headers,
      body: text === '' ? undefined : (JSON.parse(text) as unknown),
      isGarbled: false,
    };
  } catch {
    return { status: response.status, headers, body: undefined, isGarbled: true };
  }
}
