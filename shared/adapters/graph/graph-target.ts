import type { TokenCredential } from '@azure/identity';
import { invariant } from '../../errors/invariant.ts';
import type { CloudAnswer, CloudRequest, CloudTarget, SendOptions } from '../../ports/cloud-target.ts';
import { batchAnswers, batchExchange, batchPartsMax } from './batch.ts';
import { classifyAnswer, failedAnswer } from './classify-answer.ts';
import { graphExchange } from './graph-exchange.ts';
import { requestHeaders, traceHeaders } from './request-headers.ts';
import { tokenSource } from './token-source.ts';

export interface GraphTargetOptions {
  /** Address without version. */
  readonly url: string;
  readonly scope: string;
  readonly credential: TokenCredential;
}

/** CloudTarget on Microsoft Graph. It neither retries nor follows redirects nor waits: one place above decides on time. */
export function graphTarget(options: GraphTargetOptions): CloudTarget {
  const tokens = tokenSource(options.credential, options.scope);
  const exchange = graphExchange(options.url, tokens);

  const sendOne = async (request: CloudRequest, sendOptions: SendOptions): Promise<CloudAnswer> => {
    const headers = { ...requestHeaders(request, sendOptions), ...traceHeaders(sendOptions) };
    const outcome = await exchange({ ...request, headers, body: request.body }, sendOptions.deadline);
    return 'raw' in outcome ? classifyAnswer(request, outcome.raw) : failedAnswer(request, outcome.failure);
  };

  const sendBatch = async (
    requests: readonly CloudRequest[],
    sendOptions: SendOptions,
  ): Promise<readonly CloudAnswer[]> => {
    const outcome = await exchange(batchExchange(requests, sendOptions), sendOptions.deadline);
    return 'raw' in outcome
      ? batchAnswers(requests, outcome.raw)
      : requests.map((request) => failedAnswer(request, outcome.failure));
  };

  const sendChunk = async (
    chunk: readonly CloudRequest[],
    sendOptions: SendOptions,
  ): Promise<readonly CloudAnswer[]> => {
    if (sendOptions.deadline <= Date.now())
      return chunk.map((request) =>
        failedAnswer(request, {
          code: 'GRAPH_UNREACHABLE',
          message: 'the deadline had passed before sending',
          isAmbiguous: false,
        }),
      );
    const [only] = chunk;
    const answers =
      only !== undefined && chunk.length === 1
        ? [await sendOne(only, sendOptions)]
        : await sendBatch(chunk, sendOptions);
    // Revoked or replaced: the next request brings a fresh one. Trying again is the caller's decision.
    if (answers.some((answer) => !answer.ok && answer.status === 401)) tokens.drop();
    return answers;
  };

  return {
    async send(requests, sendOptions) {
      for (const { path } of requests)
        // The client takes an absolute address in a path for the host to call, and would send the token there.
        invariant(path.startsWith('/') && !path.includes('://'), 'a path is relative to the API version');
      const chunks: CloudRequest[][] = [];
      for (let i = 0; i < requests.length; i += batchPartsMax)
        chunks.push(requests.slice(i, i + batchPartsMax));
      return (await Promise.all(chunks.map((chunk) => sendChunk(chunk, sendOptions)))).flat();
    },
  };
}
